"""Stop means stop, also for what is queued already (promise 5)."""

from django.db import transaction

from rollcall.core.settings.schedule import seen_at
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run, RunState, Sync


@transaction.atomic
def pause(sync: Sync, clock: Clock) -> int:
    """Pause a sync and stop its queued runs; a run under way stops before it writes.

    Returns how many queued runs were stopped. Test runs write nothing and go on.
    """
    Sync.objects.filter(pk=sync.pk).update(paused=True)
    queued = Run.objects.filter(sync=sync, state=RunState.QUEUED, test=False, applied_at=None)
    return queued.update(state=RunState.STOPPED, finished_at=clock.now())


@transaction.atomic
def resume(sync: Sync, clock: Clock) -> None:
    """Let a paused sync run again. Times that passed during the pause are not made up."""
    looked_at = Sync.objects.values_list("schedule_seen", flat=True).get(pk=sync.pk)
    seen = seen_at(looked_at, clock.now())
    Sync.objects.filter(pk=sync.pk).update(paused=False, schedule_seen=seen)
