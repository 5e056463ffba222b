"""Near real time: in every worker somebody attends to each sync that sends; one at a time does.

The one who holds the sending lock looks at edits and sends. When its process dies the database
frees the lock, and another takes its place within a fraction of a second.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection

from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.config import settings_of
from rollcall.engine.locks import SyncBusy, sending_lock
from rollcall.engine.models import Sync
from rollcall.engine.outbound import edits
from rollcall.engine.outbound.sending import Sender, sender

log = structlog.get_logger()

#: So often an attendant tries to take another's place, looks for work nobody told it of, or for
#: syncs that are new; seconds.
_TRY_AFTER = 0.25
_LOOK_AFTER = 1.0
_SYNCS_AFTER = 5.0
_TROUBLE_AFTER = 5.0
#: While sending, it is listened for more so often.
_HEAR_AFTER = timedelta(milliseconds=10)
#: With nothing to do for so long, the connections to the partner are closed and settings read anew.
_IDLE_ENDS = timedelta(seconds=20)


class Attendants:
    """One attendant a sync that sends, each in a thread of its own, until `stop`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
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
        while True:
            with suppress(OperationalError, InterfaceError):
                for pk in sending_syncs():
                    if pk not in self._threads:
                        self._threads[pk] = threading.Thread(
                            target=attend, args=(pk, self._clock, self._stop), daemon=True
                        )
                        self._threads[pk].start()
            connection.close()
            if self._stop.wait(_SYNCS_AFTER):
                return


def sending_syncs() -> list[int]:
    """The syncs whose integration sends."""
    names = [name for name in registry.names() if registry.integration(name).outbound]
    return list(Sync.objects.filter(integration__in=names).values_list("pk", flat=True))


def attend(sync_id: int, clock: Clock, stop: threading.Event) -> None:
    """Look at edits and send, whenever nobody else does, until `stop`."""
    while not stop.is_set():
        try:
            with sending_lock(sync_id):
                work(sync_id, clock, stop)
        except SyncBusy:
            pass
        except (OperationalError, InterfaceError):
            connection.close()
        except Problem as problem:
            log.warning("sync cannot send", sync=sync_id, code=problem.code)
            stop.wait(_TROUBLE_AFTER)
        except Exception as error:
            log.exception("sending failed", sync=sync_id, error_type=type(error).__name__)
            stop.wait(_TROUBLE_AFTER)
        stop.wait(_TRY_AFTER)
    connection.close()


def work(sync_id: int, clock: Clock, stop: threading.Event) -> None:
    """Be the sender of a sync, as long as its settings stay and something is to be done."""
    sync = Sync.objects.select_related("district", "connection").get(pk=sync_id)
    listen()
    while not stop.is_set() and (sync.paused or not has_work(sync, clock)):
        heard(_LOOK_AFTER)
        sync.refresh_from_db()
    if stop.is_set():
        return
    sending = sender_of(sync, clock)
    try:
        serve(sending, clock, stop)
    finally:
        sending.close()


def sender_of(sync: Sync, clock: Clock) -> Sender:
    """A sender with the settings now in force; Problem when the sync cannot send."""
    outbound = registry.integration(sync.integration).outbound
    assert outbound is not None
    given = sync.version.config.get("settings", {})
    settings = settings_of(sync.name, sync.integration, given, sync.district.state)
    return sender(sync, outbound, settings, clock)


def has_work(sync: Sync, clock: Clock) -> bool:
    """Whether edits are to be looked at, or submissions are due."""
    with connection.cursor() as cursor:
        cursor.execute(_HAS_WORK, {"sync": sync.pk, "now": clock.now()})
        return bool(cursor.fetchone()[0])


_HAS_WORK = """SELECT EXISTS (SELECT FROM edit WHERE sync_id = %(sync)s)
    OR EXISTS (SELECT FROM submission WHERE sync_id = %(sync)s AND (
        state = 'waiting' AND coalesce(next_attempt <= %(now)s, true)
        OR state = 'parent' AND next_attempt <= %(now)s))"""


def serve(
    sending: Sender,
    clock: Clock,
    stop: threading.Event,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Look at edits and send until stopped, paused, reconfigured, idle for a while, or `enough`."""
    sync, version = sending.sync, sending.sync.version.pk
    busy_at = look_at = hear_at = clock.now()
    told = True
    while not stop.is_set() and not sending.stopped and not enough():
        now = clock.now()
        looked = 0
        if told or now >= look_at:
            look_at = now + timedelta(seconds=_LOOK_AFTER)
            looked = edits.look(sync, sending.outbound, sending.settings, clock)
            sending.refill_now()
        sending.turn()
        if looked or not sending.idle:
            busy_at = now
        elif now - busy_at > _IDLE_ENDS or sync.version.pk != version:
            return
        told = looked > 0
        if sending.idle:
            told = heard(0.0 if looked else _TRY_AFTER) or told
        elif now >= hear_at:
            hear_at = now + _HEAR_AFTER
            told = heard(0.0) or told


def listen() -> None:
    """Be told of edits and submissions on this connection."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN rollcall_edit")


def heard(seconds: float) -> bool:
    """Whether edits or submissions were announced; wait for that at most so long."""
    found = connection.connection.notifies(timeout=seconds, stop_after=1)
    return any(True for _ in found)
