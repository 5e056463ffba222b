"""The sender of one sync: takes submissions, sends many students' at once, writes answers down.

It dies or stops at any moment without loss: what was taken is still in the queue, marked as tried,
and is sent again; the partner takes the same document twice without harm.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import random
from typing import Any

from django.db import connection, transaction
from pydantic import BaseModel

from rollcall.core.sending.channel import Ability, Kind, Next, Operation, Verdict
from rollcall.core.sending.outbound import Outbound
from rollcall.core.sending.pacing import backoff
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.outbound.channels import open_channel
from rollcall.engine.outbound.problems import submission_alerts
from rollcall.engine.outbound.queue import QueuedSubmission
from rollcall.engine.outbound.sender.answer_writer import AnswerWriter, BackgroundThread
from rollcall.engine.outbound.sender.in_flight import InFlight, given_back
from rollcall.engine.outbound.sender.queue_reader import QueueReader, Taking
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled, settle
from rollcall.engine.runs import fencing

#: So many answers are written down at once, beside sending; with more than the most not written
#: yet, sending waits.
_AT_ONCE = 1_000
_MOST_UNWRITTEN = 3_000
#: Fewer are written down when nothing is in hand, and at the latest after so many seconds.
_SETTLE_AFTER = 0.5
#: So often it is looked whether the sync was paused or configured anew, seconds.
_LOOK_AFTER = 0.25
#: With nothing under way, as while the partner does not let us in, nothing is to be done so
#: quickly.
_REST = 0.1


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
        self.channel = open_channel(sync, outbound, settings, sync.district.school_year, clock)
        self.resources = {resource.name: resource for resource in outbound.resources}
        self.tally = Tally()
        self._number = fencing.begin_sending(sync.pk)
        self._in_flight = InFlight()
        self._thread = BackgroundThread()
        self._writer = AnswerWriter(self._write, self._thread)
        self._queue = QueueReader(
            sync.pk, self.resources, self.channel.prepare, self._thread, self._fenced
        )
        self._settle_at = self._look_at = clock.now()
        self._stopping = False
        self._sign_in_code: str | None = None
        self._version = sync.version.pk

    def close(self) -> None:
        """Give back what was not sent and end the connections."""
        with ExitStack() as ends:
            ends.callback(self.channel.close)
            ends.callback(self._thread.close)
            ends.callback(self._receive_all)
            self.stop()

    def _receive_all(self) -> None:
        while self.channel.under_way:
            self._receive(1.0)
        self._settle()

    def follow_partners_order(self) -> None:
        """Send in the partner's own order of its resources, where it tells one."""
        if Ability.ORDER in self.channel.abilities:
            self._queue.orders |= self.channel.order()

    def stop(self) -> None:
        """Send nothing more (promise 5): what is under way is waited for, the rest goes back."""
        self._stopping = True
        self.channel.stop()
        self._take(self._queue.awaited())
        self._in_flight.give_back()

    @property
    def stopped(self) -> bool:
        """Whether it sends nothing more."""
        return self._stopping

    def go_on(self) -> None:
        """After something else was done: there may be new submissions."""
        self._queue.look_again(self.clock.now())
        self.channel.look_away()

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
            ready, at_once = len(self._in_flight.ready), self.channel.limits.at_once
            self._take(self._queue.more(at, ready, at_once, self._in_hand))
            self._launch()
        self._receive(_REST if self._in_flight.ready and not self.channel.under_way else wait)
        self._sign_in_code = submission_alerts.update_sign_in_alert(
            self.sync, self.channel.trouble, self.clock, self._sign_in_code
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

    def _launch(self) -> None:
        ready = self._in_flight.ready
        for _ in range(min(len(ready), self.channel.room()) if ready else 0):
            submission = self._in_flight.next()
            self.channel.submit(
                Operation(
                    submission,
                    Kind.REMOVE if submission.removes else Kind.PUT,
                    submission.resource,
                    submission.key,
                    submission.old_key,
                    submission.document,
                    submission.remote_id,
                )
            )

    def _receive(self, wait: float) -> None:
        for operation, verdict in self.channel.poll(wait):
            self._answered(operation.ref, verdict)

    def _answered(self, submission: QueuedSubmission, verdict: Verdict) -> None:
        if verdict.next is Next.UNSENT:
            (settled,) = given_back([submission], None)
            self._in_flight.answered(settled, None)
            return
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
            return Settled(
                submission, Outcome.ACCEPTED, remote_id=verdict.id, remote_version=verdict.version
            )
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
    """A sender that knows the partner's own order of resources, where it can be asked for."""
    new_sender = Sender(sync, outbound, settings, clock)
    new_sender.follow_partners_order()
    return new_sender
