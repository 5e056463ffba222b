"""The one port all transports share: a folder of files somewhere. Bytes in, bytes out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic
from typing import Protocol

from rollcall.transports.errors import (
    FILE_CHANGED,
    NAME_REFUSED,
    TIMEOUT,
    TOO_MANY_FILES,
    TransportError,
)

#: Bytes read at a time: no transport ever has a complete file in memory.
BLOCK = 1 << 20
#: The most files that are listed, and seconds that a connection is used: a server can list files
#: without end, or send a byte now and then.
MOST_FILES, LONGEST = 100_000, 6 * 3600.0
#: No disk has names longer than this.
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class FileStat:
    """A file as the server describes it: size in bytes (None: unknown), time of the last change
    (aware, UTC).
    """

    name: str
    size: int | None
    modified: datetime


class Transport(Protocol):
    """An open connection to one folder. `name` is always a plain file name in that folder.

    Every method raises TransportError and nothing else, with the same codes on every transport.
    Not for use from several threads at once, nor inside a running event loop.
    """

    def stat(self, name: str) -> FileStat:
        """Size and time of a file; code file.missing when it is not there."""

    def list(self) -> list[FileStat]:
        """The files of the folder (no folders in it), newest first."""

    def read(self, name: str) -> Iterator[bytes]:
        """The file in blocks. It ends without an error only if the file is complete and did not
        change meanwhile; else codes connection.lost or file.changed. If the server does not say
        the size, the file ends where the server says so.
        """

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        """Write a file completely or not at all, in place of one with that name."""

    def remove(self, name: str) -> None:
        """Remove a file; code file.missing when it is not there."""

    def close(self) -> None:
        """End the connection. Can be called twice."""


class Stage(StrEnum):
    """The stages of opening a connection, in order; a connection test shows one step for each."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    HOST_KEY = "host_key"
    TLS = "tls"
    VERSION = "version"
    SIGN_IN = "sign_in"
    OPEN = "open"
    LIST = "list"
    FILE = "file"
    READ = "read"


class Watch(Protocol):
    """What follows the opening of a connection: the connection test."""

    def stage(self, stage: Stage) -> None:
        """A stage begins; the one before it has gone well."""

    def note(self, text: str) -> None:
        """Something to show about the present stage, such as the server's own words."""


class NoWatch:
    """For a run, which shows no stages."""

    def stage(self, stage: Stage) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


def plain_name(name: str, refused: str = "/\\") -> str:
    """`name`, if it is the name of a file and not a way out of the folder."""
    if name in ("", ".", "..") or any(char in refused or ord(char) < 32 for char in name):
        raise TransportError(NAME_REFUSED, repr(name))
    return name


def complete(
    blocks: Iterable[bytes], before: FileStat, stat: Callable[[], FileStat]
) -> Iterator[bytes]:
    """The blocks of a file; raises file.changed unless they are all of it and it has not changed
    (`before`: its first description; `stat` gives the present one).
    """
    total = 0
    for block in blocks:
        total += len(block)
        if before.size is not None and total > before.size:
            raise TransportError(FILE_CHANGED, f"it grew beyond {before.size} bytes")
        yield block
    if before.size is not None and total != before.size:
        raise TransportError(FILE_CHANGED, f"{total} of {before.size} bytes arrived")
    if stat() != before:
        raise TransportError(FILE_CHANGED, "its size or time has changed")


def newest_first(files: Iterable[FileStat]) -> list[FileStat]:
    """Files by time, the newest first; those with the same time by name."""
    by_name = sorted(files, key=lambda file: file.name)
    return sorted(by_name, key=lambda file: file.modified, reverse=True)


class Bounds:
    """The limits of a connection, which begins when this is made."""

    def __init__(self) -> None:
        self._until = monotonic() + LONGEST

    def in_time(self) -> None:
        """TransportError when the connection has been used for too long."""
        if monotonic() > self._until:
            raise TransportError(TIMEOUT, f"it took more than {LONGEST / 3600:.0f} hours")

    def lists(self, name: str, before: int) -> bool:
        """Whether a name that a server lists is used, after this many names before it.
        TransportError if there are too many files in the folder.
        """
        self.in_time()
        if before >= MOST_FILES:
            raise TransportError(TOO_MANY_FILES, f"more than {MOST_FILES:,}")
        return len(name) <= _LONGEST_NAME


def moment(seconds: float) -> datetime:
    """A time of change by its seconds since 1970. A number outside the calendar is the epoch, which
    never counts as settled (core.files.file_settling).
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
