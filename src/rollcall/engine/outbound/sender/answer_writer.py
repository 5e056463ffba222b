"""Answers are written down and the next submissions taken in a thread beside sending: the database
works while the next answers come in.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from django.db import connection

from rollcall.engine.outbound.sender.record_answers import Settled

_T = TypeVar("_T")


class BackgroundThread:
    """One thread with a database connection of its own, which does one thing after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answers")
        self._used = False

    def begin(self, job: Callable[[], _T]) -> Future[_T]:
        """Have a job done, after those that were begun before."""
        self._used = True
        return self._thread.submit(job)

    def close(self) -> None:
        """End the thread and its connection, after what it does; nothing is raised."""
        if self._used:
            # In the thread, where `connection` is the thread's own.
            self._thread.submit(lambda: connection.close())  # noqa: PLW0108
        self._thread.shutdown()


class AnswerWriter:
    """Writes one batch of answers at a time. `batch`: what is being written; empty when nothing
    is.
    """

    def __init__(self, write: Callable[[list[Settled]], None], thread: BackgroundThread) -> None:
        self._write = write
        self._thread = thread
        self._under_way: Future[None] | None = None
        self.batch: list[Settled] = []

    def begin(self, batch: list[Settled]) -> None:
        """Write a batch down; only when the one before is done."""
        self.batch = batch
        self._under_way = self._thread.begin(partial(self._write, batch))

    def done(self, *, wait: bool) -> bool:
        """Whether nothing is being written any longer. What went wrong with it is raised."""
        if self._under_way is None:
            return True
        if not wait and not self._under_way.done():
            return False
        under_way, self._under_way, self.batch = self._under_way, None, []
        under_way.result()
        return True
