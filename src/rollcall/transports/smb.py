"""Files in a share of a Windows server, Samba or a storage device, over SMB 2 and 3."""

import logging
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import smbclient  # type: ignore[import-untyped]  # smbprotocol ships no types
from smbprotocol.connection import Connection, Dialects  # type: ignore[import-untyped]  # likewise
from smbprotocol.exceptions import (  # type: ignore[import-untyped]  # likewise
    SMBAuthenticationError,
    SMBOSError,
    SMBResponseException,
)
from smbprotocol.file_info import FileAttributes  # type: ignore[import-untyped]  # likewise
from smbprotocol.header import NtStatus  # type: ignore[import-untyped]  # likewise
from smbprotocol.transport import Tcp  # type: ignore[import-untyped]  # likewise

from rollcall.core.reach import Reach
from rollcall.transports.dialing import dial
from rollcall.transports.errors import (
    FAILED,
    FILE_CHANGED,
    FILE_LOCKED,
    FILE_MISSING,
    LOST,
    NO_DIRECTORY,
    NO_ENCRYPTION,
    NO_PERMISSION,
    NO_SPACE,
    NOT_A_FILE,
    PROTOCOL,
    SIGN_IN_REFUSED,
    TIMEOUT,
    TransportError,
)
from rollcall.transports.port import (
    BLOCK,
    Bounds,
    FileStat,
    NoWatch,
    Stage,
    Watch,
    complete,
    moment,
    newest_first,
    plain_name,
)
from rollcall.transports.settings import SmbSettings

# Errors are raised to the caller; without this the library prints them as well.
logging.getLogger("smbprotocol").addHandler(logging.NullHandler())

#: Seconds after the library's own limit.
_LATER = 1.0
_ELSEWHERE = "the folder is on another server (DFS, or a link); give that server as `host`"
_MISSING = {0xC0000034, 0xC000000F, 0xC000003A, 0xC0000225}
#: The code of each NTSTATUS of the server ([MS-ERREF] 2.3). The code for a missing file depends on
#: the request and is not here.
_CODES = {
    0xC0000022: NO_PERMISSION,  # access denied
    0xC0000061: NO_PERMISSION,  # privilege not held
    0xC00000A2: NO_PERMISSION,  # write protected
    0xC0000121: NO_PERMISSION,  # cannot delete
    0xC0000064: SIGN_IN_REFUSED,  # no such user
    0xC000006A: SIGN_IN_REFUSED,  # wrong password
    0xC000006D: SIGN_IN_REFUSED,  # logon failure
    0xC000006E: SIGN_IN_REFUSED,  # account restriction
    0xC000006F: SIGN_IN_REFUSED,  # not at this hour
    0xC0000070: SIGN_IN_REFUSED,  # not from this machine
    0xC0000071: SIGN_IN_REFUSED,  # password expired
    0xC0000072: SIGN_IN_REFUSED,  # account disabled
    0xC000015B: SIGN_IN_REFUSED,  # logon type not granted
    0xC0000193: SIGN_IN_REFUSED,  # account expired
    0xC0000224: SIGN_IN_REFUSED,  # password must change
    0xC0000234: SIGN_IN_REFUSED,  # account locked out
    0xC00000CC: NO_DIRECTORY,  # no such share
    0xC0000033: NO_DIRECTORY,  # name not valid on the server
    0xC000003B: NO_DIRECTORY,  # path not valid on the server
    0xC0000103: NO_DIRECTORY,  # the folder is a file
    0xC0000043: FILE_LOCKED,  # sharing violation
    0xC0000054: FILE_LOCKED,  # lock conflict
    0xC0000056: FILE_LOCKED,  # delete pending
    0xC00000BA: NOT_A_FILE,  # it is a folder
    0xC0000011: FILE_CHANGED,  # it ends before the end it had when it was opened
    0xC000007F: NO_SPACE,  # disk full
    0xC0000044: NO_SPACE,  # quota exceeded
    0xC00000C9: LOST,  # share taken away
    0xC0000203: LOST,  # session ended
    0xC00000B5: TIMEOUT,  # the server's own disk did not answer
}


def _no_referral(referral: object) -> None:
    """A referral to another server (DFS) is not followed: its address was not checked, and the
    library would use it for all districts.
    """
    raise TransportError(NO_DIRECTORY, _ELSEWHERE)


smbclient.ClientConfig(skip_dfs=True).cache_referral = _no_referral


class _Pool(dict[str, Connection]):
    """Our only connection, by the library's name for it. The library must make no other, neither to
    another server nor, if this one is gone, by a second look-up of the server's name.
    """

    def get(self, key: str, default: object = None) -> Connection:
        """The connection, while it is open; else an error."""
        if key not in self:
            raise TransportError(NO_DIRECTORY, _ELSEWHERE)
        if not self[key].transport.connected:
            raise ConnectionError("the connection is closed")
        return self[key]


