"""Approve a run and have a worker carry it out: both or neither, whoever asks."""

from rollcall.core.plans.exclusion import Exclusion
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.engine.runs import approving
from rollcall.engine.worker.tasks import enqueue


def approve(
    run: Run, person: str, clock: Clock, note: str = "", exclusion: Exclusion | None = None
) -> Run:
    """`approving.approve`, and the run is enqueued in the same transaction: a process that dies
    between the two would leave a run that nobody carries out. Raises what `approving.approve` does.
    """
    return approving.approve(run, person, clock, note, exclusion, then=enqueue)
