"""From a connection's settings to its open transport."""

from collections.abc import Iterator
from contextlib import contextmanager

from rollcall.core.reach import Reach
from rollcall.transports.errors import NO_FILES, TransportError
from rollcall.transports.folder import FolderTransport
from rollcall.transports.port import Stage, Transport, Watch
from rollcall.transports.settings import (
    FolderSettings,
    HttpSettings,
    Settings,
    SftpSettings,
    SmbSettings,
)

_STAGES: dict[type[Settings], tuple[Stage, ...]] = {
    FolderSettings: (Stage.OPEN,),
    SftpSettings: (Stage.RESOLVE, Stage.CONNECT, Stage.HOST_KEY, Stage.SIGN_IN, Stage.OPEN),
    SmbSettings: (Stage.RESOLVE, Stage.CONNECT, Stage.SIGN_IN, Stage.OPEN),
}


def stages(settings: Settings) -> tuple[Stage, ...]:
    """The stages of opening this connection to files, in order."""
    return _STAGES[type(settings)]


@contextmanager
def open_transport(
    settings: Settings, reach: Reach, watch: Watch | None = None
) -> Iterator[Transport]:
    """The open connection to a folder that `reach` allows, closed at the end. TransportError if it
    fails; code connection.no_files for a connection to an API.
    """
    transport: Transport
    match settings:
        case SftpSettings():
            # Slow to import (0.3 s), and most commands do not need it.
            from rollcall.transports.sftp import SftpTransport

            transport = SftpTransport(settings, reach, watch)
        case SmbSettings():
            # Likewise.
            from rollcall.transports.smb import SmbTransport

            transport = SmbTransport(settings, reach, watch)
        case FolderSettings():
            transport = FolderTransport(settings, reach, watch)
        case HttpSettings():
            raise TransportError(NO_FILES)
    try:
        yield transport
    finally:
        transport.close()
