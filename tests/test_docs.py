"""The documentation says what the code says (as datasette's repository checks its own)."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PAGES = runpy.run_path(str(ROOT / "docs" / "build_reference.py"))["pages"]()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_reference_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "run `make docs`"


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    assert [t for t in targets if t and not (page.parent / t).exists()] == []


def test_every_setting_and_option_is_explained() -> None:
    empty = [
        line
        for page in ("settings.md", "cli.md")
        for line in PAGES[page].splitlines()
        if line.startswith("| `") and line.endswith("|  |")
    ]
    assert empty == []


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_docs_exist(page: Path) -> None:
    from rollcall.cli import COMMANDS

    for command in re.findall(r"`?rollcall ([a-z][a-z0-9]*)", page.read_text(encoding="utf-8")):
        if f"rollcall {command}" in _PROSE:
            continue
        assert command in COMMANDS, f"{page.name} names `rollcall {command}`"


#: Words that follow the product's name in a sentence or a configuration, and are no commands.
_PROSE = {"rollcall in"}


#: Where a path may begin that a page for engineers names.
_ROOMS = [
    ROOT,
    ROOT / "src/rollcall",
    ROOT / "src/rollcall/engine/outbound",
    ROOT / "src/rollcall/console",
]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_every_room_the_docs_name_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    paths = re.findall(r"`((?:[a-z_0-9]+/)+(?:[a-z_0-9]+\.(?:py|md|css))?)`", text)
    assert paths
    assert [p for p in paths if not any((room / p).exists() for room in _ROOMS)] == []
