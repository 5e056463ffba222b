"""Problems that no run tells of, found by the clock: late, held for too long; and reminders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.health import Facts, late_since, spoken
from rollcall.core.plans import guards
from rollcall.engine.alerts import alert_mail, alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.alerts.health import facts_of
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync
from rollcall.engine.outbound.problems import reminders
from rollcall.engine.worker.isolation import apart

#: How long a held run may wait before somebody is reminded.
HELD_TOO_LONG = timedelta(hours=24)

LATE = Codes.add(
    "sync.late",
    Severity.ERROR,
    "The sync was due and no run of it has ended",
    "See whether a `rollcall worker` is running, and whether a run of it waits or takes long.",
    "the person who runs the server",
)
HELD_LONG = Codes.add(
    "run.held_long",
    Severity.WARNING,
    "A held run has been waiting for a person for more than a day; until then nothing is imported",
    "Review its plan and approve or discard it.",
    "a person who may approve runs",
)


@dataclass(frozen=True)
class _Watched:
    """A problem the clock looks for, and since when it is there: None when it is not."""

    code: str
    kind: AlertKind
    since: datetime | None
    detail: str = ""


def update_timed_alerts(clock: Clock) -> list[int]:
    """Open and resolve the alerts that depend on the time, for all syncs; the numbers of those that
    are new. Each is mailed once to the recipients of its sync (`alert_mail.send_due`).

    Any number of workers may watch at once: a problem is opened, and its mail queued, once.
    """
    already_open = set(_unresolved().values_list("sync", "code"))
    opened: list[int] = []
    for sync, facts in _facts_of_all():
        with apart("watch", sync=sync.pk):
            for watched in _watched(facts, clock.now()):
                opened += _open_or_resolve(
                    sync, watched, (sync.pk, watched.code) in already_open, clock
                )
        with apart("remind", sync=sync.pk):
            opened += _remind(sync, clock)
    return opened


def _facts_of_all() -> Iterable[tuple[Sync, Facts]]:
    """All syncs with what their state is told from; where one cannot be read, the others."""
    with apart("watch all at once") as trouble:
        return facts_of(Sync.objects.all())
    return _facts_of_each() if trouble.met else ()


def _facts_of_each() -> Iterator[tuple[Sync, Facts]]:
    for pk in Sync.objects.order_by("pk").values_list("pk", flat=True):
        with apart("watch", sync=pk):
            yield from facts_of(Sync.objects.filter(pk=pk))


def _open_or_resolve(sync: Sync, watched: _Watched, is_known: bool, clock: Clock) -> list[int]:
    if watched.since and not is_known:
        return _open(sync, watched, clock)
    if is_known and not watched.since:
        alerts.resolve(_unresolved().filter(sync=sync, code=watched.code), clock)
    return []


def _unresolved() -> QuerySet[Alert]:
    return Alert.objects.filter(state__in=UNRESOLVED, kind__in=_KINDS)


@transaction.atomic
def _remind(sync: Sync, clock: Clock) -> list[int]:
    """The same for reminders."""
    opened = reminders.remind(sync, clock)
    alert_mail.queue(sync, opened, clock)
    return opened


_KINDS = (AlertKind.LATE, AlertKind.HELD)


def _watched(facts: Facts, at: datetime) -> Iterator[_Watched]:
    late = late_since(facts, at)
    due = f"due on {spoken(late, facts.zone)}" if late else ""
    yield _Watched(LATE, AlertKind.LATE, late, due)
    held_run = facts.held
    long = held_run.at if held_run and held_run.at <= at - HELD_TOO_LONG else None
    since = f"run {held_run.number}, since {spoken(held_run.at, facts.zone)}" if held_run else ""
    yield _Watched(HELD_LONG, AlertKind.HELD, long, since)
    if held_run is None:  # the run that was held opened this one; a decision about it resolves it
        yield _Watched(guards.EXCEEDED, AlertKind.HELD, None)


@transaction.atomic
def _open(sync: Sync, watched: _Watched, clock: Clock) -> list[int]:
    declared = Codes.get(watched.code)
    text = f"{declared.text} ({watched.detail})"
    seen = Seen(watched.kind, watched.code, text, str(declared.severity))
    opened = alerts.open_or_renew(sync.district_id, sync.pk, [seen], clock)
    alert_mail.queue(sync, opened, clock)
    return opened
