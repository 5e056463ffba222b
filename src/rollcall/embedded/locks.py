"""File locks that the kernel frees when their holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def take_shared(path: Path) -> int:
    """Hold `path` together with others; waits while someone holds it alone. Returns the fd."""
    fd = _open(path)
    fcntl.flock(fd, fcntl.LOCK_SH)
    return fd


def try_alone(path: Path) -> int | None:
    """Hold `path` alone: its fd, or None at once when anyone else holds it."""
    fd = _open(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold `path` alone for the block; waits for its turn."""
    fd = _open(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
