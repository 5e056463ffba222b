"""Carry out a run: fetch, read, match, plan, guard, (held), apply, report, notify.

A run may die at any moment and be carried out again from its beginning by any worker. Up to
`apply` everything is decided anew from the stored inputs; `apply` is one transaction; what comes
after reads the stored plan. So nothing is lost and nothing is applied twice (promise 4).
"""

import structlog
from django.db import OperationalError, transaction
from pydantic import BaseModel

from rollcall.core.disk_room import to_store
from rollcall.core.files.read import UnreadableInput
from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.problems import Problem
from rollcall.engine import artifacts, registry
from rollcall.engine.alerts import alerts
from rollcall.engine.clock import Clock
from rollcall.engine.installation import disk_room
from rollcall.engine.locks import sync_lock
from rollcall.engine.mail import completion_mail, outbox
from rollcall.engine.models import Run, RunState, Step
from rollcall.engine.outbound.jobs import batch
from rollcall.engine.plans import carry_over, excluding, plan_store
from rollcall.engine.plans.guarding import guard
from rollcall.engine.plans.planning import context_of, make_plan
from rollcall.engine.runs import (
    approving,
    fencing,
    partial_run,
    run_errors,
    undoing,
)
from rollcall.engine.runs.applying import RECORDS_MOVE, apply
from rollcall.engine.runs.fetching import (
    FILE_UNCHANGED,
    fetch,
    same_as_last,
    without_size,
)
from rollcall.engine.runs.progress import Progress, Watcher, unwatched
from rollcall.engine.runs.reading import Read, read
from rollcall.engine.runs.reporting import report
from rollcall.engine.runs.results import finding_counts, single_finding
from rollcall.engine.runs.run_timing import estimated_rows
from rollcall.engine.settings.config import settings_of
from rollcall.engine.worker import fatal_runs, stopping
from rollcall.transports.errors import TransportError

log = structlog.get_logger()

_ATTEMPTS_TO_APPLY = 3

INTERNAL = Codes.add(
    "run.internal_error",
    Severity.ERROR,
    "Rollcall itself made a mistake; this is not your file's fault",
    "Send the run's number and this text to the people who maintain Rollcall.",
    "the maintainers of Rollcall",
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
            with fatal_runs.apart_from_suspects(run, wait=wait):
                _begin(run, clock)
                progress = Progress(run, clock, watcher)
                state = _attempt(run, clock, progress)
                _end(run, state, clock, progress)
        except fencing.Superseded:
            log.warning("run left to another process", run=run.pk, attempt=run.attempt)
            run.refresh_from_db()
        except stopping.WorkerStops:
            run.state = RunState.QUEUED
            run.save(update_fields=["state"])
            log.info("run queued again", run=run.pk, step=run.step, attempt=run.attempt)
            raise
    return run


def _begin(run: Run, clock: Clock) -> None:
    fencing.begin(run)
    artifacts.remove_drafts(run)
    run.state = RunState.RUNNING
    run.started_at = run.started_at or clock.now()
    run.save(update_fields=["state", "started_at"])
    log.info("run started", run=run.pk, sync=run.sync_id, attempt=run.attempt, test=run.test)


def _attempt(run: Run, clock: Clock, progress: Progress) -> RunState:
    try:
        fatal_runs.check(run)
        disk_room.check(to_store(artifacts.input_size(run)))
        if run.undo_of is not None:
            return undoing.carry_out(run, clock, progress)
        return carry_out(run, clock, progress)
    except (fencing.Superseded, stopping.WorkerStops):
        raise
    except UnreadableInput as error:
        run.findings = finding_counts(error.findings)
        return _failed(run, run.findings[0]["code"], str(error))
    except (Problem, TransportError) as error:
        run.findings = [single_finding(error.code, error.detail)]
        return _failed(run, error.code, run.findings[0]["text"])
    except Exception as error:
        if run_errors.passes(error):
            raise OperationalError(type(error).__name__) from error
        log.exception("run failed", run=run.pk, step=run.step, error_type=type(error).__name__)
        problem = run_errors.named(error) or Problem(INTERNAL, type(error).__name__)
        run.findings = [single_finding(problem.code, problem.detail)]
        return _failed(run, problem.code, run.findings[0]["text"])


def _failed(run: Run, code: str, text: str) -> RunState:
    run.error_code, run.error_text = code, text
    return RunState.FAILED


def carry_out(run: Run, clock: Clock, progress: Progress) -> RunState:
    """The steps of a batch run, in their order; the state the run ends in."""
    integration = partial_run.integration_of(run)
    settings = settings_of(
        run.sync.name,
        integration.name,
        run.version.config.get("settings", {}),
        run.sync.district.state,
    )
    if integration.outbound is not None:
        return batch.carry_out(run, integration, settings, clock, progress)
    state = RunState.DONE
    if run.applied_at is None:
        progress.step(Step.FETCH)
        inputs = fetch(run, integration, settings, clock)
        unchanged = not run.forced and same_as_last(run, inputs)
        news = [single_finding(FILE_UNCHANGED, "")] if unchanged else []
        if unchanged and not run.test:
            run.findings = news
            return RunState.UNCHANGED
        progress.step(Step.READ)
        disk_room.check(to_store(sum(input.size for input in inputs.values())))
        progress.expect(estimated_rows(inputs.values()))
        tables = read(run, integration, settings, inputs, progress)
        state = _decide_and_apply(run, integration, settings, tables, clock, progress)
        run.findings = [*news, *without_size(inputs), *run.findings]
        if state in (RunState.STALE, RunState.STOPPED):
            return state
    progress.step(Step.REPORT)
    plan = plan_store.load(run, integration.records)
    full_integration = registry.integration(run.sync.integration)
    report(run, full_integration, settings, plan, context_of(run, clock))
    return state


def _decide_and_apply(
    run: Run,
    integration: Integration,
    settings: BaseModel,
    read: Read,
    clock: Clock,
    progress: Progress,
) -> RunState:
    """Match, plan, guard and, unless a guard, a test or a pause says no, apply."""
    for _ in range(_ATTEMPTS_TO_APPLY):
        progress.step(Step.MATCH)
        context = context_of(run, clock)
        planned = carry_over.make_plan(run, integration, read.remembered, read.others, context)
        planned = planned or make_plan(run, integration, settings, read.tables, context)
        progress.step(Step.GUARD)
        state = guard(run, integration, planned)
        if run.test or state is not RunState.DONE:
            return state
        progress.step(Step.APPLY)
        run.sync.refresh_from_db()
        if run.sync.paused:
            return RunState.STOPPED
        chosen = excluding.without_excluded(run, integration, planned)
        if apply(run, integration, chosen, context, clock):
            return state
    raise Problem(RECORDS_MOVE)


def _end(run: Run, state: RunState, clock: Clock, progress: Progress) -> None:
    """Say how the run ended, first in the database, then by mail."""
    run.state, run.step, run.finished_at = state, Step.NOTIFY, clock.now()
    record_end(run, clock)
    log.info("run ended", run=run.pk, sync=run.sync_id, state=state, code=run.error_code)
    progress.step(Step.NOTIFY)
    outbox.send_due_of_run(run, clock)
    progress.end()


@transaction.atomic
def record_end(run: Run, clock: Clock) -> None:
    """Record how a run ended: in its row, in the alerts, and as mail that waits to be sent."""
    run.save()
    if run.applied_at is not None:
        approving.retire(run, clock)
    alerts.update_alerts(run, clock)
    completion_mail.queue(run, clock)
