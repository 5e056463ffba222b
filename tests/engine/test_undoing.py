"""Undo puts back what a run wrote, except what was changed since, which it lists."""

from typing import Any

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Run, RunState


@pytest.fixture
def imported(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """Two runs: the first adds two records, the second changes both."""
    town.load({"students": students})
    for plan in ("10", "20"):
        rows = [table_a(SSID=f"000000000{n}", PLAN_TYPE=plan) for n in (1, 3)]
        town.drop("A.csv", "\n".join(rows).encode())
        last = town.run()
        assert last.state == RunState.DONE
    return last


def undo(town: Town, run: Run, *, test: bool = False) -> Run:
    from rollcall.engine.undoing import start_undo

    return town.execute(start_undo(run, "approver", town.clock, test=test))


def plans(town: Town) -> dict[str, Any]:
    return {r["local_id"]: r["plan_type"] for r in town.special_education()}


def test_records_are_as_before_the_run(town: Town, imported: Run) -> None:
    assert undo(town, imported).state == RunState.DONE
    assert plans(town) == {"100001": "10", "100003": "10"}


def test_and_stamps_too(town: Town, imported: Run) -> None:
    from rollcall.records.models import RecordStamp

    undo(town, imported)
    runs = RecordStamp.objects.filter(district=town.district).values_list("run_id", flat=True)
    assert all(run < imported.pk for run in runs)


def test_a_record_changed_since_is_kept_and_listed(town: Town, imported: Run) -> None:
    from rollcall.records.models import SpecialEducation

    SpecialEducation.objects.filter(district=town.district, local_id="100003").update(
        plan_type="70"
    )
    done = undo(town, imported)
    assert plans(town) == {"100001": "10", "100003": "70"}
    assert [one["code"] for one in done.findings] == ["undo.kept"]
    assert town.report(done, "Undo_KeptRecords").height == 1


def test_a_test_undo_writes_nothing(town: Town, imported: Run) -> None:
    done = undo(town, imported, test=True)
    assert done.counts["special_education"]["updated"] == 2
    assert town.report(done, "TEST_Undo_KeptRecords").is_empty()
    assert plans(town) == {"100001": "20", "100003": "20"}


def test_undoing_the_first_run_after_the_second_removes_what_it_added(
    town: Town, imported: Run
) -> None:
    undo(town, imported)
    first = Run.objects.filter(sync=town.sync, undo_of=None).earliest("pk")
    undo(town, first)
    assert plans(town) == {}


def test_a_run_is_undone_once(town: Town, imported: Run) -> None:
    undo(town, imported)
    with pytest.raises(Problem, match="already"):
        undo(town, imported)


def test_a_run_that_wrote_nothing_cannot_be_undone(town: Town, imported: Run) -> None:
    with pytest.raises(Problem, match="wrote nothing"):
        undo(town, town.run(test=True))


def test_after_an_undo_the_same_file_is_news_again(town: Town, imported: Run) -> None:
    undo(town, imported)
    assert town.run().state == RunState.DONE
    assert plans(town) == {"100001": "20", "100003": "20"}
