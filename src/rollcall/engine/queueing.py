"""Approve a run and have a worker carry it out: both or neither, whoever asks."""

from django.db import transaction

from rollcall.core.exclusion import Exclusion
from rollcall.core.problems import Problem
from rollcall.engine import approving
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.engine.tasks import enqueue
from rollcall.transports.errors import TransportError


def approve(
    run: Run, person: str, clock: Clock, note: str = "", exclusion: Exclusion | None = None
) -> Run:
    """`approving.approve`, and the run is enqueued in the same transaction: a process that dies
    between the two would leave a run that nobody carries out. Raises what `approving.approve` does.
    """
    # A run found stale is kept as such: its problem must not undo the transaction.
    refused: Problem | TransportError
    with transaction.atomic():
        try:
            approved = approving.approve(run, person, clock, note, exclusion)
        except (Problem, TransportError) as problem:
            refused = problem
        else:
            enqueue(approved)
            return approved
    raise refused
