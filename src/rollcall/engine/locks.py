"""One run of a sync at a time: a lock that the database frees when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_SYNC_LOCKS = 0x526F6C6C  # this application's space of advisory locks: "Roll"


class SyncBusy(Exception):
    """Another run of the same sync is going on."""


@contextmanager
def sync_lock(sync: int, *, wait: bool) -> Iterator[None]:
    """Hold the sync's lock; SyncBusy when another holds it and `wait` is false."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_SYNC_LOCKS, sync])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_SYNC_LOCKS, sync])
            if not cursor.fetchone()[0]:
                raise SyncBusy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_SYNC_LOCKS, sync])


def held_syncs() -> set[int]:
    """The syncs whose lock somebody holds now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [_SYNC_LOCKS],
        )
        return {row[0] for row in cursor.fetchall()}
