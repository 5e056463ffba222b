"""What every folder of integrations has; a new one is found by itself."""

import ast
import json
from pathlib import Path

import pytest
from tests.source import SOURCE

from rollcall.core.integration import Integration
from rollcall.integrations import NAMES
from rollcall.wiring import integrations

FOLDERS = sorted(
    path for path in (SOURCE / "integrations").iterdir() if (path / "__init__.py").exists()
)


def test_every_folder_has_its_line_and_its_name() -> None:
    assert sorted(NAMES) == [folder.name for folder in FOLDERS]
    assert tuple(integration.name for integration in integrations()) == NAMES


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_readme_names_every_module(folder: Path) -> None:
    """Modules by a pattern count: `marss_*.py`."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    patterns = [word.strip("`,") for word in text.split() if word.strip("`,").endswith(".py")]
    named = {path.name for pattern in patterns for path in folder.glob(pattern)}
    assert {path.name for path in folder.glob("*.py")} - named == {"__init__.py"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_importing_the_package_imports_nothing_else(folder: Path) -> None:
    """Django imports it before there are models."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))


@pytest.mark.parametrize("kind", integrations(), ids=lambda kind: kind.name)
def test_its_settings_have_no_secret(kind: Integration) -> None:
    """Settings are shown, exported and kept in versions; a secret belongs to the connection."""
    assert '"password"' not in json.dumps(kind.settings.model_json_schema())
