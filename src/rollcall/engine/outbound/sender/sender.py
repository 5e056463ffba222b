"""The sender of one sync: takes submissions, sends many students' at once, writes answers down.

It dies or stops at any moment without loss: what was taken is still in the queue, marked as tried,
and is sent again; the partner takes the same document twice without harm.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import random
from typing import Any

import polars as pl
from django.db import connection, transaction
from pydantic import BaseModel

from rollcall.core.sending.outbound import (
    Answer,
    Next,
    Outbound,
    Request,
    Target,
    Verdict,
)
from rollcall.core.sending.pacing import Pace, backoff
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.outbound.mirror import mirror
from rollcall.engine.outbound.problems import submission_alerts
from rollcall.engine.outbound.queue import QueuedSubmission
from rollcall.engine.outbound.sender.answer_writer import AnswerWriter, BackgroundThread
from rollcall.engine.outbound.sender.in_flight import InFlight
from rollcall.engine.outbound.sender.queue_reader import QueueReader, Taking
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled, settle
from rollcall.engine.outbound.sender.session import Session
from rollcall.engine.runs import fencing

#: So many answers are written down at once, beside sending; with more than the most not written
#: yet, sending waits.
_AT_ONCE = 1_000
_MOST_UNWRITTEN = 3_000
#: Fewer are written down when nothing is in hand, and at the latest after so many seconds.
_SETTLE_AFTER = 0.5
#: So often it is looked whether the sync was paused or configured anew, seconds.
_LOOK_AFTER = 0.25
#: With nothing under way, as while the partner gives no token, nothing is to be done so quickly.
_REST = 0.1
_NOT_FOUND = 404
#: A document that is answered as if we had not signed in, so often and each time with the token of
#: then, waits like one that the partner could not take.
_TURNED_AWAY = 3


@dataclass
class Tally:
    """What a sender did so far."""

    taken: int = 0
    accepted: int = 0
    refused: int = 0
    again: int = 0


class Sender:
    """Sends for one sync; whoever makes one holds its `sending_lock`."""

    def __init__(self, sync: Sync, outbound: Outbound, settings: BaseModel, clock: Clock) -> None:
        self.sync, self.outbound, self.settings, self.clock = sync, outbound, settings, clock
        self.target = Target(settings, sync.district.school_year)
        self.session = Session(sync, outbound.remote, self.target, clock)
        self.resources = {resource.name: resource for resource in outbound.resources}
        self.pace = Pace.of(outbound.concurrency(settings))
        self.tally = Tally()
        self._number = fencing.begin_sending(sync.pk)
        self._in_flight = InFlight()
        self._thread = BackgroundThread()
        self._writer = AnswerWriter(self._write, self._thread)
        namespace = partial(outbound.namespace, settings)
        self._queue = QueueReader(sync.pk, self.resources, namespace, self._thread, self._fenced)
        self._settle_at = self._look_at = clock.now()
        self._stopping = False
        self._sign_in_code: str | None = None
        self._version = sync.version.pk

    def close(self) -> None:
        """Give back what was not sent and end the connections."""
        with ExitStack() as ends:
            ends.callback(self.session.close)
            ends.callback(self._thread.close)
            ends.callback(self._receive_all)
            self.stop()

    def _receive_all(self) -> None:
        while self.session.under_way:
            self._receive(1.0)
        self._settle()

    def follow(self, orders: Mapping[str, int]) -> None:
        """Send in the API's own order of its resources (by path), where it tells one."""
        by_name = {
            name: orders[resource.path]
            for name, resource in self.resources.items()
            if resource.path in orders
        }
        self._queue.orders |= by_name

    def stop(self) -> None:
        """Send nothing more (promise 5): what is under way is waited for, the rest goes back."""
        self._stopping = True
        self._take(self._queue.awaited())
        self._in_flight.give_back()

    @property
    def stopped(self) -> bool:
        """Whether it sends nothing more."""
        return self._stopping

    def go_on(self) -> None:
        """After something else was done: there may be new submissions, and how long the answers
        under way took to come says nothing of the partner.
        """
        self._queue.look_again(self.clock.now())
        self.pace = self.pace.without_next(self.session.under_way)

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand."""
        return not self._in_flight.chains and not self._unwritten() and not self._queue.coming

    def turn(self, wait: float = 0.005) -> None:
        """Take, send, receive and settle once; `wait`: seconds to wait for an answer."""
        at = self.clock.now()
        if not self._stopping and at >= self._look_at:
            self._look_at = at + timedelta(seconds=_LOOK_AFTER)
            # Whether the sync is not paused, and its settings and connection are those we began
            # with: who corrects a secret that was refused waits for no restart.
            stored_connection = self.sync.connection
            assert stored_connection is not None
            same = Sync.objects.filter(
                pk=self.sync.pk,
                paused=False,
                connection=stored_connection,
                connection__settings=stored_connection.settings,
                connection__secrets=stored_connection.secrets,
            )
            if not same.exclude(versions__pk__gt=self._version).exists():
                self.stop()
        if not self._stopping:
            ready, limit = len(self._in_flight.ready), self.pace.limit
            self._take(self._queue.more(at, ready, limit, self._in_hand))
            self._launch(at)
        self._receive(_REST if self._in_flight.ready and not self.session.under_way else wait)
        self._sign_in_code = submission_alerts.update_sign_in_alert(
            self.sync, self.session.trouble, self.clock, self._sign_in_code
        )
        # Write answers down: all when nothing is in hand, else beside sending once they are many or
        # have waited for long. Sending waits only when they come faster than they are written.
        settled = self._in_flight.settled
        if not self._in_flight.chains:
            self._settle()
        elif (
            len(settled) >= _AT_ONCE or (settled and self.clock.now() >= self._settle_at)
        ) and self._writer.done(wait=len(settled) >= _MOST_UNWRITTEN):
            self._writer.begin(self._take_settled())

    def _take(self, taking: Taking) -> None:
        self._in_flight.take(taking.chains)
        self._in_flight.settled += taking.back
        self.tally.taken += sum(map(len, taking.chains.values()))

    def _in_hand(self) -> Iterator[QueuedSubmission]:
        """What is in hand, or not written down yet."""
        yield from self._in_flight.all()
        yield from (answer.taken for answer in self._unwritten())

    def _launch(self, at: datetime) -> None:
        in_flight = self._in_flight
        if in_flight.ready and not self.session.signed_in(at):
            return
        while in_flight.ready and self.session.under_way < self.pace.limit:
            head = in_flight.next()
            self.session.send(head, self._request(head))

    def _request(self, submission: QueuedSubmission) -> Request:
        resource, remote = self.resources[submission.resource], self.outbound.remote
        if submission.removes or (submission.old_key is not None and not submission.absent):
            if not submission.remote_id:
                text = submission.key if submission.old_key is None else submission.old_key
                row = mirror.from_key(resource.record, pl.Series([text])).row(0, named=True)
                return remote.find(
                    resource, {name: str(value) for name, value in row.items()}, self.target
                )
            if submission.removes:
                return remote.remove(resource, submission.remote_id, self.target)
            return remote.put(resource, submission.body, submission.remote_id, self.target)
        return remote.put(resource, submission.body, "", self.target)

    def _receive(self, wait: float) -> None:
        for submission, request, answer in self.session.receive(wait):
            self.pace = self.pace.after(answer.status, answer.seconds)
            if request.method == "GET":
                self._looked_up(submission, request, answer)
            elif (
                request.method == "PUT"
                and answer.status == _NOT_FOUND
                and not submission.looked_for
            ):
                # The document to change is no longer where we knew it: look for it.
                submission.remote_id, submission.looked_for = "", True
                self._in_flight.again(submission)
            else:
                self._answered(submission, self.outbound.remote.verdict(answer, request))

    def _looked_up(self, submission: QueuedSubmission, request: Request, answer: Answer) -> None:
        """The answer says where the document is; its own request comes next."""
        listing = self.outbound.remote.listing(answer, request)
        if isinstance(listing, Verdict):
            self._answered(submission, listing)
            return
        ids = [str(body["id"]) for body in listing.bodies]
        if ids:
            submission.remote_id = ids[0]
        elif submission.removes:
            self._answered(submission, Verdict(Next.ACCEPTED))
            return
        else:
            submission.absent = True  # it is not there under its old key: add it under the new one
        self._in_flight.again(submission)

    def _answered(self, submission: QueuedSubmission, verdict: Verdict) -> None:
        if verdict.next is Next.SIGN_IN:
            submission.turned_away += 1
            if submission.turned_away < _TURNED_AWAY:
                self._in_flight.again(submission)
                return
            verdict = verdict._replace(next=Next.AGAIN)
        tally = self.tally
        if verdict.next is Next.ACCEPTED:
            tally.accepted += 1
        elif verdict.next is Next.REFUSED:
            tally.refused += 1
        else:
            tally.again += 1
        self._in_flight.answered(
            self._settled(submission, verdict), None if self._stopping else verdict.next
        )

    def _settled(self, submission: QueuedSubmission, verdict: Verdict) -> Settled:
        if verdict.next is Next.ACCEPTED:
            return Settled(submission, Outcome.ACCEPTED, remote_id=verdict.id, etag=verdict.etag)
        if verdict.next is Next.REFUSED:
            refused = Outcome.REFUSED
            return Settled(
                submission, refused, verdict.code, verdict.text, in_doubt=submission.tried
            )
        # Chance, so that many that failed at one moment do not come back at one moment.
        jitter = random()  # noqa: S311 - keeps no secret
        pause = timedelta(seconds=backoff(submission.attempts, verdict.after, jitter))
        waiting = verdict.next is Next.AGAIN
        return Settled(
            submission,
            Outcome.WAITING if waiting else Outcome.PARENT,
            verdict.code,
            verdict.text,
            next_attempt=self.clock.now() + pause,
            in_doubt=waiting or submission.tried,
        )

    def _unwritten(self) -> list[Settled]:
        """The answers that are not written down yet."""
        return [*self._writer.batch, *self._in_flight.settled]

    def _settle(self) -> None:
        """Write all answers down now."""
        self._writer.done(wait=True)
        if settled := self._take_settled():
            self._write(settled)

    def _take_settled(self) -> list[Settled]:
        self._settle_at = self.clock.now() + timedelta(seconds=_SETTLE_AFTER)
        settled, self._in_flight.settled = self._in_flight.settled, []
        return settled

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        """A transaction that only the last who began to send may commit; Superseded for others."""
        with transaction.atomic():
            fencing.hold_sending(self.sync.pk, self._number)
            yield

    def _write(self, settled: list[Settled]) -> None:
        """Write answers down, with the alerts they open and resolve."""
        with self._fenced():
            settle(connection.connection, self.sync.pk, settled, self.clock.now())
            submission_alerts.update_alerts(self.sync, self.resources, settled, self.clock)


def sender(sync: Sync, outbound: Outbound, settings: Any, clock: Clock) -> Sender:
    """A sender that knows the API's own order of resources, where it can be asked for."""
    new_sender = Sender(sync, outbound, settings, clock)
    new_sender.follow(new_sender.session.orders())
    return new_sender
