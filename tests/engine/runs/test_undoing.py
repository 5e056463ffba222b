"""Undo puts back what a run wrote, except what was changed since, which it lists."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import polars as pl
import pytest
from django.db import connection
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.results import state_words
from rollcall.engine.runs.undoing import start_undo
from rollcall.engine.students import inbox


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
    from rollcall.integrations.casemis.models import SpecialEducation

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
    by = undo(town, imported)
    with pytest.raises(Problem, match=rf"already \(run {imported.pk}, by run {by.pk}\)"):
        undo(town, imported)


def test_an_undo_says_which_run_it_undid(town: Town, imported: Run) -> None:
    tested, done = undo(town, imported, test=True), undo(town, imported)
    assert state_words(tested) == f"Test of undoing run {imported.pk} done: no data was written"
    assert state_words(done) == f"Run {imported.pk} was undone"
    with pytest.raises(Problem, match=rf"itself an undo.*run {done.pk}, of run {imported.pk}"):
        undo(town, done)


@pytest.mark.parametrize("test", [False, True])
def test_of_six_who_undo_a_run_at_once_one_is_let_in(town: Town, imported: Run, test: bool) -> None:
    together = Barrier(6)

    def one(_: int) -> Run | str:
        try:
            together.wait(30)
            return start_undo(imported, "approver", town.clock, test=test)
        except Problem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        came = list(pool.map(one, range(6)))
    (begun,) = [one for one in came if isinstance(one, Run)]
    assert [one for one in came if one != begun] == ["undo.going_on"] * 5
    assert list(imported.undos.all()) == [begun]
    town.execute(begun)
    assert plans(town)["100001"] == ("20" if test else "10")


def test_of_two_undos_that_were_let_in_one_is_done(town: Town, imported: Run) -> None:
    """As they were before only one was."""
    first = start_undo(imported, "approver", town.clock, test=False)
    second = start_undo(imported, "approver", town.clock, test=True)
    Run.objects.filter(pk=second.pk).update(test=False)
    town.execute(first)
    done = town.execute(second)
    assert (done.state, done.error_code) == (RunState.FAILED, "undo.already_undone")


def test_a_failed_undo_leaves_the_run_as_the_last_one(town: Town, imported: Run) -> None:
    """Though a test of undoing it came to its end."""
    undo(town, imported, test=True)
    failed = start_undo(imported, "approver", town.clock, test=False)
    Run.objects.filter(pk=failed.pk).update(state=RunState.FAILED)
    assert town.run().state == RunState.UNCHANGED
    (last,) = inbox.last_runs(town.district, "casemis")
    assert last == imported


def test_a_run_that_wrote_nothing_cannot_be_undone(town: Town, imported: Run) -> None:
    with pytest.raises(Problem, match="wrote nothing"):
        undo(town, town.run(test=True))


def test_after_an_undo_the_same_file_is_news_again(town: Town, imported: Run) -> None:
    undo(town, imported)
    assert town.run().state == RunState.DONE
    assert plans(town) == {"100001": "20", "100003": "20"}
