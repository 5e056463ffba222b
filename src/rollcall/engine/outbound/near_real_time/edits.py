"""Near real time, the first half: edits are looked at and become submissions."""

from dataclasses import dataclass
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
from rollcall.records.copying import Database

#: So many edits are looked at together.
_AT_ONCE = 5_000

REMOVALS_HELD = Codes.add(
    "partner.removals_held",
    Severity.ERROR,
    "Edits would take away more documents at the partner than near real time may, so these "
    "removals wait",
    "Look at what was removed; to take the documents away too, run Resynchronize and approve it.",
    "a person who may approve runs",
)


@dataclass(frozen=True)
class _Claimed:
    """Edits that were claimed: of which students, whether of other records too, and since when."""

    students: pl.DataFrame
    common: bool
    since: datetime


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
            students = sorted({local_id for local_id, _ in rows if local_id is not None})
            frame = pl.DataFrame({"local_id": students}, schema={"local_id": pl.String()})
            common = any(local_id is None for local_id, _ in rows)
            _look_at(
                sync,
                outbound,
                settings,
                _Claimed(frame, common, min(at for _, at in rows)),
                clock,
                database,
            )
    return len(rows)


_CLAIM = """DELETE FROM edit WHERE id IN (
    SELECT id FROM edit WHERE sync_id = %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING local_id, at"""


def _look_at(
    sync: Sync,
    outbound: Outbound,
    settings: BaseModel,
    claimed: _Claimed,
    clock: Clock,
    database: Database,
) -> None:
    """A change of a school or a calendar can touch every student, so all are looked at then."""
    students = None if claimed.common else claimed.students
    context = context_for(sync.district, sync.district.school_year, clock)
    changes, documents = changes_of(
        sync, outbound, settings, context, PlanRequest(students), database
    )
    desired = desired_submissions(changes, outbound.resources)
    goes = int((desired["kind"] == ChangeKind.REMOVE).sum())
    hold = _too_many(sync, students, goes, outbound.removals(settings))
    how = queue.Put(
        sync.pk,
        claimed.since,
        students,
        documents.held_back,
        lasting=outbound.lasting,
        hold_removals=hold,
    )
    dropped = queue.put(database, desired, how)
    submission_alerts.resolve_dropped(sync, outbound.resources, dropped, clock)
    if hold:
        _say_held(sync, goes, clock)
    submission_alerts.update_check_alerts(sync, students, documents.checks, clock)


def _too_many(sync: Sync, students: pl.DataFrame | None, removals: int, most: int) -> bool:
    """Near real time has no person who looks at a plan: many removals wait for one. Those of other
    students that wait already count.
    """
    if students is None or not removals:
        return removals > most
    waiting = Submission.objects.filter(sync=sync, kind=ChangeKind.REMOVE)
    of_other_students = waiting.exclude(local_id__in=students["local_id"].to_list())
    return removals + of_other_students.count() > most


def _say_held(sync: Sync, removals: int, clock: Clock) -> None:
    declared = Codes.get(REMOVALS_HELD)
    text = f"{declared.text} ({removals})"
    seen = Seen(AlertKind.HELD, REMOVALS_HELD, text, str(declared.severity), removals)
    alerts.open_or_renew(sync.district_id, sync.pk, [seen], clock)
