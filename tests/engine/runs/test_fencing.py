"""Two processes at one run: what the older one writes after the newer one began is refused."""

from collections.abc import Callable

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.core.jobs import IMPORT, NOTIFY
from rollcall.engine import artifacts
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs import fencing
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.records.models import ChangeLog


@pytest.fixture
def queued(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """A run that has two students to write."""
    town.load({"students": students})
    rows = [table_a(SSID="0000000001", PLAN_TYPE="10"), table_a(SSID="0000000003")]
    town.drop("A.csv", "\n".join(rows).encode())
    return start(town.sync, town.clock, by="schedule")


def overtaken_at(step: str, run: Run, by: Callable[[Run], object]) -> Callable[[str, int], None]:
    """A watcher that lets another process have the run at that step, once, as if this one had been
    frozen there and its locks were gone.
    """
    met: list[str] = []

    def watch(now: str, rows: int) -> None:
        if now == step and not met:
            met.append(now)
            by(Run.objects.get(pk=run.pk))

    return watch


@pytest.mark.parametrize("step", [step.name for step in (*IMPORT, NOTIFY)])
def test_the_older_of_two_attempts_writes_nothing_more(town: Town, queued: Run, step: str) -> None:
    newer = overtaken_at(step, queued, fencing.begin)
    left = execute(queued.pk, town.clock, newer)
    if step == "notify":  # it was over: what is left is the mail
        assert left.state == RunState.DONE
        return
    assert (left.state, left.attempt) == (RunState.RUNNING, 2)
    assert left.error_code == ""
    written = ChangeLog.objects.filter(run_id=queued.pk, record="special_education")
    assert written.count() == (2 if step == "report" else 0)
    assert not left.mails.exists()
    assert not left.artifacts.filter(kind="report").exists()


def test_what_the_newer_attempt_stored_and_said_stays(town: Town, queued: Run) -> None:
    def by_the_newer(run: Run) -> None:
        fencing.begin(run)
        artifacts.store(run, "plan", "plan.json", [b"newer"])
        run.error_text = "the newer one's"
        run.save(update_fields=["error_text"])

    execute(queued.pk, town.clock, overtaken_at("match", queued, by_the_newer))
    run = Run.objects.get(pk=queued.pk)
    kept = run.artifacts.get(kind="plan", name="plan.json")
    assert artifacts.checked_path(kept).read_bytes() == b"newer"
    assert run.error_text == "the newer one's"
    folder = artifacts.path_of(kept).parent
    assert not [one for one in folder.iterdir() if one.name.startswith(".")]


def test_of_two_that_begin_at_once_one_has_the_run(queued: Run) -> None:
    first, second = Run.objects.get(pk=queued.pk), Run.objects.get(pk=queued.pk)
    fencing.begin(first)
    with pytest.raises(fencing.Superseded):
        fencing.begin(second)
    assert Run.objects.get(pk=queued.pk).attempt == 1


def test_the_newer_attempt_finishes_what_the_older_one_left(town: Town, queued: Run) -> None:
    execute(queued.pk, town.clock, overtaken_at("apply", queued, fencing.begin))
    done = town.execute(queued)
    assert (done.state, done.counts["students"]["added"]) == (RunState.DONE, 2)
    written = ChangeLog.objects.filter(run_id=queued.pk, record="special_education")
    assert written.count() == 2
