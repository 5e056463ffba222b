"""Start what is due. Schedules live in the database and may be edited while workers run."""

from django.db import transaction

from rollcall.core.schedule import Schedule, due
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.config import schedule_given
from rollcall.engine.models import Run, Sync
from rollcall.engine.starting import start


def schedule_of(sync: Sync) -> Schedule:
    """The schedule in force for a sync."""
    return Schedule.model_validate(schedule_given(sync.integration, sync.version.config))


def start_due(clock: Clock) -> list[Run]:
    """A queued run for every sync with a time that has come since its schedule was last looked at.

    Any number of workers may ask at once: each due time is started once. Several times missed
    while no worker was running make one run, of the last of them.
    """
    syncs = Sync.objects.values_list("pk", flat=True)
    return [run for pk in syncs if (run := start_due_of(pk, clock))]


@transaction.atomic
def start_due_of(pk: int, clock: Clock) -> Run | None:
    """The same for one sync, by its key; None when nothing is due."""
    sync = (
        Sync.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("district")
        .filter(pk=pk)
        .first()
    )
    if sync is None:
        return None
    now = clock.now()
    schedule = schedule_of(sync)
    time = due(schedule, sync.district.timezone, sync.schedule_seen, now)
    sync.schedule_seen = now
    sync.save(update_fields=["schedule_seen"])
    if time is None or sync.paused:
        return None
    job = registry.integration(sync.integration).job_of(schedule)
    return start(sync, clock, by="schedule", job=job, scheduled_for=time)