class _Tcp(Tcp):  # type: ignore[misc]  # its base has no types
    """The library's transport, which would reserve as much memory as a server announces: 4 GB."""

    def _recv(self, length: int, timeout: float) -> Any:
        if length > self.MAX_SIZE:
            raise OSError("the message is too long")
        return super()._recv(length, timeout)


class _Connection(Connection):  # type: ignore[misc]  # its base has no types
    """The library's connection on our socket, with a time limit: the library would wait without end
    for an answer.
    """

    def __init__(self, settings: SmbSettings) -> None:
        self._reached: socket.socket | None = None
        self.bounds = Bounds()
        guid = smbclient.ClientConfig().client_guid
        super().__init__(guid, settings.host, settings.port, settings.require_signing)
        self._limit = settings.timeout_seconds

    def begin(self, reached: socket.socket) -> None:
        """Connect over a socket, which is closed with the connection."""
        reached.settimeout(None)  # the library waits by itself
        self._reached = reached
        self.connect(timeout=self._limit)
        # From 3.1.1 on a server accepts a request for a share only signed or encrypted.
        self.require_signing |= self.dialect >= Dialects.SMB_3_1_1

    @property
    def transport(self) -> Any:
        """The library's own object around the socket; None before there is one."""
        return self._transport

    @transport.setter
    def transport(self, smb_transport: Any) -> None:
        """The library would connect it by name; here it is connected already."""
        if smb_transport is not None:
            smb_transport = _Tcp(smb_transport.server, smb_transport.port, smb_transport.timeout)
            smb_transport._sock, smb_transport.connected = self._reached, True
        self._transport = smb_transport

    def receive(
        self,
        request: Any,
        wait: bool = True,
        timeout: float | None = None,
        resolve_symlinks: bool = True,
    ) -> Any:
        """As the library's, with our time limit if the caller gives none; then the connection
        ends.
        """
        self.bounds.in_time()
        limit = timeout or self._limit
        ending = Timer(limit + _LATER, self._end)
        ending.daemon = True
        ending.start()
        try:
            return super().receive(request, wait, limit, resolve_symlinks)
        finally:
            ending.cancel()

    def _end(self) -> None:
        """End the connection, so that waiting for an answer ends."""
        if self._reached is not None:
            with suppress(OSError):
                self._reached.shutdown(socket.SHUT_RDWR)


