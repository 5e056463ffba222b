"""Near real time: in every worker a thread attends to each sync that has something to send.

Of all who attend to a sync, the one who holds the sending lock looks at edits and sends. When its
process dies the database frees the lock, and another takes its place within a fraction of a second.
An attendant has a thread and a database connection of its own, and goes when nothing is left to do:
what a worker holds open grows with the syncs that are busy, not with those that there are.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.locks import SyncBusy, sending_lock
from rollcall.engine.models import Sync
from rollcall.engine.outbound.near_real_time import edits
from rollcall.engine.outbound.sender.sender import Sender, sender
from rollcall.engine.runs import fencing
from rollcall.engine.settings.config import settings_of

log = structlog.get_logger()

#: So often an attendant tries to take another's place, and work is looked for that was not
#: announced; seconds.
_TRY_AFTER = 0.25
_LOOK_AFTER = 1.0
_TROUBLE_AFTER = 5.0
#: However much is announced, who needs an attendant is not asked more often.
_ASK_AFTER = 0.05
#: While sending, it is listened for more so often.
_HEAR_AFTER = timedelta(milliseconds=10)
#: With nothing to do for so long, the connections to the partner are closed.
_IDLE_ENDS = timedelta(seconds=20)

_SYNCS_THAT = "SELECT id FROM sync WHERE integration = ANY(%(names)s) AND "
_SYNC_THAT = "SELECT id FROM sync WHERE id = %(sync)s AND "
#: Nothing is sent on the strength of a mirror that was never read (or was restored from a backup).
_HAVE_WORK = """NOT paused AND EXISTS (SELECT FROM mirror_read WHERE sync_id = sync.id)
    AND (EXISTS (SELECT FROM edit WHERE sync_id = sync.id)
    OR EXISTS (SELECT FROM submission WHERE sync_id = sync.id AND (
        state = 'waiting' AND coalesce(next_attempt <= %(now)s, true)
        OR state = 'parent' AND next_attempt <= %(now)s)))"""


def syncs_with_work(clock: Clock) -> list[int]:
    """The syncs that have something to do: edits to look at, or submissions that are due."""
    names = [name for name in registry.names() if registry.integration(name).sends]
    sync_ids = _by_index(_SYNCS_THAT + _HAVE_WORK, {"names": names, "now": clock.now()})
    return [pk for (pk,) in sync_ids]


def _by_index(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a query, by the indexes alone: while one sync has a long queue PostgreSQL would
    rather read all of it, once for each sync that has nothing to do.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(query, values)
        return list(cursor.fetchall())


class Attendants:
    """An attendant for each sync that has something to do, until `stop`.

    `needed`: the syncs that have.
    """

    def __init__(
        self, clock: Clock, needed: Callable[[Clock], Iterable[int]] = syncs_with_work
    ) -> None:
        self._clock = clock
        self._needed = needed
        self._stop = threading.Event()
        self._threads: dict[int, threading.Thread] = {}
        self._watch = threading.Thread(target=self._attend_to_all, name="attendants", daemon=True)

    def start(self) -> None:
        """Begin; syncs that are made later are found."""
        self._watch.start()

    def stop(self) -> None:
        """End after what is under way was answered and written down."""
        self._stop.set()
        if self._watch.is_alive():
            self._watch.join()
        for thread in self._threads.values():
            thread.join()

    def _attend_to_all(self) -> None:
        while not self._stop.is_set():
            try:
                listen()
                while not self._stop.is_set():
                    for pk in self._needed(self._clock):
                        thread = self._threads.get(pk)
                        if thread is None or not thread.is_alive():
                            arguments = (pk, self._clock, self._stop)
                            self._threads[pk] = threading.Thread(
                                target=attend, name=f"attend {pk}", args=arguments, daemon=True
                            )
                            self._threads[pk].start()
                    self._stop.wait(_ASK_AFTER)
                    wait_for_notify(_TRY_AFTER)
            except Exception as error:
                log.exception("looking for work failed", error_type=type(error).__name__)
            connection.close()
            self._stop.wait(_LOOK_AFTER)


def attend(sync_id: int, clock: Clock, stop: threading.Event) -> None:
    """Look at edits and send, whenever nobody else does, until `stop` or nothing is left to do."""
    try:
        while not stop.is_set() and has_work(sync_id, clock):
            _attend_once(sync_id, clock, stop)
            stop.wait(_TRY_AFTER)
    except (OperationalError, InterfaceError):
        pass  # whoever looks for work finds this sync again
    finally:
        connection.close()


def _attend_once(sync_id: int, clock: Clock, stop: threading.Event) -> None:
    try:
        with sending_lock(sync_id):
            work(sync_id, clock, stop)
    except SyncBusy:
        pass
    except fencing.Superseded:
        log.warning("sending left to another process", sync=sync_id)
    except (OperationalError, InterfaceError):
        connection.close()
    except Problem as problem:
        log.warning("sync cannot send", sync=sync_id, code=problem.code)
        stop.wait(_TROUBLE_AFTER)
    except Exception as error:
        log.exception("sending failed", sync=sync_id, error_type=type(error).__name__)
        stop.wait(_TROUBLE_AFTER)


def work(sync_id: int, clock: Clock, stop: threading.Event) -> None:
    """Be the sender of a sync, as long as its settings stay and something is to be done."""
    sync = Sync.objects.select_related("district", "connection").get(pk=sync_id)
    listen()
    sending = sender_of(sync, clock)
    try:
        serve(sending, clock, stop)
    finally:
        sending.close()


def sender_of(sync: Sync, clock: Clock) -> Sender:
    """A sender with the settings now in force; Problem when the sync cannot send."""
    outbound = registry.integration(sync.integration).outbound
    raw_settings = sync.version.config.get("settings", {})
    settings = settings_of(sync.name, sync.integration, raw_settings, sync.district.state)
    return sender(sync, outbound, settings, clock)


def has_work(sync_id: int, clock: Clock) -> bool:
    """Whether edits of a sync that is not paused are to be looked at, or submissions are due."""
    return bool(_by_index(_SYNC_THAT + _HAVE_WORK, {"sync": sync_id, "now": clock.now()}))


def serve(
    sending: Sender,
    clock: Clock,
    stop: threading.Event,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Look at edits and send until stopped, paused, reconfigured, idle for a while, or `enough`.

    While something is in hand, it is sent for at least as long as it took to look at edits: when
    many come, more of them are looked at together.
    """
    sync, version = sending.sync, sending.sync.version.pk
    busy_at = look_at = hear_at = send_until = clock.now()
    notified = True
    while not stop.is_set() and not sending.stopped and not enough():
        at = clock.now()
        looked = 0
        if (notified or at >= look_at) and (sending.idle or at >= send_until):
            looked = edits.process_edits(sync, sending.outbound, sending.settings, clock)
            ended = clock.now()
            look_at = ended + timedelta(seconds=_LOOK_AFTER)
            send_until = ended + (ended - at)
            notified = looked > 0
            sending.go_on()
        sending.turn()
        if looked or not sending.idle:
            busy_at = at
        elif at - busy_at > _IDLE_ENDS or sync.version.pk != version:
            return
        if sending.idle:
            notified = wait_for_notify(0.0 if looked else _TRY_AFTER) or notified
        elif at >= hear_at:
            hear_at = at + _HEAR_AFTER
            notified = wait_for_notify(0.0) or notified


def listen() -> None:
    """Have edits and submissions announced on this connection."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN rollcall_edit")


def wait_for_notify(seconds: float) -> bool:
    """Whether edits or submissions were announced; wait for that at most so long."""
    notifications = connection.connection.notifies(timeout=seconds, stop_after=1)
    return any(True for _ in notifications)
