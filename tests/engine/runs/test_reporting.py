"""Reports are safe to open in a spreadsheet, whatever the partner's file has in them."""

from pathlib import Path

import polars as pl
import pytest
from tests.town import Town

from rollcall.engine import artifacts
from rollcall.engine.runs.loading import records_sync
from rollcall.engine.runs.reporting import csv
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start

FORMULA = '=HYPERLINK("https://evil.example/")'


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\uff1d", "'="])
def test_a_header_is_no_formula(begin: str) -> None:
    made = csv(pl.DataFrame({f"{begin}1": ["a"], "plain": ["=1"]})).decode()
    assert made.splitlines() == [f"'{begin}1,plain", "a,'=1"]


def test_a_partners_own_header_is_no_formula_in_a_report(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "students.csv"
    quoted = FORMULA.replace('"', '""')
    file.write_text(f'local_id,last_name,first_name,birth_date,"{quoted}"\n1,Lee,Mai,never,x\n')
    sync = records_sync(town.district, town.clock, "tester")
    run = execute(start(sync, town.clock, by="cli", uploads={"students": file}).pk, town.clock)
    report = next(a for a in run.artifacts.filter(kind="report") if "Rejected" in a.name)
    head = artifacts.path_of(report).read_text().splitlines()[0]
    assert f"'{quoted}" in head
    assert f',"{quoted}' not in head
