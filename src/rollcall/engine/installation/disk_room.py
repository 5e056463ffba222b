"""A disk that is full: looked for before anything is written, and named when it fills up all the
same.
"""

import errno
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg import errors

from rollcall import embedded, home
from rollcall.core.disk_room import to_apply
from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.plan import Changes
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size

DISK_FULL = Codes.add(
    "disk.full",
    Severity.ERROR,
    "A disk of the server has too little free space for this",
    "Make room on the disk, for example by keeping old files for fewer days, then start it again.",
    "the person who runs the server",
)

_FULL = (errno.ENOSPC, errno.EDQUOT)


def check(needed: int) -> None:
    """Problem when fewer bytes are free where files are stored."""
    _check(home.artifacts(), needed)


def check_database(changes: Iterable[Changes]) -> None:
    """Problem when there is too little room to write these changes where an embedded database is.
    Another one is on its own server, which says so itself (`is_full`).
    """
    needed = to_apply(sum(change.after.height for change in changes))
    for folder in embedded.folders():
        _check(folder, needed)


def _check(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Problem(DISK_FULL, f"{told_size(free)} are free, {told_size(needed)} are needed")


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
