"""A job that follows another: the second half of a sync that goes two ways."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.engine.runs.test_runner import matched, put
from tests.town import RowMaker, Town

from rollcall.core.jobs import Job, Step, StepFacts, StepResult, importing
from rollcall.engine import registry
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.undoing import start_undo
from rollcall.integrations.casemis.integration import INTEGRATION


def count(facts: StepFacts, before: object) -> StepResult:
    return StepResult(summary=(("Students", facts.views["students"].height),))


@pytest.fixture
def two_ways(
    town: Town, students: pl.DataFrame, table_a: RowMaker, monkeypatch: pytest.MonkeyPatch
) -> Town:
    """A town whose import is followed by a job of another kind."""
    second = Job("back", "Back", "", (Step("count", "Count", count, reads=("students",)),))
    both = replace(INTEGRATION, jobs=(replace(importing(), then="back"), second))
    known: Callable[[str], object] = registry.integration
    monkeypatch.setattr(
        registry, "integration", lambda name: both if name == INTEGRATION.name else known(name)
    )
    put(town, students, matched(table_a))
    return town


def following(run: Run) -> list[Run]:
    return list(Run.objects.filter(sync=run.sync_id, pk__gt=run.pk).order_by("pk"))


def test_it_is_started_once_when_the_first_is_done(two_ways: Town, students: pl.DataFrame) -> None:
    run = two_ways.run()
    (second,) = following(run)
    assert (second.job, second.state, second.started_by) == ("back", RunState.QUEUED, "event")
    jobs = ProcrastinateJob.objects.filter(task_name="rollcall.execute", args__run_id=second.pk)
    assert jobs.count() == 1
    execute(run.pk, two_ways.clock)  # only its mail is looked at again
    assert following(run) == [second]
    done = execute(second.pk, two_ways.clock)
    assert (done.state, done.summary) == (RunState.DONE, [["Students", students.height]])
    assert [step["step"] for step in done.steps] == ["count", "notify"]
    assert following(second) == []


def test_neither_a_test_nor_an_undo_nor_a_paused_sync_goes_on(two_ways: Town) -> None:
    assert following(two_ways.run(test=True)) == []
    run = two_ways.run()
    (second,) = following(run)
    undo = execute(start_undo(run, "tester", two_ways.clock, test=False).pk, two_ways.clock)
    assert (undo.state, following(undo)) == (RunState.DONE, [])
    assert second.state == RunState.QUEUED
