"""The page on record files names every column, and its examples can be loaded."""

import re
from pathlib import Path

import pytest
from tests.roster_bundles import decide

from rollcall.integrations.roster.integration import INTEGRATION
from rollcall.integrations.roster.settings import RosterSettings

PAGE = (Path(__file__).parents[3] / "docs/reference/record-files.md").read_text(encoding="utf-8")
OWN = ["schools.csv", "students.csv", "enrollments.csv", "calendars.csv", "programs.csv"]
_FILES = {str(i.filename(RosterSettings())): i for i in INTEGRATION.inputs}


def section(file: str) -> str:
    """What the page says under the headings of a file."""
    found = re.findall(rf"^##+ {re.escape(file)}.*?(?=^##|\Z)", PAGE, re.M | re.S)
    assert found, f"the page has no heading for {file}"
    return "".join(found)  # two forms of demographics.csv


def examples() -> dict[str, str]:
    """The examples of the page by file name."""
    shown = {name: re.search(r"```csv\n(.*?)```", section(name), re.S) for name in _FILES}
    return {name: found[1] for name, found in shown.items() if found}


@pytest.mark.parametrize("file", _FILES)
def test_every_column_is_named(file: str) -> None:
    layout = _FILES[file].layout(RosterSettings())
    missing = [name for name in layout.names if f"`{name}`" not in section(file)]
    of_itself = {"status", "sourcedId"} if "sourcedId" in layout.names else set()
    assert set(missing) <= of_itself  # what OneRoster rows are known by is told once


@pytest.mark.parametrize("file", OWN)
def test_required_columns_are_marked(file: str) -> None:
    layout = _FILES[file].layout(RosterSettings())
    marked = re.findall(r"^\| `(\w+)` \| required", section(file), re.M)
    assert marked == [field.name for field in layout.fields if field.required]


def test_the_examples_can_be_loaded() -> None:
    files = examples()
    assert len(files) == len([*OWN, "demographics.csv"])
    decided = decide(files)
    assert decided.findings.is_empty()
    assert all(set(decided.outcomes(input)) == {"matched"} for input in decided.decision.rows)
