"""Alerts: problems that stay open until they are resolved, by runs that see them or no longer."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans import guards
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import (
    UNRESOLVED,
    Alert,
    AlertKind,
    AlertState,
    Approval,
    Artifact,
    Run,
    RunState,
    Sync,
    undone,
)
from rollcall.engine.plans import excluding
from rollcall.records.models import District, Student

ALREADY_RESOLVED = Codes.add(
    "alert.resolved",
    Severity.ERROR,
    "This problem has been resolved meanwhile",
    "Nothing; it is kept in the list of resolved alerts.",
    "nobody",
)

#: How the subject of an alert about a student begins; its number follows.
_STUDENT = "student:"


@dataclass(frozen=True)
class Seen:
    """A problem as it is seen now: `count` rows concerned, `subject` and `detail` as in Alert."""

    kind: AlertKind
    code: str
    text: str
    severity: str
    count: int = 1
    subject: str = ""
    detail: str = ""


@dataclass(frozen=True)
class RunAlerts:
    """What a run changed about the problems of its sync."""

    new: list[Alert]
    continuing: list[Alert]
    resolved: list[Alert]


def update_alerts(run: Run, clock: Clock) -> None:
    """Open, continue and resolve alerts by what a live run came to; within its last transaction.

    What the run saw is open or goes on. What it would have seen and did not is resolved. A test
    run, and one that was stopped, changes nothing. An undo resolves what was left out of the run it
    undid. A run of a part of a file changes nothing about findings in rows, and resolves only that
    it was held itself.
    """
    if run.test:
        return
    # Where a run sends, the pre-check has an alert of each error for each student.
    sends = registry.integration(run.sync.integration).sends
    seen = [
        problem
        for problem in _seen(run)
        if problem.kind != AlertKind.FINDING
        or not (run.partial or (sends and problem.severity == Severity.ERROR))
    ]
    open_or_renew(run.district_id, run.sync_id, seen, clock, run.pk)
    if run.undo_of_id is None:
        kinds = (AlertKind.HELD,) if run.partial else _RESOLVES.get(RunState(run.state), ())
        gone = _unresolved(run.sync_id, kinds).exclude(code__in=[problem.code for problem in seen])
        resolve(gone & _comparable(run), clock, run)
    else:
        _undone(run, clock)


def resolve_held(run: Run, clock: Clock) -> None:
    """A run is no longer held: resolve that it was, unless another run of its sync is."""
    if not Run.objects.filter(sync=run.sync_id, test=False, state=RunState.HELD).exists():
        resolve(_unresolved(run.sync_id, (AlertKind.HELD,)), clock, run)


def _undone(run: Run, clock: Clock) -> None:
    """Nothing is left out any more when all runs are undone that something was left out of."""
    within = {"run__gte": OuterRef("first_run"), "run__lte": OuterRef("last_run")}
    left_out = Approval.objects.filter(run__sync=run.sync_id, approved=True, **within)
    standing = left_out.exclude(undone("run")).exclude(excluded={})
    of_exclusions = _unresolved(run.sync_id, (AlertKind.FINDING,)).filter(code=excluding.EXCLUDED)
    resolve(of_exclusions.exclude(Exists(standing)), clock, run)


#: What kinds of problem a run shows to be gone by coming to this end without seeing them.
_RESOLVES: dict[RunState, tuple[AlertKind, ...]] = {
    RunState.DONE: (
        AlertKind.FAILED,
        AlertKind.HELD,
        AlertKind.LATE,
        AlertKind.SAME_FILES,
        AlertKind.FINDING,
    ),
    RunState.HELD: (AlertKind.FAILED, AlertKind.LATE, AlertKind.SAME_FILES),
    RunState.UNCHANGED: (AlertKind.FAILED, AlertKind.LATE),
    RunState.FAILED: (AlertKind.FAILED, AlertKind.LATE),
    RunState.STALE: (AlertKind.FAILED, AlertKind.LATE, AlertKind.HELD),
}
_KIND_OF_STATE = {
    RunState.FAILED: AlertKind.FAILED,
    RunState.STALE: AlertKind.FAILED,
    RunState.UNCHANGED: AlertKind.SAME_FILES,
}


def _seen(run: Run) -> list[Seen]:
    """The errors and warnings of a run's findings, one a code; the inputs' rows added up."""
    problems: dict[str, Seen] = {}
    of_state = _KIND_OF_STATE.get(RunState(run.state), AlertKind.FINDING)
    for finding in run.findings:
        code, severity = finding["code"], finding["severity"]
        if severity != Severity.INFO:
            kind = AlertKind.HELD if code == guards.EXCEEDED else of_state
            count = finding["count"] + (problems[code].count if code in problems else 0)
            problems[code] = Seen(kind, code, finding["text"], severity, count)
    return list(problems.values())


def _unresolved(sync: int, kinds: Collection[AlertKind]) -> QuerySet[Alert]:
    return Alert.objects.filter(sync=sync, kind__in=kinds, state__in=UNRESOLVED)


def _comparable(run: Run) -> QuerySet[Alert]:
    """The alerts that this run would have seen: a finding in rows only when they came the same way.

    A corrected part of a file that is uploaded says nothing about the rows not in it.
    """
    uploads = Artifact.objects.filter(kind="input", source__has_key="upload")
    this_way = uploads.filter(run=run).exists()
    alike = Exists(uploads.filter(run=OuterRef("last_run")))
    same_way = Alert.objects.filter(alike if this_way else ~alike, last_run__job=run.job)
    return Alert.objects.exclude(kind=AlertKind.FINDING) | same_way


def open_or_renew(
    district: int, sync: int, seen: Sequence[Seen], clock: Clock, run: int | None = None
) -> list[int]:
    """Open an alert for each problem, or go on with the unresolved one; the numbers of those
    opened by this. One statement, however many.
    """
    if not seen:
        return []
    columns = [
        [getattr(problem, name) for problem in seen]
        for name in ("kind", "code", "subject", "detail", "severity", "text", "count")
    ]
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_SEE, [district, sync, at, at, run, run, *columns])
        return [number for number, opened in cursor.fetchall() if opened]


# A row that was inserted, not updated, has no transaction that ended it: xmax is 0.
_SEE = """INSERT INTO alert (
    district_id, sync_id, first_seen, last_seen, first_run_id, last_run_id, kind, code, subject,
    detail, severity, text, count, times, state, acknowledged_by, note)
