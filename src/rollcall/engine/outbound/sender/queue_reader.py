"""What of the queue is due, a part at a time, ready to be sent."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import polars as pl
from django.db import connection

from rollcall.core.sending.canonical_texts import from_flat
from rollcall.core.sending.outbound import Resource
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.queue import QueuedSubmission
from rollcall.engine.outbound.sender.answer_writer import BackgroundThread
from rollcall.engine.outbound.sender.in_flight import Chains, chained, owner_of
from rollcall.engine.outbound.sender.record_answers import Settled

#: So many submissions are taken at once. While that many were due, the next are taken beside
#: sending, when fewer than this number of owners wait for their turn.
_AT_ONCE = 2_000
_FEW = 1_000
#: With nothing due, the queue is looked at again after so many seconds.
_AGAIN_AFTER = timedelta(seconds=0.05)


class Taking(NamedTuple):
    """What was taken: to be sent, by owner, and what is given back at once."""

    chains: Chains
    back: list[Settled]


_NOTHING = Taking({}, [])


class QueueReader:
    """Takes what is due from the first to the last, then begins again from the first.

    `resources` by name; `orders`: the order of each. `prepare`: as Channel.prepare. `fenced`: a
    transaction that only who sends now may commit.
    """

    def __init__(
        self,
        sync_id: int,
        resources: Mapping[str, Resource],
        prepare: Callable[[str, pl.DataFrame], Sequence[Any]],
        thread: BackgroundThread,
        fenced: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._sync, self._resources, self._prepare = sync_id, resources, prepare
        self.orders = {name: resource.order for name, resource in resources.items()}
        self._thread = thread
        self._coming: Future[Taking] | None = None
        self._fenced = fenced
        self._behind, self._plenty = 0, False
        self._at: datetime | None = None

    @property
    def coming(self) -> bool:
        """Whether something is being taken beside sending."""
        return self._coming is not None

    def look_again(self, at: datetime) -> None:
        """There may be something new."""
        self._at = at

    def more(
        self,
        at: datetime,
        ready: int,
        limit: int,
        in_hand: Callable[[], Iterable[QueuedSubmission]],
    ) -> Taking:
        """What comes next; nothing while there is enough.

        `ready`: owners whose turn is to come, of whom `limit` can be sent at once. `in_hand`: what
        is in hand or not written down yet; of their owners nothing is taken.
        """
        if self._coming is not None:
            return self.awaited() if self._coming.done() else _NOTHING
        if (self._at and at < self._at) or ready > (_FEW if self._plenty else limit):
            return _NOTHING
        busy = list(in_hand())
        students = [
            local_id
            for local_id in {submission.local_id for submission in busy}
            if local_id is not None
        ]
        take = partial(self._take, at, students, {submission.owner for submission in busy})
        if not self._plenty or not busy:
            return take()
        self._coming = self._thread.begin(take)
        return _NOTHING

    def awaited(self) -> Taking:
        """What is being taken beside sending, when that is done."""
        if self._coming is None:
            return _NOTHING
        coming, self._coming = self._coming, None
        return coming.result()

    def _take(self, at: datetime, students: list[str], owners: set[str]) -> Taking:
        with self._fenced():
            taken = queue.take(
                connection.connection, self._sync, at, self._behind, _AT_ONCE, students
            )
        looked_up = [submission.id for submission in taken if submission.in_turn]
        self._behind, self._plenty = max(looked_up, default=0), len(looked_up) == _AT_ONCE
        for submission in taken:
            submission.owner = owner_of(submission, self._resources[submission.resource])
        free = [submission for submission in taken if submission.owner not in owners]
        due = [submission for submission in free if submission.due]
        if not due:
            self._at = at + _AGAIN_AFTER
        by_resource: dict[str, list[QueuedSubmission]] = {}
        for submission in due:
            if submission.flat is not None:
                by_resource.setdefault(submission.resource, []).append(submission)
        for name, submissions in by_resource.items():
            flats = pl.Series([submission.flat for submission in submissions])
            documents = from_flat(self._resources[name].record, flats)
            for submission, document in zip(
                submissions, self._prepare(name, documents), strict=True
            ):
                submission.document = document
        return Taking(*chained(free, self.orders))
