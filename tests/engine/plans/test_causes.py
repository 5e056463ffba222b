"""Findings by cause, against the live run before."""

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.engine.models import Run
from rollcall.engine.plans import causes
from rollcall.engine.plans.causes import Trend


def run_of(town: Town, *rows: str, test: bool = False) -> Run:
    town.drop("A.csv", "\n".join(rows).encode())
    return town.run(test=test)


@pytest.fixture
def first(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """Two unmatched rows and one with a wrong code."""
    town.load({"students": students})
    return run_of(
        town,
        table_a(SSID="0000000001"),
        table_a(SSID="0000000008"),
        table_a(SSID="0000000009"),
        table_a(SSID="0000000003", PLAN_TYPE="99"),
    )


def test_a_cause_says_what_to_do_and_names_lines(first: Run) -> None:
    found = {one.code: one for one in causes.causes(first).now}
    unknown = found["match.unknown_state_id"]
    assert (unknown.input, unknown.count, unknown.lines) == ("students", 2, [2, 3])
    assert unknown.what_to_do and unknown.who
    assert (unknown.trend, causes.causes(first).compared_with) == (None, None)


def test_new_continuing_and_resolved(town: Town, first: Run, table_a: RowMaker) -> None:
    rows = [table_a(SSID="0000000001"), table_a(SSID="0000000008"), table_a(GRADE="03")]
    later = run_of(town, *rows)
    told = causes.causes(later)
    trends = {one.code: (one.trend, one.before, one.count) for one in [*told.now, *told.resolved]}
    assert told.compared_with == first.pk
    assert trends["match.unknown_state_id"] == (Trend.CONTINUING, 2, 1)
    assert trends["match.nothing_to_match_on"] == (Trend.NEW, 0, 1)
    assert trends["field.code"] == (Trend.RESOLVED, 1, 0)


def test_a_preview_between_two_live_runs_does_not_count(
    town: Town, first: Run, table_a: RowMaker
) -> None:
    run_of(town, table_a(SSID="0000000001"), test=True)
    later = run_of(town, table_a(SSID="0000000001"), table_a(SSID="0000000008"))
    assert causes.causes(later).compared_with == first.pk


def test_a_run_that_could_not_start_stands_beside_the_one_before(town: Town, first: Run) -> None:
    (town.outgoing / "A.csv").unlink()
    (missing,) = causes.causes(town.run()).now
    assert (missing.code, missing.trend) == ("file.missing", Trend.NEW)
    (again,) = causes.causes(town.run()).now
    assert again.trend == Trend.CONTINUING


def test_the_rows_of_a_cause_are_paged(first: Run) -> None:
    page = causes.findings(first, "match.unknown_state_id", "students", size=1)
    assert [one["row"]["state_id"] for one in page.rows] == ["0000000008"]
    assert page.next is not None
    rest = causes.findings(first, "match.unknown_state_id", "students", after=page.next)
    assert [one["line"] for one in rest.rows] == [3]
    assert rest.next is None
