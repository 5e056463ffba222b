"""The embedded PostgreSQL: a real server for one machine, used when DATABASE_URL is not set.

It lives as long as someone uses it. Every process that uses it holds a shared lock; the last one
to end stops it. A process that is killed frees its lock; the next user finds the server running,
or starts it and PostgreSQL recovers. docs/decisions/0001-embedded-postgresql.md says why.
"""

import atexit
import os
from pathlib import Path

from rollcall.embedded import locks, server
from rollcall.embedded.cluster import Cluster
from rollcall.home import home

_joined: dict[Path, str] = {}


def database_url(*, durable: bool = True) -> str:
    """The libpq URL of the embedded server of ROLLCALL_HOME, which runs when this returns.

    Kept running until this process ends. `durable=False` (tests only; counts when this call is
    the one that starts the server) trades safety in a power cut for speed. Problem `database.*`
    when it cannot be had.
    """
    folder = home() / "database"
    if folder not in _joined:
        _joined[folder] = _join(Cluster(folder), durable)
    return _joined[folder]


def _join(cluster: Cluster, durable: bool) -> str:
    cluster.folder.mkdir(mode=0o700, exist_ok=True)
    held = locks.take_shared(cluster.users_lock)
    atexit.register(_leave, cluster, held)
    server.ensure_running(cluster, durable)
    return cluster.url()


def _leave(cluster: Cluster, held: int) -> None:
    """Let go; stop the server when nobody else holds on.

    A forked child shares its parent's lock, so neither stops the server under the other.
    """
    os.close(held)
    try:
        alone = locks.try_alone(cluster.users_lock)
    except FileNotFoundError:  # the whole folder is gone: the server sees that and ends itself
        return
    if alone is None:
        return
    try:
        server.stop(cluster)
    finally:
        os.close(alone)
