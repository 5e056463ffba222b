"""The worker's jobs: carry out runs, start what is due, take over from workers that died."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import cast

import structlog
from django.db import InterfaceError, OperationalError, connection
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from rollcall.core.problems import Problem
from rollcall.engine.alerts import timed_alerts
from rollcall.engine.clock import SystemClock
from rollcall.engine.connections import connection_checks
from rollcall.engine.locks import SyncBusy, held_syncs
from rollcall.engine.mail import outbox
from rollcall.engine.models import ConnectionCheck, Run, RunState
from rollcall.engine.outbound.problems import problem_mail
from rollcall.engine.runs.runner import execute
from rollcall.engine.settings import retention
from rollcall.engine.worker import fatal_runs, job_endings, scheduling, stopping
from rollcall.engine.worker.isolation import failure_logged
from rollcall.engine.worker.job_survival import own_connection
from rollcall.records.models import District

log = structlog.get_logger()

#: A worker that has not reported for this long counts as dead, seconds.
DEAD_AFTER = 12.0
HEARTBEAT = 3.0
#: A run that a command line began and did not end is adopted by a worker after this, seconds.
_FAST = "* * * * * */5"

_clock = SystemClock()
_AWAY = [OperationalError, InterfaceError]
_AGAIN = [SyncBusy, *_AWAY, stopping.WorkerStops]
#: Of what nothing else brings back for a day: as long as a worker waits for its database.
_UNTIL_BACK = RetryStrategy(wait=10, max_attempts=60, retry_exceptions=_AWAY)


@app.task(
    name="rollcall.execute",
    retry=RetryStrategy(wait=5, retry_exceptions=[*_AGAIN, job_endings.Unended]),
)
@job_endings.ends(job_endings.end_run, passing=tuple(_AGAIN))
def execute_run(run_id: int) -> None:
    """Carry out one run; tried again, by another worker perhaps, while its sync is busy or the
    database is away, and when this worker is asked to stop.
    """
    execute(run_id, _clock, stopping.leave, wait=False)


def enqueue(run: Run) -> None:
    """Have any worker carry out the run. In one transaction with what made the run."""
    execute_run.configure(lock=f"sync:{run.sync_id}").defer(run_id=run.pk)


@app.task(
    name="rollcall.check_connection",
    retry=RetryStrategy(wait=5, retry_exceptions=[job_endings.Unended]),
)
@job_endings.ends(job_endings.end_check)
def check_connection(number: int) -> None:
    """Carry out one connection test."""
    connection_checks.carry_out(number, _clock)


def enqueue_check(check: ConnectionCheck) -> None:
    """Have any worker carry out the connection test; of a district one after the other, so that
    slow servers of one keep no other district's jobs waiting.
    """
    check_connection.configure(lock=f"check:{check.district_id}").defer(number=check.pk)


@app.periodic(cron="* * * * *")
@app.task(name="rollcall.start_due", queueing_lock="rollcall.start_due", pass_context=False)
@job_endings.stateless("what it starts has a state of its own")
def start_due(timestamp: int) -> None:
    """Every minute: start the runs whose time has come, and have the mails that wait sent.

    What is late is looked for first: starting a run makes its time one that was looked at.
    """
    with failure_logged("watch"):
        timed_alerts.update_timed_alerts(_clock)
    with failure_logged("start by schedule"):
        scheduling.start_due(_clock, enqueue)
    with failure_logged("gather problems"):
        problem_mail.gather(_clock)
    for pk in outbox.districts_with_mail(_clock):
        with failure_logged("enqueue mails", district=pk), suppress(AlreadyEnqueued):
            name = f"mail:{pk}"
            send_mails.configure(lock=name, queueing_lock=name).defer(district=pk)


@app.periodic(cron=_FAST)
@app.task(name="rollcall.start_often", queueing_lock="rollcall.start_often", pass_context=False)
@job_endings.stateless("what it starts has a state of its own")
def start_often(timestamp: int) -> None:
    """Every five seconds: start the runs of syncs that run at an interval."""
    with failure_logged("start by interval"):
        scheduling.start_due(_clock, enqueue, scheduling.with_interval())


@app.task(name="rollcall.send_mails")
@job_endings.stateless("a mail that was not sent stays due")
def send_mails(district: int) -> None:
    """Send the mails of one district that wait; a slow mail server makes no other district wait."""
    outbox.send_due(district, _clock)


@app.periodic(cron="23 9 * * *")
@app.task(
    name="rollcall.retention",
    queueing_lock="rollcall.retention",
    pass_context=False,
    retry=_UNTIL_BACK,
)
@job_endings.stateless("what is old is removed the next night")
def remove_old(timestamp: int) -> None:
    """Every night in North America: remove what districts no longer keep."""
    for district in District.objects.order_by("pk"):
        with failure_logged("retention", district=district.pk):
            retention.remove(district, _clock, "schedule")


@app.task(name="rollcall.retention_now", retry=_UNTIL_BACK)
@job_endings.stateless("only what was removed is recorded")
def remove_now(district: int, person: str) -> None:
    """Remove what one district no longer keeps, without waiting for the night."""
    retention.remove(District.objects.get(pk=district), _clock, person)


def enqueue_removal(district: District, person: str) -> None:
    """Have any worker remove what the district no longer keeps."""
    remove_now.defer(district=district.pk, person=person)


@app.periodic(cron=_FAST)
@app.task(name="rollcall.take_over", queueing_lock="rollcall.take_over", pass_context=True)
@job_endings.stateless("it comes again in five seconds")
async def take_over(context: JobContext, timestamp: int) -> None:
    """Every five seconds: give jobs of dead workers, and runs nobody carries out, to the living."""
    manager = context.app.job_manager
    await manager.prune_stalled_workers(DEAD_AFTER)
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
        log.warning("job taken over", job=job.id)
        await asyncio.to_thread(_note_death, job)
        await _take_over(manager, job)
    await asyncio.to_thread(own_connection, adopt_abandoned)
    await asyncio.to_thread(own_connection, partial(job_endings.end_lost_checks, _clock))


def _note_death(job: Job) -> None:
    """Runs are tried again, a few times; a connection test ends: a person waits for it."""
    if job.task_name == execute_run.name:
        fatal_runs.note_death(cast(int, job.task_kwargs["run_id"]))
    elif job.task_name == check_connection.name:
        number = cast(int, job.task_kwargs["number"])
        job_endings.end_check(number, Problem(connection_checks.INTERRUPTED), _clock)
    connection.close()


async def _take_over(manager: JobManager, job: Job) -> None:
    """Give a dead worker's job to the living. Where its like waits already, that one is carried
    out in its place: a job whose lock the dead one has would wait for it for ever.
    """
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        await manager.finish_job(job, Status.FAILED, delete_job=True)


def adopt_abandoned() -> None:
    """Enqueue runs that are under way by their state but that no process holds the lock of."""
    locked_syncs = held_syncs()
    for run in Run.objects.filter(state=RunState.RUNNING).exclude(sync__in=locked_syncs):
        with failure_logged("adopt", run=run.pk):
            jobs = ProcrastinateJob.objects.filter(
                task_name="rollcall.execute", args__run_id=run.pk, status__in=["todo", "doing"]
            )
            if not jobs.exists():
                log.warning("run adopted", run=run.pk)
                fatal_runs.note_death(run.pk)
                enqueue(run)
