"""A run whose worker died again and again is ended: it can be the reason.

Memory is what a worker dies of: the kernel kills it, and Polars ends the process itself where it
gets no more. docs/decisions/0023-dying-workers.md says what was measured and why it is like this.
"""

from contextlib import AbstractContextManager, nullcontext

from django.db.models import F

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.locks import suspect_lock
from rollcall.engine.models import Run

#: So many workers can die of a run. Two can be chance: a machine that is restarted, an update.
MOST = 3
#: After so many, no other such run is carried out beside it: jobs of one worker die together, and
#: the harmless ones among them are done before a third death.
_SUSPECT = 2

WORKER_DIED = Codes.add(
    "run.worker_died",
    Severity.ERROR,
    "The worker died each time it carried this run out, so the run was ended",
    "Most often the machine ran out of memory. See whether the file has very many rows about one "
    "student, name or ID, give the worker more memory, then start the run again.",
    "the person who runs the server",
)

OUT_OF_MEMORY = Codes.add(
    "run.out_of_memory",
    Severity.ERROR,
    "The worker has too little memory for this run; nothing further was done",
    "See whether the file has very many rows about one student, name or ID, give the worker more "
    "memory, then start the run again.",
    "the person who runs the server",
)


def note_death(run_id: int) -> None:
    """The worker that carried a run out has died."""
    Run.objects.filter(pk=run_id).update(deaths=F("deaths") + 1)


def check(deaths: int, step: str, *, applied: bool) -> None:
    """Problem when too many workers have died of a run; the last in this step."""
    if deaths >= MOST:
        written = "; its changes had been applied" if applied else ""
        raise Problem(WORKER_DIED, f"{deaths} times, last in the step {step}{written}")


def apart_from_suspects(deaths: int, *, wait: bool) -> AbstractContextManager[None]:
    """Carry a run out that so many workers died of while no other such run is; SyncBusy when one is
    and `wait` is false.
    """
    return suspect_lock(wait=wait) if deaths >= _SUSPECT else nullcontext()
