"""Answers written down beside sending: the database works while the next ones come in."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from rollcall.engine.outbound.sender.background import Beside
from rollcall.engine.outbound.sender.record_answers import Settled


class Writer:
    """Writes one batch of answers at a time. `batch`: what is being written; empty when nothing
    is.
    """

    def __init__(self, write: Callable[[list[Settled]], None], beside: Beside) -> None:
        self._write = write
        self._beside = beside
        self._under_way: Future[None] | None = None
        self.batch: list[Settled] = []

    def begin(self, batch: list[Settled]) -> None:
        """Write a batch down; only when the one before is done."""
        self.batch = batch
        self._under_way = self._beside.begin(partial(self._write, batch))

    def done(self, *, wait: bool) -> bool:
        """Whether nothing is being written any longer. What went wrong with it is raised."""
        if self._under_way is None:
            return True
        if not wait and not self._under_way.done():
            return False
        under_way, self._under_way, self.batch = self._under_way, None, []
        under_way.result()
        return True
