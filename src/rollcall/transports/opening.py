"""From a connection's settings to the transport they mean."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rollcall.core.reach import Reach
from rollcall.transports.errors import NO_FILES, TransportError
from rollcall.transports.port import Stage, Transport, Watch
from rollcall.transports.settings import FolderSettings, HttpSettings, SftpSettings, SmbSettings

Settings = FolderSettings | SftpSettings | SmbSettings | HttpSettings


@dataclass(frozen=True)
class Kind:
    """One kind of file transport: how it is opened, and the stages opening it goes through."""

    open: Callable[[Any, Reach, Watch | None], Transport]
    stages: tuple[Stage, ...]


def _folder(settings: FolderSettings, reach: Reach, watch: Watch | None) -> Transport:
    from rollcall.transports.folder import FolderTransport

    return FolderTransport(settings, reach, watch)


# The two libraries are slow to import (0.3 s each) and most commands need neither.
def _sftp(settings: SftpSettings, reach: Reach, watch: Watch | None) -> Transport:
    from rollcall.transports.sftp import SftpTransport

    return SftpTransport(settings, reach, watch)


def _smb(settings: SmbSettings, reach: Reach, watch: Watch | None) -> Transport:
    from rollcall.transports.smb import SmbTransport

    return SmbTransport(settings, reach, watch)


_KINDS: dict[type[Settings], Kind] = {
    FolderSettings: Kind(_folder, (Stage.OPEN,)),
    SftpSettings: Kind(
        _sftp, (Stage.RESOLVE, Stage.CONNECT, Stage.HOST_KEY, Stage.SIGN_IN, Stage.OPEN)
    ),
    SmbSettings: Kind(_smb, (Stage.RESOLVE, Stage.CONNECT, Stage.SIGN_IN, Stage.OPEN)),
}


def stages(settings: Settings) -> tuple[Stage, ...]:
    """The stages opening this connection to files goes through, in order."""
    return _KINDS[type(settings)].stages


@contextmanager
def open_transport(
    settings: Settings, reach: Reach, watch: Watch | None = None
) -> Iterator[Transport]:
    """The open connection to what `reach` allows; closed at the end whatever happens.
    TransportError when it fails.

    Code connection.no_files for a connection to an API.
    """
    if type(settings) not in _KINDS:
        raise TransportError(NO_FILES)
    transport = _KINDS[type(settings)].open(settings, reach, watch)
    try:
        yield transport
    finally:
        transport.close()
