"""Alerts that the clock opens and no run: a sync is late, a run is held for too long; reminders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.health import Facts, late_since, spoken
from rollcall.core.plans import guards
from rollcall.engine.alerts import alert_mail, alerts, clock_checks
from rollcall.engine.alerts.health import facts_of
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync
from rollcall.engine.worker.isolation import failure_logged

#: How long a held run can wait before there is a reminder.
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
    "anyone with the Approver role",
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
    are new. Each is mailed once to the recipients of its sync.

    Any number of workers can do so at once: a problem is opened, and its mail queued, once.
    """
    unresolved = Alert.objects.filter(state__in=UNRESOLVED, kind__in=_KINDS)
    already_open = set(unresolved.values_list("sync", "code"))
    opened: list[int] = []
    for sync, facts in _facts_of_all():
        with failure_logged("watch", sync=sync.pk):
            for watched in _watched(facts, clock.now()):
                is_open = (sync.pk, watched.code) in already_open
                if watched.since and not is_open:
                    opened += alert_mail.open_with_mail(
                        sync, watched.kind, watched.code, clock, watched.detail
                    )
                elif is_open and not watched.since:
                    alerts.resolve(unresolved.filter(sync=sync, code=watched.code), clock)
        with failure_logged("remind", sync=sync.pk), transaction.atomic():
            reminded = clock_checks.remind(sync, clock)
            alert_mail.queue(sync, reminded, clock)
            opened += reminded
    return opened


def _facts_of_all() -> Iterable[tuple[Sync, Facts]]:
    """All syncs with the facts of their state; where one cannot be read, those that can."""
    with failure_logged("watch all at once"):
        return facts_of(Sync.objects.all())
    readable = []
    for pk in Sync.objects.order_by("pk").values_list("pk", flat=True):
        with failure_logged("watch", sync=pk):
            readable += facts_of(Sync.objects.filter(pk=pk))
    return readable


_KINDS = (AlertKind.LATE, AlertKind.HELD)


def _watched(facts: Facts, at: datetime) -> Iterator[_Watched]:
    """What the clock looks for in a sync."""
    late = late_since(facts, at)
    due = f"due on {spoken(late, facts.zone)}" if late else ""
    yield _Watched(LATE, AlertKind.LATE, late, due)
    run = facts.held
    long = run.at if run and run.at <= at - HELD_TOO_LONG else None
    since = f"run {run.number}, since {spoken(run.at, facts.zone)}" if run else ""
    yield _Watched(HELD_LONG, AlertKind.HELD, long, since)
    if run is None:  # the run that was held opened this one; a decision about it resolves it
        yield _Watched(guards.EXCEEDED, AlertKind.HELD, None)
