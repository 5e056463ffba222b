"""Advice by the clock for a sync that sends: look at the partner's rules, a deadline comes near."""

from collections.abc import Iterator
from datetime import datetime, timedelta
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
        (reminder.code, reminder.detail): reminder for reminder in _due(sync, clock.now())
    }
    gone = [number for place, number in places.items() if place not in due_reminders]
    alerts.resolve(Alert.objects.filter(pk__in=gone), clock)
    new = [reminder for place, reminder in due_reminders.items() if place not in places]
    return alerts.open_or_renew(sync.district_id, sync.pk, new, clock)


def _due(sync: Sync, at: datetime) -> Iterator[Seen]:
    policy = policy_of(sync)
    if policy is None:
        return
    today = at.astimezone(ZoneInfo(sync.district.timezone)).date()
    for deadline in policy.deadlines:
        remaining = deadline - today
        if timedelta() <= remaining <= _WEEK:
            yield _advice(ONE_WEEK, f"{deadline}")
        elif _WEEK < remaining <= 2 * _WEEK:
            yield _advice(TWO_WEEKS, f"{deadline}")
    if not rules_report.can(sync):
        return
    # Since the last look, else since something was sent first; None: nothing was sent yet.
    look = rules_report.last_look(sync)
    sent = Run.objects.filter(sync=sync, applied_at__isnull=False)
    since = look.at if look else sent.aggregate(first=Min("applied_at"))["first"]
    if since is not None and at - since >= timedelta(days=policy.look_after_days):
        yield _advice(LOOK, f"{policy.look_after_days} days or more")


def policy_of(sync: Sync) -> NotificationPolicy | None:
    """Which mails and reminders a sync sends; None when its settings do not fit."""
    outbound = registry.integration(sync.integration).outbound
    try:
        raw_settings = sync.version.config.get("settings", {})
        return outbound.notifications(
            settings_of(sync.name, sync.integration, raw_settings, sync.district.state)
        )
    except Mistakes:
        return None


def _advice(code: str, which: str) -> Seen:
    declared = Codes.get(code)
    text = f"{declared.text} ({which})"
    return Seen(AlertKind.ADVICE, code, text, str(declared.severity), detail=which)
