"""What integrations have to say of their syncs by the clock, as alerts that open and resolve."""

from collections.abc import Iterator

from django.db.models import Max, Min

from rollcall.core.clock_checks import SyncFacts
from rollcall.core.findings import Codes
from rollcall.engine import registry
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Run, Sync
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.plans.planning import context_for
from rollcall.engine.settings.integration_pages import settings_that_fit


def remind(sync: Sync, clock: Clock) -> list[int]:
    """Open and resolve the reminders of a sync; the numbers of those that are new."""
    open_alerts = Alert.objects.filter(sync=sync, kind=AlertKind.ADVICE, state__in=UNRESOLVED)
    places = {(reminder.code, reminder.detail): reminder.pk for reminder in open_alerts}
    due_reminders = {(reminder.code, reminder.detail): reminder for reminder in _due(sync, clock)}
    gone = [number for place, number in places.items() if place not in due_reminders]
    alerts.resolve(Alert.objects.filter(pk__in=gone), clock)
    new = [reminder for place, reminder in due_reminders.items() if place not in places]
    return alerts.open_or_renew(sync.district_id, sync.pk, new, clock)


def _due(sync: Sync, clock: Clock) -> Iterator[Seen]:
    checks = registry.integration(sync.integration).clock_checks
    settings = settings_that_fit(sync) if checks else None
    if checks is None or settings is None:
        return
    context = context_for(sync.district, sync.district.school_year, clock)
    applied = Run.objects.filter(sync=sync, applied_at__isnull=False)
    first, last = applied.aggregate(first=Min("applied_at"), last=Max("applied_at")).values()
    look = rules_report.last_look(sync)
    facts = SyncFacts(clock.now(), first, last, look.at if look else None)
    for due in checks(settings, facts, context):
        declared = Codes.get(due.code)
        text = f"{declared.text} ({due.detail})" if due.detail else declared.text
        yield Seen(AlertKind.ADVICE, due.code, text, str(declared.severity), detail=due.detail)
