"""The reference page says what the code says."""

from pathlib import Path

import pytest
from tests.casemis_frames import HEADERS

from rollcall.core.files.layouts import Layout
from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.integrations.casemis.layout import TABLE_A, table_b
from rollcall.integrations.casemis.rules import SERVICES_SHIELDED, WITHOUT_SERVICES
from rollcall.integrations.casemis.settings import CasemisSettings

PAGE = (Path(__file__).parents[3] / "docs/reference/casemis.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("layout", [TABLE_A, table_b()], ids=lambda layout: layout.name)
def test_both_layouts_are_documented_field_by_field(layout: Layout) -> None:
    for place, field in enumerate(layout.fields, 1):
        line = next(line for line in PAGE.splitlines() if f"| {place} | {field.name} |" in line)
        assert f"| {field.label} |" in line
        assert len(field.codes) == 100 or all(code in line for code in field.codes)


def test_every_setting_with_its_default_is_documented() -> None:
    for name, field in CasemisSettings.model_fields.items():
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        if isinstance(field.default, str):
            assert f"`{field.default}`" in line


def test_every_report_is_documented_with_its_columns() -> None:
    for name, header in HEADERS.items():
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}.csv`"))
        assert line.endswith(f"| {header} |")
    assert PAGE.count(",".join(REPORT_COLUMNS)) == 2
    assert SERVICES_SHIELDED in PAGE
    assert WITHOUT_SERVICES in PAGE
