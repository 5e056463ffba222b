"""An approved run is enqueued with its approval; one that is refused is not."""

import polars as pl
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.runs import approve_and_enqueue

STRICT = {"minimum_population": 1, "add": {"percent": 0}, "update": {"percent": 0}}


@pytest.fixture
def held(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    town.load({"students": students})
    for plan in ("10", "20"):
        town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE=plan).encode())
        run = town.run()
        town.apply(guards=STRICT)
    assert run.state == RunState.HELD
    return run


def jobs(run: Run) -> int:
    return ProcrastinateJob.objects.filter(args__run_id=run.pk).count()


def test_a_worker_is_asked_to_carry_it_out(town: Town, held: Run) -> None:
    assert approve_and_enqueue.approve(held, "approver", town.clock).state == RunState.QUEUED
    assert jobs(held) == 1


def test_a_stale_run_is_kept_as_stale_and_nobody_is_asked(town: Town, held: Run) -> None:
    town.apply()
    with pytest.raises(Problem, match="settings"):
        approve_and_enqueue.approve(held, "approver", town.clock)
    held.refresh_from_db()
    assert (held.state, jobs(held)) == (RunState.STALE, 0)


def test_neither_when_nobody_can_be_asked(
    town: Town, held: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(run: Run) -> None:
        raise OSError("no queue")

    monkeypatch.setattr(approve_and_enqueue, "enqueue", down)
    with pytest.raises(OSError, match="no queue"):
        approve_and_enqueue.approve(held, "approver", town.clock)
    held.refresh_from_db()
    assert held.state == RunState.HELD
    assert not Approval.objects.filter(run=held).exists()
