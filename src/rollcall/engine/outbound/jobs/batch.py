"""The steps of a batch run that sends (core.jobs.SENDING).

The mirror is read anew from the partner, where the job says so. What has changed is put into the
queue; then the run waits until the partner has answered about all of it. A run that dies goes on
where it was: what was put is sent by whoever sends.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import polars as pl
from django.db import connection, transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.grades import spellings
from rollcall.core.jobs import Job, Refresh, Scope
from rollcall.core.plans.plan import Plan
from rollcall.core.sending.desired_submissions import desired_submissions
from rollcall.core.sending.outbound import Documents
from rollcall.engine.clock import Clock
from rollcall.engine.installation import disk_room
from rollcall.engine.locks import SyncBusy, sending_lock
from rollcall.engine.models import Run
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.channels import open_channel
from rollcall.engine.outbound.jobs import batch_report
from rollcall.engine.outbound.mirror.planning import PlanRequest, changes_of, finding_frame
from rollcall.engine.outbound.mirror.refreshing import Reading, refresh
from rollcall.engine.outbound.models import MirrorRead
from rollcall.engine.outbound.near_real_time import attending
from rollcall.engine.outbound.problems import submission_alerts
from rollcall.engine.plans.planning import Planned, context_of, snapshot_transaction
from rollcall.engine.runs import fencing
from rollcall.engine.runs.results import single_finding
from rollcall.engine.runs.steps import Done, RunFacts
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


@dataclass(frozen=True, kw_only=True)
class Compared(Planned):
    """A plan over a partner's documents. `students` it is about (local_id; None: all). `documents`:
    what the records call for, and what the pre-check found. `on_their_way`: students of whom
    something was being sent when it was made.
    """

    students: pl.DataFrame | None
    documents: Documents
    on_their_way: pl.DataFrame


def refresh_mirror(facts: RunFacts, _: object) -> Done:
    """Read what the partner has, where the job says so."""
    if facts.job.refresh is Refresh.ALWAYS or not _is_known(facts):
        _refresh(facts)
    return Done()


def _is_known(facts: RunFacts) -> bool:
    """Whether the mirror was ever read in full: nothing is decided on one that was not, or that was
    restored from a backup.
    """
    reads = MirrorRead.objects.filter(sync=facts.run.sync_id).count()
    return reads >= len(facts.integration.outbound.resources)


def _refresh(facts: RunFacts) -> None:
    run, outbound = facts.run, facts.integration.outbound
    channel = open_channel(run.sync, outbound, facts.settings, run.school_year, facts.clock)
    about = ""
    if facts.job.scope is Scope.STUDENT and _is_known(facts):
        student = Student.objects.get(district=run.district_id, pk=run.about["student"])
        about = student.state_id or ""
    try:
        hold, resources = facts.row.hold, outbound.resources
        reading = Reading(run.sync, resources, channel, facts.clock, about, hold)
        refresh(reading, facts.row.rows)
    finally:
        channel.close()


def compare(facts: RunFacts, _: object) -> Done:
    """Plan what has to change at the partner, and keep what the pre-check found."""
    if not _is_known(facts):
        _refresh(facts)
    run, job, outbound = facts.run, facts.job, facts.integration.outbound
    with snapshot_transaction() as (database, snapshot):
        students = _students(run, job)
        ask = PlanRequest(students, job.removes, job.clears_scope, over_all=students is None)
        context = context_of(run, facts.clock)
        changes, documents = changes_of(run.sync, outbound, facts.settings, context, ask, database)
        on_their_way = queue.on_their_way(database, run.sync_id, students)
    all_checks = pl.concat([documents.checks, documents.over_all])
    batch_report.keep_checks(run, all_checks)
    plan = Plan({}, changes, finding_frame(all_checks))
    return Done(
        Compared(plan, snapshot, students=students, documents=documents, on_their_way=on_their_way)
    )


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


def put(facts: RunFacts, compared: Compared) -> Done:
    """Put the plan into the queue. Students who were edited since it was made are looked at anew,
    as if near real time were on, so that no older submission takes the place of a newer one. So are
    those of whom something was on its way then: what the plan took the partner to have may be
    wrong.
    """
    run, job, outbound, clock = facts.run, facts.job, facts.integration.outbound, facts.clock
    changes = compared.plan.changes
    disk_room.check_database(changes.values())
    with transaction.atomic():
        facts.row.hold()
        database = connection.connection
        queue.planning_lock(database, run.sync_id)
        edited = _edited_since(facts, compared.snapshot, database)
        doubtful = edited.clear() if job.clears_scope else compared.on_their_way
        skip = pl.concat([edited, doubtful])
        local_ids = skip["local_id"].unique().to_list()
        database.execute(_LOOK_AGAIN, [run.sync_id, local_ids])
        desired = desired_submissions(changes, outbound.resources)
        how = queue.Put(
            run.sync_id,
            clock.now(),
            compared.students,
            compared.documents.held_back,
            removes=job.removes,
            lasting=outbound.lasting,
            again=True,
            run_id=run.pk,
            skip=skip,
        )
        dropped = queue.put(database, desired.join(edited, on="local_id", how="anti"), how)
        submission_alerts.resolve_dropped(run.sync, outbound.resources, dropped, clock)
        facts.row.applied()
    checks = compared.documents.checks
    submission_alerts.update_check_alerts(run.sync, compared.students, checks, clock)
    return Done()


#: Note an edit of each of these students.
_LOOK_AGAIN = """INSERT INTO edit (sync_id, record, local_id, at)
SELECT %s, 'student', unnest(%s::text[]), now()"""


def _edited_since(facts: RunFacts, snapshot: str, database: Database) -> pl.DataFrame:
    """The students (local_id) edited since `snapshot`."""
    names = records.record_types_of(facts.integration.outbound.views, ())
    moved = records.moved_since(database, facts.run.district_id, snapshot, names)
    before = moved["before"].str.json_path_match("$.local_id")
    ids = pl.concat([moved["local_id"], before]).drop_nulls().unique()
    return ids.alias("local_id").to_frame()


def send(facts: RunFacts, _: object) -> Done:
    """Wait until the partner has answered about all that was put; send it here when nobody does."""
    run, clock = facts.run, facts.clock
    total = unsettled = queue.unsettled(connection.connection, run.sync_id, run.pk)
    facts.row.expect(total)
    patience = _Patience(clock)
    while unsettled and not patience.over(total - unsettled):
        run.sync.refresh_from_db()
        if run.sync.paused:
            break
        began = clock.now()
        sent_here = _send_here(facts, total)
        unsettled = queue.unsettled(connection.connection, run.sync_id, run.pk)
        facts.row.rows(total - unsettled)
        if not sent_here:
            counting = (clock.now() - began).total_seconds()
            clock.sleep(max(_LOOK_AFTER, _LOOK_LITTLE * counting))
    if not unsettled:
        return Done()
    return Done(findings=[{**single_finding(STILL_WAITING, ""), "count": unsettled}])


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


def _send_here(facts: RunFacts, total: int) -> bool:
    """Be the sender until all is settled, or nothing was settled for too long, as when the partner
    lets nobody in; not while a worker is. Whether we were.
    """
    patience = _Patience(facts.clock)

    def enough() -> bool:
        tally = sending.tally
        settled = tally.accepted + tally.refused
        facts.row.rows(min(settled, total))
        taken = sending.idle and tally.taken > 0
        done = taken and not attending.has_work(sending.sync.pk, facts.clock)
        return done or patience.over(settled)

    try:
        with sending_lock(facts.run.sync_id):
            sending = attending.sender_of(facts.run.sync, facts.clock)
            try:
                attending.serve(sending, facts.clock, threading.Event(), enough)
            finally:
                sending.close()
    except (SyncBusy, fencing.Superseded):
        return False
    return True


def report_sent(facts: RunFacts, _: object) -> Done:
    """Make the reports, and say what became of what was sent."""
    counts, summary = batch_report.report(facts.run)
    return Done(summary=summary, fields={"counts": counts})
