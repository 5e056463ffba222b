"""A batch run that sends: (fetch), plan, guard, (held), apply, send, report.

Fetch reads the mirror anew from the partner, where the job says so. Apply puts what has changed
into the queue; send waits until the partner has answered about all of it. A run that dies goes on
where it was: what was put is sent by whoever sends.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import polars as pl
from django.db import connection, transaction
from pydantic import BaseModel

from rollcall.core.findings import Codes, Severity
from rollcall.core.grades import spellings
from rollcall.core.integration import Integration
from rollcall.core.plans.counts import change_counts
from rollcall.core.plans.plan import Plan
from rollcall.core.sending.desired_submissions import desired_submissions
from rollcall.core.sending.outbound import (
    Job,
    Outbound,
    Refresh,
    Scope,
    Target,
)
from rollcall.engine.clock import Clock
from rollcall.engine.installation import disk_room
from rollcall.engine.locks import SyncBusy, sending_lock
from rollcall.engine.models import Run, RunState, Step
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.jobs import batch_report
from rollcall.engine.outbound.mirror.planning import PlanRequest, changes_of, finding_frame
from rollcall.engine.outbound.mirror.refreshing import Reading, refresh
from rollcall.engine.outbound.models import MirrorRead
from rollcall.engine.outbound.near_real_time import attending
from rollcall.engine.outbound.problems import submission_alerts
from rollcall.engine.outbound.sender.session import Session
from rollcall.engine.plans import excluding
from rollcall.engine.plans.guarding import guard
from rollcall.engine.plans.planning import Planned, context_of, snapshot_transaction
from rollcall.engine.runs import fencing
from rollcall.engine.runs.progress import Progress
from rollcall.engine.runs.results import single_finding
from rollcall.records import read as records
from rollcall.records.copying import Database
from rollcall.records.models import Enrollment, Student

#: A run waits no longer for answers once nothing was settled for so long.
_PATIENCE = timedelta(minutes=2)
#: While a worker sends, it is looked after so many seconds how far it has come, and no more often
#: than a long queue lets us: after so many times what counting took.
_LOOK_AFTER, _LOOK_LITTLE = 0.2, 10

STILL_WAITING = Codes.add(
    "partner.still_waiting",
    Severity.WARNING,
    "The partner has not answered about some documents; they are sent again by the worker",
    "See the alerts of this sync; keep a `rollcall worker` running.",
    "the person who runs the server",
)


@dataclass(frozen=True)
class _Batch:
    """What the steps of a run need to know."""

    run: Run
    integration: Integration
    outbound: Outbound
    settings: BaseModel
    job: Job
    clock: Clock


def carry_out(
    run: Run, integration: Integration, settings: BaseModel, clock: Clock, progress: Progress
) -> RunState:
    """The steps in their order; the state the run ends in."""
    outbound = integration.outbound
    assert outbound is not None
    job = next(declared for declared in outbound.jobs if declared.name == run.job)
    batch = _Batch(run, integration, outbound, settings, job, clock)
    if run.applied_at is None:
        # Whether the mirror was ever read in full: nothing is decided on one that was not, or that
        # was restored from a backup.
        read = MirrorRead.objects.filter(sync=run.sync_id).count()
        is_known = read >= len(outbound.resources)
        if not is_known or job.refresh is Refresh.ALWAYS:
            progress.step(Step.FETCH)
            _refresh(batch, progress, everything=not is_known)
        state = _plan_and_put(batch, progress)
        if run.test or state is not RunState.DONE:
            if state is not RunState.STALE:
                batch_report.report(run, integration)
            return state
    progress.step(Step.SEND)
    _send(batch, progress)
    progress.step(Step.REPORT)
    batch_report.report(run, integration)
    return RunState.DONE


def _refresh(batch: _Batch, progress: Progress, *, everything: bool) -> None:
    run = batch.run
    target = Target(batch.settings, run.school_year)
    session = Session(run.sync, batch.outbound.remote, target, batch.clock)
    about = ""
    if batch.job.scope is Scope.STUDENT and not everything:
        about = Student.objects.get(district=run.district_id, pk=run.about["student"]).state_id
    try:
        hold = partial(fencing.hold, run)
        reading = Reading(run.sync, batch.outbound, session, target, batch.clock, about or "", hold)
        refresh(reading, progress.rows)
    finally:
        session.close()


def _plan_and_put(batch: _Batch, progress: Progress) -> RunState:
    run = batch.run
    progress.step(Step.PLAN)
    with snapshot_transaction() as (database, snapshot):
        students = _students(run, batch.job)
        job = batch.job
        ask = PlanRequest(students, job.removes, job.clears_scope, over_all=students is None)
        context = context_of(run, batch.clock)
        changes, documents = changes_of(
            run.sync, batch.outbound, batch.settings, context, ask, database
        )
        on_their_way = queue.on_their_way(database, run.sync_id, students)
    all_checks = pl.concat([documents.checks, documents.over_all])
    findings = finding_frame(all_checks)
    planned = Planned(Plan({}, changes, findings), snapshot)
    batch_report.keep_checks(run, all_checks)
    progress.step(Step.GUARD)
    state = guard(run, batch.integration, planned)
    run.counts = {name: change_counts([change]) for name, change in changes.items()}
    if run.test or state is not RunState.DONE:
        return state
    progress.step(Step.APPLY)
    run.sync.refresh_from_db()
    if run.sync.paused:
        return RunState.STOPPED
    chosen = excluding.without_excluded(run, batch.integration, planned)
    disk_room.check_database(chosen.plan.changes.values())
    _put(batch, chosen, queue.PlannedStudents(students, documents.held_back, on_their_way))
    submission_alerts.update_check_alerts(run.sync, students, documents.checks, batch.clock)
    return RunState.DONE


def _students(run: Run, job: Job) -> pl.DataFrame | None:
    """The students that the job is about (local_id); None: all."""
    if job.scope is Scope.ALL:
        return None
    if job.scope is Scope.STUDENT:
        local_ids: Iterable[str] = Student.objects.filter(
            district=run.district_id, pk=run.about["student"]
        ).values_list("local_id", flat=True)
    else:
        local_ids = Enrollment.objects.filter(
            district=run.district_id,
            school_year=run.school_year,
            grade__in=spellings(run.about["grade"]),
        ).values_list("local_id", flat=True)
    return pl.DataFrame({"local_id": sorted(set(local_ids))}, schema={"local_id": pl.String()})


def _put(batch: _Batch, planned: Planned, planned_students: queue.PlannedStudents) -> None:
    """Put the plan into the queue. Students who were edited since it was made are looked at anew,
    as if near real time were on, so that no older submission takes the place of a newer one. So are
    those of whom something was on its way then: what the plan took the partner to have may be
    wrong.
    """
    run = batch.run
    with transaction.atomic():
        fencing.hold(run)
        database = connection.connection
        queue.planning_lock(database, run.sync_id)
        edited = _edited_since(batch, planned.snapshot, database)
        doubtful = edited.clear() if batch.job.clears_scope else planned_students.on_their_way
        skip = pl.concat([edited, doubtful])
        local_ids = skip["local_id"].unique().to_list()
        database.execute(_LOOK_AGAIN, [run.sync_id, local_ids])
        desired = desired_submissions(planned.plan.changes, batch.outbound.resources)
        how = queue.Put(
            run.sync_id,
            batch.clock.now(),
            planned_students.students,
            planned_students.held_back,
            removes=batch.job.removes,
            lasting=batch.outbound.lasting,
            again=True,
            run_id=run.pk,
            skip=skip,
        )
        dropped = queue.put(database, desired.join(edited, on="local_id", how="anti"), how)
        submission_alerts.resolve_dropped(run.sync, batch.outbound.resources, dropped, batch.clock)
        run.applied_at = batch.clock.now()
        run.save(update_fields=["applied_at", "counts"])


#: Note an edit of each of these students.
_LOOK_AGAIN = """INSERT INTO edit (sync_id, record, local_id, at)
SELECT %s, 'student', unnest(%s::text[]), now()"""


def _edited_since(batch: _Batch, snapshot: str, database: Database) -> pl.DataFrame:
    """The students (local_id) edited since `snapshot`."""
    run = batch.run
    names = records.record_types_of(batch.outbound.views, ())
    moved = records.moved_since(database, run.district_id, snapshot, names)
    before = moved["before"].str.json_path_match("$.local_id")
    ids = pl.concat([moved["local_id"], before]).drop_nulls().unique()
    return ids.alias("local_id").to_frame()


def _send(batch: _Batch, progress: Progress) -> None:
    """Wait until the partner has answered about all that was put; send it here when nobody does."""
    run, clock = batch.run, batch.clock
    total = unsettled = queue.unsettled(connection.connection, run.sync_id, run.pk)
    progress.expect(total)
    patience = _Patience(clock)
    while unsettled and not patience.over(total - unsettled):
        run.sync.refresh_from_db()
        if run.sync.paused:
            break
        began = clock.now()
        sent_here = _send_here(batch, progress, total)
        unsettled = queue.unsettled(connection.connection, run.sync_id, run.pk)
        progress.rows(total - unsettled)
        if not sent_here:
            counting = (clock.now() - began).total_seconds()
            clock.sleep(max(_LOOK_AFTER, _LOOK_LITTLE * counting))
    if unsettled:
        run.findings = [{**single_finding(STILL_WAITING, ""), "count": unsettled}, *run.findings]


class _Patience:
    """Waits for answers as long as now and then something more is settled."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._settled, self._at = clock, 0, clock.now()

    def over(self, settled: int) -> bool:
        """Whether nothing more was settled for too long; so many are by now."""
        at = self._clock.now()
        if settled > self._settled:
            self._at = at
        self._settled = settled
        return at - self._at >= _PATIENCE


def _send_here(batch: _Batch, progress: Progress, total: int) -> bool:
    """Be the sender until all is settled, or nothing was settled for too long, as when the partner
    lets nobody in; not while a worker is. Whether we were.
    """
    patience = _Patience(batch.clock)

    def enough() -> bool:
        tally = sending.tally
        settled = tally.accepted + tally.refused
        progress.rows(min(settled, total))
        taken = sending.idle and tally.taken > 0
        done = taken and not attending.has_work(sending.sync.pk, batch.clock)
        return done or patience.over(settled)

    try:
        with sending_lock(batch.run.sync_id):
            sending = attending.sender_of(batch.run.sync, batch.clock)
            try:
                attending.serve(sending, batch.clock, threading.Event(), enough)
            finally:
                sending.close()
    except (SyncBusy, fencing.Superseded):
        return False
    return True
