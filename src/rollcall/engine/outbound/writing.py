"""Answers written down beside sending: the database works while the next ones come in."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection

from rollcall.engine.outbound.settling import Settled


class Writer:
    """Writes one batch of answers at a time, in a thread with a database connection of its own.

    `batch`: what is being written; empty when nothing is.
    """

    def __init__(self, write: Callable[[list[Settled]], None]) -> None:
        self._write = write
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answers")
        self._under_way: Future[None] | None = None
        self.batch: list[Settled] = []

    def begin(self, batch: list[Settled]) -> None:
        """Write a batch down; only when the one before is done."""
        self.batch = batch
        self._under_way = self._thread.submit(self._write, batch)

    def done(self, *, wait: bool) -> bool:
        """Whether nothing is being written any longer. What went wrong with it is raised."""
        if self._under_way is None:
            return True
        if not wait and not self._under_way.done():
            return False
        under_way, self._under_way, self.batch = self._under_way, None, []
        under_way.result()
        return True

    def close(self) -> None:
        """End the thread and its connection, after what it writes; nothing is raised."""
        self._thread.submit(_close_own)
        self._thread.shutdown()


def _close_own() -> None:
    """Close the connection of the thread this is called in."""
    connection.close()