class SmbTransport:
    """A folder of a share as a transport."""

    def __init__(self, settings: SmbSettings, reach: Reach, watch: Watch | None = None) -> None:
        self._settings = settings
        share_and_folder = settings.directory.replace("/", "\\")
        self._folder = f"\\\\{settings.host}\\{share_and_folder}"
        self._connection = _Connection(settings)
        # Our own pool: by default the library shares connections in the process.
        self._pool = _Pool({f"{settings.host.lower()}:{settings.port}": self._connection})
        try:
            self._open(settings, reach, watch or NoWatch())
        except BaseException:
            self.close()
            raise

    def _open(self, settings: SmbSettings, reach: Reach, watch: Watch) -> None:
        where = f"{settings.host} port {settings.port}"
        reached = dial(settings.host, settings.port, settings.timeout_seconds, reach, watch)
        with _coded(where, otherwise=PROTOCOL):
            self._connection.begin(reached)
        watch.stage(Stage.SIGN_IN)
        with _coded(f"{settings.account} at {where}", otherwise=NO_ENCRYPTION):
            smbclient.register_session(
                settings.host, encrypt=settings.require_encryption or None, **self._sign_in
            )
        watch.stage(Stage.OPEN)
        with _coded(self._folder, NO_DIRECTORY):
            status = smbclient.stat(self._folder, **self._sign_in)
        if not status.st_file_attributes & FileAttributes.FILE_ATTRIBUTE_DIRECTORY:
            raise TransportError(NO_DIRECTORY, f"{self._folder} is a file")
        watch.note(self._folder)

    @property
    def _sign_in(self) -> dict[str, Any]:
        """The parameters of every call of the library."""
        settings = self._settings
        return {
            "username": settings.account,
            "password": settings.password.get_secret_value(),
            "port": settings.port,
            "connection_timeout": settings.timeout_seconds,
            "connection_cache": self._pool,
            "require_signing": settings.require_signing,
            # Kerberos would connect to servers of the user's realm.
            "auth_protocol": "ntlm",
        }

    def stat(self, name: str) -> FileStat:
        """See Transport."""
        path = self._path(name)
        with _coded(name):
            status = smbclient.stat(path, **self._sign_in)
        if status.st_file_attributes & FileAttributes.FILE_ATTRIBUTE_DIRECTORY:
            raise TransportError(NOT_A_FILE, name)
        return FileStat(name, status.st_size, moment(status.st_mtime_ns / 1e9))

    def list(self) -> list[FileStat]:
        """See Transport."""
        files: list[FileStat] = []
        with _coded(self._folder, NO_DIRECTORY):
            for seen, entry in enumerate(smbclient.scandir(self._folder, **self._sign_in)):
                is_listed = self._connection.bounds.lists(entry.name, seen)
                if is_listed and entry.is_file(follow_symlinks=False):
                    info = entry.smb_info
                    # The library gives the last moment of its calendar without a time zone.
                    changed = info.last_write_time
                    seconds = changed.timestamp() if changed.tzinfo else 0
                    files.append(FileStat(info.file_name, info.end_of_file, moment(seconds)))
        return newest_first(files)

    def read(self, name: str) -> Iterator[bytes]:
        """See Transport."""
        before = self.stat(name)
        yield from complete(self._blocks(name), before, lambda: self.stat(name))

    def _blocks(self, name: str) -> Iterator[bytes]:
        """The bytes as they come. Others can read at the same time but not write: a file that
        another program has open for writing is refused as locked.
        """
        path = self._path(name)
        with _coded(name):
            file = smbclient.open_file(
                path, mode="rb", buffering=0, share_access="r", **self._sign_in
            )
        try:
            while True:
                with _coded(name):
                    block = bytes(file.read(BLOCK))
                if not block:
                    return
                yield block
        finally:
            with suppress(TransportError):  # an error on the way here says more
                _end(file, name)

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        """See Transport."""
        path = self._path(name)
        draft = f"{path}.{secrets.token_hex(4)}.part"
        try:
            with _coded(name, NO_DIRECTORY):
                file = smbclient.open_file(draft, mode="xb", buffering=0, **self._sign_in)
            try:
                for block in blocks:
                    remaining = memoryview(block)
                    while remaining:
                        with _coded(name):
                            remaining = remaining[file.write(remaining) :]
            finally:
                _end(file, name)
            with _coded(name, NO_DIRECTORY):
                smbclient.replace(draft, path, **self._sign_in)
        except BaseException:
            with suppress(TransportError), _coded(name):
                smbclient.remove(draft, **self._sign_in)
            raise

    def remove(self, name: str) -> None:
        """See Transport."""
        path = self._path(name)
        with _coded(name):
            smbclient.remove(path, **self._sign_in)

    def close(self) -> None:
        """See Transport."""
        self._pool.clear()
        if self._connection.transport is None:
            return
        with suppress(TransportError), _coded("closing"):  # what is closed need not answer
            self._connection.disconnect()
        with suppress(TransportError), _coded("closing"):
            self._connection.disconnect(close=False)

    def _path(self, name: str) -> str:
        # A colon would name another stream of a file; the others are wildcards or not allowed.
        return f"{self._folder}\\{plain_name(name, refused='/:*?<>|' + chr(92) + chr(34))}"


def _end(file: Any, name: str) -> None:
    """Close a file; without a request to the server if the connection is gone."""
    try:
        with _coded(name):
            file.close()
    except TransportError:
        file.fd._connected = False  # the library has no other way, and warns of open files
        raise


@contextmanager
def _coded(what: str, missing: str = FILE_MISSING, otherwise: str = LOST) -> Iterator[None]:
    """Turn the library's errors into ours; `otherwise` is the code for those without a number."""
    try:
        yield
    except TransportError:
        raise
    except Exception as error:  # an answer that is not SMB makes the library fail in any way
        status = getattr(error, "ntstatus", None) or getattr(error, "status", None)
        if isinstance(error, SMBOSError | SMBResponseException):
            code = missing if status in _MISSING else _CODES.get(int(status or 0), FAILED)
        else:
            code = _code_by_text(error, otherwise)
        # A status by its name in the protocol, which a server's owner can look up. The library's
        # own text would quote what a server sent.
        names = [name for name, value in vars(NtStatus).items() if value == status]
        is_number = isinstance(status, int)
        status_name = (names or [f"NTSTATUS 0x{status:08X}"])[0] if is_number else ""
        raise TransportError(code, what, status_name) from error


def _code_by_text(error: Exception, otherwise: str) -> str:
    """The code of an error that the library distinguishes by its text only."""
    text = str(error)
    if isinstance(error, SMBAuthenticationError) or "authenticated as a guest" in text:
        return SIGN_IN_REFUSED
    if isinstance(error, TimeoutError) or "Connection timeout" in text:
        return TIMEOUT
    return LOST if "closed" in text or isinstance(error, OSError) else otherwise
