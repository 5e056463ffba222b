"""The kinds of connections: of each its settings, how it is opened and how it is tested.

One entry of KINDS is all that a kind needs: the configuration, the forms, the connection test and
the reference are read from here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Union

from pydantic import Field, TypeAdapter

from rollcall.core.reach import Reach
from rollcall.transports import check_api, check_files
from rollcall.transports.errors import NO_FILES, TransportError
from rollcall.transports.folder import FolderTransport
from rollcall.transports.http import HttpClient
from rollcall.transports.port import Stage, Transport, Watch
from rollcall.transports.settings import (
    FolderSettings,
    HttpSettings,
    Settings,
    SftpSettings,
    SmbSettings,
)
from rollcall.transports.steps import Step, Test


@dataclass(frozen=True)
class Kind:
    """One kind of connection; its name is the `type` of its settings.

    `title`: what people call it. `files`: it leads to files, and `open(settings, reach, watch)`
    gives a Transport; else it leads to a partner's system, and what it gives is what a channel of
    an integration goes over (core.sending.channel.Opening). `steps(settings, names)`: the steps of
    its test, `names` being the files to look for. `test(settings, names, reach, test)`: takes them.
    """

    title: str
    settings: type[Settings]
    files: bool
    open: Callable[[Any, Reach, Watch | None], Any]
    steps: Callable[[Any, Sequence[str]], list[Step]]
    test: Callable[[Any, Sequence[str], Reach, Test], None]


def _open_sftp(settings: SftpSettings, reach: Reach, watch: Watch | None) -> Transport:
    # Slow to import (0.3 s), and most commands do not need it.
    from rollcall.transports.sftp import SftpTransport

    return SftpTransport(settings, reach, watch)


def _open_smb(settings: SmbSettings, reach: Reach, watch: Watch | None) -> Transport:
    # Likewise.
    from rollcall.transports.smb import SmbTransport

    return SmbTransport(settings, reach, watch)


def _open_http(settings: HttpSettings, reach: Reach, watch: Watch | None) -> HttpClient:
    return HttpClient(settings, reach)


def _of_files(
    title: str,
    settings: type[Settings],
    open: Callable[[Any, Reach, Watch | None], Transport],
    *stages: Stage,
) -> Kind:
    """A kind that leads to files; `stages` of opening it, in order."""
    steps, test = partial(check_files.steps, stages), partial(check_files.run, open)
    return Kind(title, settings, True, open, steps, test)


_SIGNED_IN = (Stage.SIGN_IN, Stage.OPEN)
_KINDS = (
    _of_files("Folder", FolderSettings, FolderTransport, Stage.OPEN),
    _of_files(
        "SFTP server",
        SftpSettings,
        _open_sftp,
        *(Stage.RESOLVE, Stage.CONNECT, Stage.HOST_KEY, *_SIGNED_IN),
    ),
    _of_files(
        "Shared folder (SMB)", SmbSettings, _open_smb, Stage.RESOLVE, Stage.CONNECT, *_SIGNED_IN
    ),
    Kind("API (HTTPS)", HttpSettings, False, _open_http, check_api.steps, check_api.run),
)
#: By name.
KINDS: Mapping[str, Kind] = {
    str(kind.settings.model_fields["type"].default): kind for kind in _KINDS
}
_BY_SETTINGS = {kind.settings: kind for kind in _KINDS}
_ANY: Any = Union[tuple(kind.settings for kind in _KINDS)]  # noqa: UP007 - made of the table
#: Reads the settings of a connection, of the kind that `type` names.
CONNECTION: TypeAdapter[Settings] = TypeAdapter(Annotated[_ANY, Field(discriminator="type")])


def connection_settings(fields: Any) -> Settings:
    """Read the settings of a connection; pydantic's ValidationError if they are not valid."""
    return CONNECTION.validate_python(fields)


def kind_of(settings: Settings) -> Kind:
    """The kind that settings are of."""
    return _BY_SETTINGS[type(settings)]


def holds_files(kind: str) -> bool:
    """Whether a kind of connection, by name, leads to files; else to a partner's system."""
    return kind not in KINDS or KINDS[kind].files


@contextmanager
def open_transport(
    settings: Settings, reach: Reach, watch: Watch | None = None
) -> Iterator[Transport]:
    """The open connection to a folder that `reach` allows, closed at the end. TransportError if it
    fails; code connection.no_files for a connection that does not lead to files.
    """
    kind = kind_of(settings)
    if not kind.files:
        raise TransportError(NO_FILES)
    transport: Transport = kind.open(settings, reach, watch)
    try:
        yield transport
    finally:
        transport.close()
