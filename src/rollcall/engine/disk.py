"""A disk that is full: looked for before anything is written, and named when it fills up all the
same.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import errors

from rollcall import embedded, home
from rollcall.core.disk_room import Need, needed
from rollcall.core.findings import Codes, Severity
from rollcall.core.limits import told_size
from rollcall.core.problems import Problem

DISK_FULL = Codes.add(
    "disk.full",
    Severity.ERROR,
    "A disk of the server has too little free space for this",
    "Make room on the disk, for example by keeping old files for fewer days, then start it again.",
    "the person who runs the server",
)

_FULL = (errno.ENOSPC, errno.EDQUOT)


def check(need: Need, size: int) -> None:
    """Problem when there is too little room for what comes of `size` bytes of input: where files
    are stored and, before applying, where an embedded database is. Another one is on its own
    server, which says so itself (`is_full`).
    """
    if need is Need.APPLY:
        for folder in embedded.folders():
            _check(folder, need, size)
        need = Need.STORE
    _check(home.artifacts(), need, size)


def _check(folder: Path, need: Need, size: int) -> None:
    free, wanted = shutil.disk_usage(folder).free, needed(need, size)
    if free < wanted:
        raise Problem(DISK_FULL, f"{told_size(free)} are free, {told_size(wanted)} are needed")


def is_full(error: BaseException | None) -> bool:
    """Whether a disk of ours or of the database was full, by an error or what caused it."""
    while error is not None:
        if isinstance(error, errors.DiskFull):
            return True
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def named() -> Iterator[None]:
    """Say of a write that found no room that the disk is full."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise Problem(DISK_FULL, "it filled up while a file was written") from error
        raise