SELECT %s, %s, %s, %s, %s, %s, kind, code, subject, detail, severity, text, count, 1, 'open', '', ''
FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
    AS seen (kind, code, subject, detail, severity, text, count)
ON CONFLICT (sync_id, code, subject, detail) WHERE state IN ('open', 'acknowledged') DO UPDATE SET
    kind = excluded.kind, severity = excluded.severity, text = excluded.text,
    count = excluded.count, last_seen = excluded.last_seen, last_run_id = excluded.last_run_id,
    times = alert.times + (alert.last_run_id IS DISTINCT FROM excluded.last_run_id)::int
RETURNING id, xmax = 0"""


def resolve(alerts: QuerySet[Alert], clock: Clock, run: Run | None = None) -> int:
    """Mark alerts as resolved, by a run or by the clock; how many there were."""
    return alerts.update(state=AlertState.RESOLVED, resolved_at=clock.now(), resolved_run=run)


def acknowledge(alert: Alert, person: str, note: str, clock: Clock) -> Alert:
    """Assign an alert to a person: it stays until it is resolved, but no longer counts as open.

    Problem alert.resolved when it is resolved already.
    """
    acknowledged = {
        "state": AlertState.ACKNOWLEDGED,
        "acknowledged_by": person,
        "acknowledged_at": clock.now(),
        "note": note,
    }
    if not Alert.objects.filter(pk=alert.pk, state__in=UNRESOLVED).update(**acknowledged):
        raise Problem(ALREADY_RESOLVED)
    return Alert.objects.get(pk=alert.pk)


def listed(  # noqa: PLR0913 - filters, all of them by name
    district: District,
    states: Collection[str] = UNRESOLVED,
    *,
    sync: Sync | None = None,
    code: str = "",
    kind: str = "",
    subject: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[Alert]:
    """Alerts of a district, the newest first; `before` is the last number of the page before.

    `sync`, `code`, `kind`, `subject`: only those of a sync, of a problem, of a kind of problem, or
    about a student.
    """
    only = {"sync": sync, "code": code, "kind": kind, "subject": subject}
    alerts = Alert.objects.filter(district=district, state__in=states)
    alerts = alerts.filter(**{name: value for name, value in only.items() if value})
    if before is not None:
        alerts = alerts.filter(pk__lt=before)
    return list(alerts.select_related("sync").order_by("-pk")[:limit])


def counts_by_kind(
    district: District, states: Collection[str] = UNRESOLVED, sync: Sync | None = None
) -> dict[str, int]:
    """How many alerts of a district, or of one sync, there are of each kind that has some."""
    alerts = Alert.objects.filter(district=district, state__in=states)
    alerts = alerts.filter(sync=sync) if sync else alerts
    return dict(alerts.values_list("kind").annotate(Count("pk")).order_by())


def of_run(run: Run) -> RunAlerts:
    """What was new with a live run, what went on, what it resolved."""
    of_sync = Alert.objects.filter(sync=run.sync_id).order_by("-severity", "code", "pk")
    codes = [problem.code for problem in _seen(run)]
    later = of_sync.filter(resolved_run=None) | of_sync.filter(resolved_run__gt=run.pk)
    before = later.filter(code__in=codes, first_run__lt=run.pk)
    return RunAlerts(
        new=list(of_sync.filter(first_run=run)),
        continuing=[] if run.test else list(before),
        resolved=list(of_sync.filter(resolved_run=run)),
    )


def words(alert: Alert) -> tuple[str, str]:
    """What to do about an alert, and who can do it."""
    declared = Codes.get(alert.code)
    return declared.what_to_do, declared.who


def local_ids(alerts: Iterable[Alert]) -> dict[str, str]:
    """The local ids of the students that alerts are about, by the alerts' subject."""
    numbers = [
        alert.subject.partition(":")[2] for alert in alerts if alert.subject.startswith(_STUDENT)
    ]
    students = Student.objects.filter(pk__in=numbers).values_list("pk", "local_id")
    return {f"{_STUDENT}{pk}": local_id for pk, local_id in students}


def as_json(alerts: Sequence[Alert]) -> list[dict[str, Any]]:
    """Alerts in the shape that `rollcall alerts --json` and the API give."""
    names = ("kind", "code", "severity", "text", "count", "times", "state", "subject", "detail")
    students = local_ids(alerts)
    return [
        {
            "alert": alert.pk,
            "sync": alert.sync.name,
            **{name: getattr(alert, name) for name in names},
            "local_id": students.get(alert.subject),
            "what_to_do": Codes.get(alert.code).what_to_do,
            "who": Codes.get(alert.code).who,
            "first_seen": alert.first_seen.isoformat(),
            "last_seen": alert.last_seen.isoformat(),
            "last_run": alert.last_run_id,
            "acknowledged_by": alert.acknowledged_by,
            "note": alert.note,
        }
        for alert in alerts
    ]
