"""Start what is due. Schedules are in the database and can be edited while workers run."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery

from rollcall.core.findings import Codes, Severity
from rollcall.core.settings.schedule import Schedule, due, looked_up_to, seen_at
from rollcall.engine import registry
from rollcall.engine.alerts import alert_mail, alerts
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Run, RunState, Sync, SyncVersion
from rollcall.engine.runs.starting import start
from rollcall.engine.settings.config import schedule_settings
from rollcall.engine.worker.isolation import failure_logged

NOT_STARTED = Codes.add(
    "schedule.not_started",
    Severity.ERROR,
    "Rollcall could not start this sync by its schedule",
    "Open the sync's settings and schedule, correct what is marked and save. If it stays so, look "
    "for this code in the worker's log; it is tried again every minute.",
    "the person who runs the server",
)


#: A sync that runs at an interval is waited for while a run of it is in one of these.
_GOING_ON = (RunState.QUEUED, RunState.RUNNING)


def schedule_of(sync: Sync) -> Schedule:
    """The schedule in force for a sync."""
    return Schedule.model_validate(schedule_settings(sync.integration, sync.version.config))


def with_interval() -> QuerySet[Sync]:
    """The syncs whose schedule in force is an interval."""
    configs = SyncVersion.objects.filter(sync=OuterRef("pk")).order_by("-number")
    frequency = Subquery(configs.values("config__schedule__frequency")[:1])
    return Sync.objects.annotate(frequency=frequency).filter(frequency="interval")


def start_due(
    clock: Clock, enqueue: Callable[[Run], object], syncs: QuerySet[Sync] | None = None
) -> list[Run]:
    """A queued run for every sync (of `syncs`; None: of all) with a time that has come since its
    schedule was last looked at.

    Any number of workers can ask at once, their clocks differing: each due time is started once.
    Several times missed while no worker was running make one run, of the last of them. A sync that
    cannot be started does not stop the others: an alert is open until it can.
    """
    unresolved = Alert.objects.filter(code=NOT_STARTED, state__in=UNRESOLVED)
    troubled = set(unresolved.values_list("sync", flat=True))
    started = []
    looked_at = Sync.objects.all() if syncs is None else syncs
    for pk in looked_at.order_by("pk").values_list("pk", flat=True):
        with failure_logged("start by schedule", sync=pk, code=NOT_STARTED) as attempt:
            with transaction.atomic():
                run = start_due_of(pk, clock)
                if run is not None:
                    enqueue(run)
            if run is not None:
                started.append(run)
        with failure_logged("alert about a schedule", sync=pk):
            if attempt.failed and pk not in troubled:
                sync = Sync.objects.get(pk=pk)
                alert_mail.open_with_mail(sync, AlertKind.FAILED, NOT_STARTED, clock)
            elif not attempt.failed and pk in troubled:
                alerts.resolve(unresolved.filter(sync=pk), clock)
    return started


@transaction.atomic
def start_due_of(pk: int, clock: Clock) -> Run | None:
    """The same for one sync, by its key; None when nothing is due.

    Up to when a schedule was looked at never goes back with a clock, and a time that has a run is
    done, whatever the clock says.
    """
    sync = (
        Sync.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("district")
        .filter(pk=pk)
        .first()
    )
    if sync is None:
        return None
    at = clock.now()
    schedule = schedule_of(sync)
    time = due(schedule, sync.district.timezone, looked_up_to(sync.schedule_seen, at), at)
    sync.schedule_seen = seen_at(sync.schedule_seen, at)
    sync.save(update_fields=["schedule_seen"])
    if time is None or sync.paused or sync.runs.filter(scheduled_for=time).exists():
        return None
    if schedule.frequency == "interval" and sync.runs.filter(state__in=_GOING_ON).exists():
        return None
    job = registry.integration(sync.integration).job_of(schedule)
    return start(sync, clock, by="schedule", job=job, scheduled_for=time)
