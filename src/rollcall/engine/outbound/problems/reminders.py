"""Advice by the clock for a sync that sends: look at the partner's rules, a deadline comes near."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Min

from rollcall.core.findings import Codes, Severity
from rollcall.core.sending.outbound import NotificationPolicy
from rollcall.engine import registry
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Run, Sync
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.settings.config import Mistakes, settings_of

_WEEK = timedelta(days=7)

LOOK = Codes.add(
    "rules.look",
    Severity.WARNING,
    "Nobody has looked at what the partner's rules say of your records for some time",
    "Save the report on the partner's pages and upload it, or say that you looked at it there.",
    "the district's data manager",
)
TWO_WEEKS = Codes.add(
    "deadline.two_weeks",
    Severity.WARNING,
    "A deadline of the partner is two weeks away",
    "Run Resynchronize, then look at the refusals and at what the partner's rules say.",
    "the district's data manager",
)
ONE_WEEK = Codes.add(
    "deadline.one_week",
    Severity.WARNING,
    "A deadline of the partner is one week away",
    "Run Resynchronize, then look at the refusals and at what the partner's rules say.",
    "the district's data manager",
)


def remind(sync: Sync, clock: Clock) -> list[int]:
    """Open and resolve the reminders of a sync; the numbers of those that are new."""
    open_alerts = Alert.objects.filter(sync=sync, kind=AlertKind.ADVICE, state__in=UNRESOLVED)
    places = {(reminder.code, reminder.detail): reminder.pk for reminder in open_alerts}
    due_reminders = {
        (reminder.code, reminder.detail): reminder for reminder in _wanted(sync, clock.now())
    }
    gone = [number for place, number in places.items() if place not in due_reminders]
    alerts.resolve(Alert.objects.filter(pk__in=gone), clock)
    new = [reminder for place, reminder in due_reminders.items() if place not in places]
    return alerts.open_or_renew(sync.district_id, sync.pk, new, clock)


def _wanted(sync: Sync, at: datetime) -> Iterator[Seen]:
    care = care_of(sync)
    if care is None:
        return
    yield from _of_deadlines(care, at.astimezone(ZoneInfo(sync.district.timezone)).date())
    since = _not_looked_since(sync) if rules_report.can(sync) else None
    if since is not None and at - since >= timedelta(days=care.look_after_days):
        yield _advice(LOOK, f"{care.look_after_days} days or more")


def care_of(sync: Sync) -> NotificationPolicy | None:
    """What people want to be told of a sync; None when it does not send, or its settings do not
    fit.
    """
    outbound = registry.integration(sync.integration).outbound
    if outbound is None:
        return None
    try:
        settings_given = sync.version.config.get("settings", {})
        return outbound.care(
            settings_of(sync.name, sync.integration, settings_given, sync.district.state)
        )
    except Mistakes:
        return None


def _of_deadlines(care: NotificationPolicy, today: date) -> Iterator[Seen]:
    for deadline in care.deadlines:
        remaining = deadline - today
        if timedelta() <= remaining <= _WEEK:
            yield _advice(ONE_WEEK, f"{deadline}")
        elif _WEEK < remaining <= 2 * _WEEK:
            yield _advice(TWO_WEEKS, f"{deadline}")


def _not_looked_since(sync: Sync) -> datetime | None:
    """Since the last look, else since something was sent first; None: nothing was sent yet."""
    if look := rules_report.last_look(sync):
        return look.at
    sent = Run.objects.filter(sync=sync, applied_at__isnull=False)
    first: datetime | None = sent.aggregate(first=Min("applied_at"))["first"]
    return first


def _advice(code: str, which: str) -> Seen:
    declared = Codes.get(code)
    text = f"{declared.text} ({which})"
    return Seen(AlertKind.ADVICE, code, text, str(declared.severity), detail=which)
