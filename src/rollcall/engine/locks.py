"""One run of a sync at a time: a lock that the database frees when its holder dies."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import connection

_SYNC_LOCKS = 0x526F6C6C  # this application's space of advisory locks: "Roll"
_SENDING_LOCKS = 0x526F6C73  # and the one for sending: "Rols"
_SUSPECT_LOCKS = 0x526F6C64  # and the one for runs that workers died of: "Rold"


class SyncBusy(Exception):
    """Another run of the same sync is going on."""


def sync_lock(sync: int, *, wait: bool) -> AbstractContextManager[None]:
    """Hold the sync's lock; SyncBusy when another holds it and `wait` is false."""
    return _held(_SYNC_LOCKS, sync, wait)


def sending_lock(sync: int) -> AbstractContextManager[None]:
    """Be the one sender of a sync; SyncBusy when another is."""
    return _held(_SENDING_LOCKS, sync, wait=False)


def suspect_lock(*, wait: bool) -> AbstractContextManager[None]:
    """Be the one run under way of those that workers died of; SyncBusy when another is."""
    return _held(_SUSPECT_LOCKS, 0, wait)


@contextmanager
def _held(space: int, sync: int, wait: bool) -> Iterator[None]:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [space, sync])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, sync])
            if not cursor.fetchone()[0]:
                raise SyncBusy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, sync])


def held_syncs() -> set[int]:
    """The syncs whose lock somebody holds now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [_SYNC_LOCKS],
        )
        return {row[0] for row in cursor.fetchall()}
