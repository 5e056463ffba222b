"""Near real time, the first half: edits are looked at and become submissions."""

from datetime import datetime

import polars as pl
from django.db import connection, transaction
from pydantic import BaseModel

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.plan import ChangeKind
from rollcall.core.sending.desired_submissions import desired_submissions
from rollcall.core.sending.outbound import Outbound
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.models import AlertKind, Sync
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.mirror.planning import PlanRequest, changes_of
from rollcall.engine.outbound.models import Submission
from rollcall.engine.outbound.problems import submission_alerts
from rollcall.engine.plans.planning import context_for

#: So many edits are looked at together.
_AT_ONCE = 5_000

REMOVALS_HELD = Codes.add(
    "partner.removals_held",
    Severity.ERROR,
    "Edits would take away more documents at the partner than near real time is allowed to, so "
    "these removals wait",
    "Look at what was removed; to take the documents away too, run Resynchronize and approve it.",
    "anyone with the Approver role",
)


def process_edits(
    sync: Sync, outbound: Outbound, settings: BaseModel, clock: Clock, at_once: int = _AT_ONCE
) -> int:
    """Make submissions of the next edits; how many edits there were.

    In one transaction: the edits are gone when what they led to is there, and not before. The
    records are read after the edits were claimed, so what is sent is at least as new as they are.
    """
    with transaction.atomic():
        database = connection.connection
        queue.planning_lock(database, sync.pk)
        rows = database.execute(_CLAIM, [sync.pk, at_once]).fetchall()
        if rows:
            local_ids = {local_id for local_id, _ in rows}
            since = min(at for _, at in rows)
            # A change of a school or a calendar can touch every student: all are looked at then.
            students = None
            if None not in local_ids:
                students = pl.DataFrame({"local_id": sorted(local_ids)}, {"local_id": pl.String()})
            _enqueue(sync, outbound, settings, students, since, clock)
    return len(rows)


_CLAIM = """DELETE FROM edit WHERE id IN (
    SELECT id FROM edit WHERE sync_id = %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING local_id, at"""


def _enqueue(
    sync: Sync,
    outbound: Outbound,
    settings: BaseModel,
    students: pl.DataFrame | None,
    since: datetime,
    clock: Clock,
) -> None:
    """Put what has to change at the partner for these students (None: all) into the queue."""
    database = connection.connection
    context = context_for(sync.district, sync.district.school_year, clock)
    changes, documents = changes_of(
        sync, outbound, settings, context, PlanRequest(students), database
    )
    desired = desired_submissions(changes, outbound.resources)
    goes = int((desired["kind"] == ChangeKind.REMOVE).sum())
    # Near real time has no person who looks at a plan: many removals wait for one. Those of other
    # students that wait already count.
    removals = goes
    if students is not None and goes:
        waiting = Submission.objects.filter(sync=sync, kind=ChangeKind.REMOVE)
        removals += waiting.exclude(local_id__in=students["local_id"].to_list()).count()
    hold = removals > outbound.removals(settings)
    how = queue.Put(
        sync.pk,
        since,
        students,
        documents.held_back,
        lasting=outbound.lasting,
        hold_removals=hold,
    )
    dropped = queue.put(database, desired, how)
    submission_alerts.resolve_dropped(sync, outbound.resources, dropped, clock)
    if hold:
        declared = Codes.get(REMOVALS_HELD)
        text, severity = f"{declared.text} ({goes})", str(declared.severity)
        seen = Seen(AlertKind.HELD, REMOVALS_HELD, text, severity, goes)
        alerts.open_or_renew(sync.district_id, sync.pk, [seen], clock)
    submission_alerts.update_check_alerts(sync, students, documents.checks, clock)
