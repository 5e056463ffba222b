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

#: Bytes handed on at a time: no transport ever holds a whole file.
BLOCK = 1 << 20
#: A server may name files without end, and send a byte now and then: so many files are listed, and
#: so many seconds a connection is used.
MOST_FILES, LONGEST = 100_000, 6 * 3600.0
#: No disk has a name of so many letters.
_LONGEST_NAME = 1000


@dataclass(frozen=True)
class FileStat:
    """A file as the server describes it: size in bytes (None: it does not say), time of the last
    change (aware, UTC).
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
        """The file in blocks. It ends without an error only when the whole file was handed over
        and did not change meanwhile; else codes connection.lost or file.changed. Where the server
        tells no size, the file's end is where the server says it is.
        """

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        """Put a file there whole or not at all, in place of one of that name."""

    def remove(self, name: str) -> None:
        """Take a file away; code file.missing when it is not there."""

    def close(self) -> None:
        """End the connection. May be called twice."""


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
    """Who looks on while a connection is opened: the connection test."""

    def stage(self, stage: Stage) -> None:
        """A stage begins; the one before it has gone well."""

    def said(self, what: str) -> None:
        """Something worth showing about the present stage, such as the server's own words."""


class NoWatch:
    """Nobody looks on: a run."""

    def stage(self, stage: Stage) -> None:
        """Nothing."""

    def said(self, what: str) -> None:
        """Nothing."""


def plain_name(name: str, refused: str = "/\\") -> str:
    """`name`, when it is the name of a file and not a way out of the folder."""
    odd = name in ("", ".", "..") or any(c in refused or ord(c) < 32 for c in name)
    if odd:
        raise TransportError(NAME_REFUSED, repr(name))
    return name


def whole(
    blocks: Iterable[bytes], before: FileStat, look: Callable[[], FileStat]
) -> Iterator[bytes]:
    """Hand on the blocks of a file; raise file.changed unless they are all of it and it stayed
    as it was (`before` is how it looked at first, `look` how it looks now).
    """
    total = 0
    for block in blocks:
        total += len(block)
        if before.size is not None and total > before.size:
            raise TransportError(FILE_CHANGED, f"it grew beyond {before.size} bytes")
        yield block
    if before.size is not None and total != before.size:
        raise TransportError(FILE_CHANGED, f"{total} of {before.size} bytes arrived")
    if look() != before:
        raise TransportError(FILE_CHANGED, "its size or time is not what it was")


def newest_first(files: Iterable[FileStat]) -> list[FileStat]:
    """Files by time, the newest first; those of one time by name."""
    return sorted(sorted(files, key=lambda f: f.name), key=lambda f: f.modified, reverse=True)


class Bounds:
    """What a connection may cost. It begins when this is made."""

    def __init__(self) -> None:
        self._until = monotonic() + LONGEST

    def in_time(self) -> None:
        """TransportError when the connection has been used for too long."""
        if monotonic() > self._until:
            raise TransportError(TIMEOUT, f"it took more than {LONGEST / 3600:.0f} hours")

    def lists(self, name: str, before: int) -> bool:
        """Whether a name that a server lists is kept, after so many others. TransportError when
        they were so many that no more is listed of the folder.
        """
        self.in_time()
        if before >= MOST_FILES:
            raise TransportError(TOO_MANY_FILES, f"more than {MOST_FILES:,}")
        return len(name) <= _LONGEST_NAME


def moment(seconds: float) -> datetime:
    """A time of change by its seconds since 1970. What no calendar has tells no time: the epoch,
    which settles nothing (core.files.file_settling).
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
