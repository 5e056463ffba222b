"""The embedded PostgreSQL: a real server for one machine, used when DATABASE_URL is not set.

It lives as long as someone uses it. Every process that uses it holds a shared lock; the last one
to end stops it. A process that is killed frees its lock; the next user finds the server running,
or starts it and PostgreSQL recovers. When the server itself dies, the first of its users that finds
it gone starts it again (`backend`). docs/decisions/0001-embedded-postgresql.md says why.
"""

import atexit
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rollcall.core.problems import Problem
from rollcall.embedded import locks, server
from rollcall.embedded.cluster import Cluster
from rollcall.home import home

#: A start is waited for so long by whoever needs a connection; it goes on beside, seconds.
_WAIT = 10.0


class _Joined(NamedTuple):
    cluster: Cluster
    durable: bool
    url: str


_joined: dict[Path, _Joined] = {}
_one_at_a_time = threading.Lock()
_starting: threading.Thread | None = None


def database_url(*, durable: bool = True) -> str:
    """The libpq URL of the embedded server of ROLLCALL_HOME, which runs when this returns.

    Kept running until this process ends. `durable=False` (tests only; counts when this call is
    the one that starts the server) trades safety in a power cut for speed. Problem `database.*`
    when it cannot be had.
    """
    folder = home() / "database"
    with _one_at_a_time:
        if folder not in _joined:
            cluster = Cluster(folder)
            cluster.folder.mkdir(mode=0o700, exist_ok=True)
            lock = locks.take_shared(cluster.users_lock)
            atexit.register(_leave, cluster, lock)
            server.ensure_running(cluster, durable)
            _joined[folder] = _Joined(cluster, durable, cluster.url())
        return _joined[folder].url


def folders() -> list[Path]:
    """Where the embedded databases lie that this process uses."""
    return [joined.cluster.data for joined in _joined.values()]


def bring_back() -> bool:
    """Start the server again, if this process uses one and it is gone: whether it answers by now.

    False when that takes long, as recovery may; it goes on.
    """
    global _starting  # noqa: PLW0603 - there is one server, and one start of it at a time
    if not _joined:
        return False
    with _one_at_a_time:
        if _starting is None or not _starting.is_alive():
            _starting = threading.Thread(target=_start_again, name="database", daemon=True)
            _starting.start()
        starting = _starting
    starting.join(_WAIT)
    return all(server.answers(joined.cluster) for joined in _joined.values())


def _start_again() -> None:
    for joined in list(_joined.values()):
        with suppress(Problem):  # in the server's own log; the next who connects tries again
            server.ensure_running(joined.cluster, joined.durable)


def _leave(cluster: Cluster, lock: int) -> None:
    """Let go; stop the server when nobody else holds on.

    A forked child shares its parent's lock, so neither stops the server under the other.
    """
    os.close(lock)
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
