"""How many database connections a process needs, and whether there are as many."""

from collections.abc import Sequence
from typing import NamedTuple

#: Beside its jobs a worker has two for the queue, one that listens, one that looks for what is to
#: be sent, and one that takes over from workers that died.
_BESIDE_JOBS = 5
#: While a sync sends: the one that sends and the one that writes answers down.
EACH_SENDING = 2


class Limit(NamedTuple):
    """A limit of the server's, the database's or the role's, and how many of it are in use."""

    most: int
    used: int


def needed_by_worker(concurrency: int) -> int:
    """The connections of a worker that sends for no sync; for each that it does, `EACH_SENDING`."""
    return concurrency + _BESIDE_JOBS


def most(limits: Sequence[Limit]) -> int:
    """How many there could be if nobody else had any."""
    return min(limit.most for limit in limits)


def free(limits: Sequence[Limit]) -> int:
    """How many more can be opened now."""
    return min(limit.most - limit.used for limit in limits)
