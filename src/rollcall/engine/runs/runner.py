"""Carry out a run: walk the steps that its job declares, each with what the one before has left.

A run may die at any moment and be carried out again from its beginning by any worker. Up to the
first step that writes everything is decided anew from the stored inputs; that step is one
transaction, which also marks the run applied; what comes after reads what is stored. So nothing is
lost and nothing is applied twice (promise 4).
"""

from typing import Any

import structlog
from django.db import OperationalError, transaction

from rollcall.core.disk_room import to_store
from rollcall.core.files.read import UnreadableInput
from rollcall.core.findings import Codes, Severity
from rollcall.core.jobs import NOTIFY, Step
from rollcall.core.problems import Problem
from rollcall.engine import artifacts, registry
from rollcall.engine.alerts import alerts
from rollcall.engine.clock import Clock
from rollcall.engine.installation import disk_room
from rollcall.engine.locks import sync_lock
from rollcall.engine.mail import completion_mail, outbox
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.runs import approving, fencing, following, partial_run, run_errors
from rollcall.engine.runs.results import finding_counts, single_finding
from rollcall.engine.runs.run_row import RunRow, Watcher, unwatched, write
from rollcall.engine.runs.step_table import work_of
from rollcall.engine.runs.steps import RunFacts, job_of
from rollcall.engine.settings.config import settings_of
from rollcall.engine.worker import fatal_runs, stopping
from rollcall.transports.errors import TransportError

log = structlog.get_logger()

#: So many times a run plans, when records move under each plan.
_MOST_PLANS = 3
#: A run in one of these is over at once; a held one still makes its reports.
_OVER = (RunState.UNCHANGED, RunState.STALE, RunState.STOPPED)

INTERNAL = Codes.add(
    "run.internal_error",
    Severity.ERROR,
    "Rollcall itself made a mistake; this is not your file's fault",
    "Send the run's number and this text to the people who maintain Rollcall.",
    "the maintainers of Rollcall",
)
RECORDS_MOVE = Codes.add(
    "run.records_keep_moving",
    Severity.ERROR,
    "Records were edited again and again while this run was being applied, so it wrote nothing",
    "Run it again when no other import is under way.",
    "the district's data manager",
)
JOB_GONE = Codes.add(
    "job.gone",
    Severity.ERROR,
    "This version of Rollcall no longer has the run's job",
    "Start one of the jobs that the sync has now.",
    "the person who started the run",
)


def execute(run_id: int, clock: Clock, watcher: Watcher = unwatched, *, wait: bool = True) -> Run:
    """Carry out a queued, approved or abandoned run to its end; of one that is over, send the mail.

    SyncBusy when another run of its sync is going on and `wait` is false. A run that fails says
    why in its findings; only a lost database is raised, since nothing can be said without it.
    """
    run = Run.objects.select_related("sync", "version", "district").get(pk=run_id)
    with sync_lock(run.sync_id, wait=wait):
        run.refresh_from_db()
        run.sync.refresh_from_db()
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            outbox.send_due_of_run(run, clock)
            return run
        try:
            with fatal_runs.apart_from_suspects(run.deaths, wait=wait):
                fencing.begin(run)
                artifacts.remove_drafts(run)
                write(run, state=RunState.RUNNING, started_at=run.started_at or clock.now())
                log.info(
                    "run started",
                    run=run.pk,
                    sync=run.sync_id,
                    attempt=run.attempt,
                    test=run.test,
                )
                row = RunRow(run, clock, watcher)
                _end(run, _attempt(run, clock, row), clock, row)
        except fencing.Superseded:
            log.warning("run left to another process", run=run.pk, attempt=run.attempt)
            run.refresh_from_db()
        except stopping.WorkerStops:
            write(run, state=RunState.QUEUED)
            log.info("run queued again", run=run.pk, step=run.step, attempt=run.attempt)
            raise
    return run


def _attempt(run: Run, clock: Clock, row: RunRow) -> RunState:
    try:
        fatal_runs.check(run.deaths, run.step, applied=run.applied_at is not None)
        disk_room.check(to_store(artifacts.input_size(run)))
        return walk(run, clock, row)
    except (fencing.Superseded, stopping.WorkerStops):
        raise
    except UnreadableInput as error:
        findings, text = finding_counts(error.findings), str(error)
    except (Problem, TransportError) as error:
        findings = [single_finding(error.code, error.detail)]
        text = findings[0]["text"]
    except Exception as error:
        if run_errors.passes(error):
            raise OperationalError(type(error).__name__) from error
        log.exception("run failed", run=run.pk, step=run.step, error_type=type(error).__name__)
        problem = run_errors.named(error) or Problem(INTERNAL, type(error).__name__)
        findings = [single_finding(problem.code, problem.detail)]
        text = findings[0]["text"]
    write(run, findings=findings, error_code=findings[0]["code"], error_text=text)
    return RunState.FAILED


def walk(run: Run, clock: Clock, row: RunRow) -> RunState:
    """The steps of a run's job, in their order; the state the run ends in."""
    job = job_of(run)
    if not job.steps:
        raise Problem(JOB_GONE, job.name)
    integration = registry.integration(run.sync.integration)
    if run.partial:
        integration = partial_run.for_a_part(integration)
    raw_settings = run.version.config.get("settings", {})
    settings = settings_of(run.sync.name, integration.name, raw_settings, run.district.state)
    approval = Approval.objects.filter(run=run, approved=True).first()
    facts = RunFacts(run, integration, settings, job, approval, clock, row)
    state, plans = RunState.DONE, 1
    values: dict[int, Any] = {}
    at = _first(run, job.steps)
    while at < len(job.steps):
        step = job.steps[at]
        at += 1
        if step.writes and (run.test or state is RunState.HELD):
            continue
        if step.writes and run.applied_at is None and _paused(run):
            return RunState.STOPPED
        row.step(step.name)
        done = work_of(step)(facts, values.get(at - 1))
        row.keep(step.name, done.findings, done.summary, done.fields)
        state = done.state or state
        if state in _OVER:
            return state
        values[at] = done.value
        if done.again is not None:
            at, plans = job.steps.index(done.again), plans + 1
            if plans > _MOST_PLANS:
                raise Problem(RECORDS_MOVE)
    return state


def _first(run: Run, steps: tuple[Step, ...]) -> int:
    """Where a run begins: of one that has written, behind the step that did."""
    if run.applied_at is None:
        return 0
    return next(number for number, step in enumerate(steps, 1) if step.writes)


def _paused(run: Run) -> bool:
    run.sync.refresh_from_db()
    return run.sync.paused


def _end(run: Run, state: RunState, clock: Clock, row: RunRow) -> None:
    """Say how the run ended, first in the database, then by mail."""
    record_end(run, clock, state=state)
    log.info("run ended", run=run.pk, sync=run.sync_id, state=state, code=run.error_code)
    row.step(NOTIFY.name)
    outbox.send_due_of_run(run, clock)
    row.end()


@transaction.atomic
def record_end(run: Run, clock: Clock, **fields: object) -> None:
    """Record how a run ended: in its row (`fields`, such as its state), in the alerts, and as mail
    that waits to be sent.
    """
    write(run, step=NOTIFY.name, finished_at=clock.now(), **fields)
    if run.applied_at is not None:
        approving.retire(run.sync_id, run.pk, clock)
    alerts.update_alerts(run, clock)
    completion_mail.queue(run, clock)
    next_job = job_of(run).then
    if next_job and run.state == RunState.DONE and not run.test and run.undo_of is None:
        following.start_next(run, next_job, clock)
