"""A run that workers die of ends; one that happened to be beside it does not."""

from collections.abc import Iterator

import pytest
from django.db import connections
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job
from tests.town import RowMaker, Town

from rollcall.engine.locks import SyncBusy
from rollcall.engine.models import Alert, Run, RunState
from rollcall.engine.runs import importing
from rollcall.engine.runs.starting import start
from rollcall.engine.worker import fatal_runs, stopping, tasks
from rollcall.engine.worker.stopping import WorkerStops


@pytest.fixture
def run(town: Town, table_a: RowMaker) -> Run:
    town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE="10").encode())
    return start(town.sync, town.clock, by="schedule")


def job(task: str, **arguments: int) -> Job:
    return Job(
        id=1,
        queue="default",
        lock=None,
        queueing_lock=None,
        task_name=task,
        task_kwargs=dict(arguments),
    )


def of(run: Run) -> Job:
    return job("rollcall.execute", run_id=run.pk)


@pytest.mark.parametrize("deaths", range(fatal_runs.MOST))
def test_a_run_outlives_a_few_workers(town: Town, run: Run, deaths: int) -> None:
    for _ in range(deaths):
        tasks._note_death(of(run))
    assert town.execute(run).state == RunState.DONE


def test_a_run_that_workers_die_of_again_and_again_ends_with_words(town: Town, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, step="match")
    for _ in range(fatal_runs.MOST):
        tasks._note_death(of(run))
    ended = town.execute(run)
    assert (ended.state, ended.error_code) == (RunState.FAILED, fatal_runs.WORKER_DIED)
    assert "3 times, last in the step match" in ended.error_text
    assert "memory" in ended.findings[0]["what_to_do"]
    assert Alert.objects.filter(sync=town.sync, code=fatal_runs.WORKER_DIED).exists()
    assert town.mails()


def test_a_run_that_nobody_carries_out_any_more_has_lost_its_worker(town: Town, run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    tasks.adopt_abandoned()
    tasks.adopt_abandoned()  # it has a job by now
    run.refresh_from_db()
    assert run.deaths == 1
    ProcrastinateJob.objects.filter(args__run_id=run.pk).delete()


def test_a_run_that_gets_no_memory_says_so(
    town: Town, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def takes_all(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(importing, "make_plan", takes_all)
    ended = town.execute(run)
    assert (ended.state, ended.error_code) == (RunState.FAILED, fatal_runs.OUT_OF_MEMORY)


def test_other_jobs_are_no_runs(run: Run) -> None:
    tasks._note_death(job("rollcall.send_mails", district=1))
    run.refresh_from_db()
    assert run.deaths == 0


@pytest.fixture
def suspect_elsewhere(wired: None) -> Iterator[None]:
    """Another process carries out a run that workers died of."""
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [0x526F6C64])
    yield
    other.close()


def test_runs_that_workers_died_of_are_carried_out_one_at_a_time(
    town: Town, run: Run, suspect_elsewhere: None
) -> None:
    """A worker's jobs die together: beside each other the harmless would die as often."""
    Run.objects.filter(pk=run.pk).update(deaths=1)
    assert town.execute(run, wait=False).state == RunState.DONE
    again = start(town.sync, town.clock, by="person", forced=True)
    Run.objects.filter(pk=again.pk).update(deaths=2)
    with pytest.raises(SyncBusy):
        town.execute(again, wait=False)
    again.refresh_from_db()
    assert (again.state, again.attempt) == (RunState.QUEUED, 0)


@pytest.fixture
def told() -> Iterator[None]:
    stopping._stop_requested.set()
    yield
    stopping._stop_requested.clear()


def test_a_worker_that_stops_leaves_its_run_to_another(
    town: Town, run: Run, monkeypatch: pytest.MonkeyPatch, told: None
) -> None:
    with pytest.raises(WorkerStops):
        town.execute(run, watcher=stopping.leave)
    run.refresh_from_db()
    assert (run.state, run.deaths, run.finished_at) == (RunState.QUEUED, 0, None)
    stopping.begin()
    assert town.execute(run, watcher=stopping.leave).state == RunState.DONE


@pytest.mark.parametrize("step", ["read", "match", "guard", "apply", "report"])
def test_at_whatever_step_it_stops_the_run_is_done_once(town: Town, run: Run, step: str) -> None:
    def stops(at: str, rows: int) -> None:
        if at == step:
            raise WorkerStops

    with pytest.raises(WorkerStops):
        town.execute(run, watcher=stops)
    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    assert (run.applied_at is not None) == (step == "report")
    ended = town.execute(run)
    assert (ended.state, ended.error_code) == (RunState.DONE, "")


def test_what_was_applied_before_the_stop_is_not_stopped_by_a_pause(town: Town, run: Run) -> None:
    from rollcall.engine.runs.pausing import pause

    def stops(at: str, rows: int) -> None:
        if at == "report":
            raise WorkerStops

    with pytest.raises(WorkerStops):
        town.execute(run, watcher=stops)
    pause(town.sync, town.clock)
    assert town.execute(run).state == RunState.DONE


def test_a_run_that_is_over_but_for_its_mail_is_not_queued_again(told: None) -> None:
    stopping.leave("notify", 0)
    with pytest.raises(WorkerStops):
        stopping.leave("report", 0)
