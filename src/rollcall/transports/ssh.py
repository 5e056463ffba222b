"""Signing in to an SSH server: the host key is checked before anything secret is sent."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import asyncssh
from asyncssh import constants

from rollcall.core.problems import words
from rollcall.core.reach import Reach
from rollcall.transports.dialing import dial
from rollcall.transports.errors import (
    FAILED,
    HOST_KEY_CHANGED,
    HOST_KEY_UNKNOWN,
    KEY_UNREADABLE,
    LOST,
    NO_DIRECTORY,
    NO_FILE_SERVICE,
    NO_PERMISSION,
    NO_SPACE,
    NOT_A_FILE,
    PROTOCOL,
    SIGN_IN_REFUSED,
    TIMEOUT,
    TransportError,
)
from rollcall.transports.host_keys import HostKey, host_key
from rollcall.transports.port import Stage, Watch
from rollcall.transports.settings import SftpSettings

# Errors are raised to the caller; without this the library prints them as well.
logging.getLogger("asyncssh").addHandler(logging.NullHandler())

#: The code of each error of the library; the first that fits counts. The code for a missing file
#: depends on the request and is not here.
_CODES: tuple[tuple[type[BaseException], str], ...] = (
    (asyncssh.SFTPPermissionDenied, NO_PERMISSION),
    (asyncssh.SFTPWriteProtect, NO_PERMISSION),
    (asyncssh.SFTPNoSpaceOnFilesystem, NO_SPACE),
    (asyncssh.SFTPQuotaExceeded, NO_SPACE),
    (asyncssh.SFTPNotADirectory, NO_DIRECTORY),
    (asyncssh.SFTPFileIsADirectory, NOT_A_FILE),
    (asyncssh.SFTPConnectionLost, LOST),
    (asyncssh.SFTPNoConnection, LOST),
    (asyncssh.SFTPError, FAILED),
    (asyncssh.PermissionDenied, SIGN_IN_REFUSED),
    (asyncssh.IllegalUserName, SIGN_IN_REFUSED),
    (asyncssh.ChannelOpenError, NO_FILE_SERVICE),
    (asyncssh.KeyExchangeFailed, PROTOCOL),
    (asyncssh.ProtocolError, PROTOCOL),
    (asyncssh.ProtocolNotSupported, PROTOCOL),
    (asyncssh.Error, LOST),
    (TimeoutError, TIMEOUT),
    (OSError, LOST),
)
# The processor does AES by itself: a quarter less time to read a file than with the library's
# first choice.
_CIPHERS_FIRST = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#: The protocol's own reasons by number (RFC 4253, 11.1; RFC 4254, 5.1; SFTP's drafts).
_DISCONNECTED, _NOT_OPENED, _STATUSES = (
    {
        number: name.removeprefix(prefix).replace("_", " ").lower()
        for name, number in vars(constants).items()
        if name.startswith(prefix)
    }
    for prefix in ("DISC_", "OPEN_", "FX_")
)
_MISSING = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


@contextmanager
def coded(what: str, missing: str = FAILED) -> Iterator[None]:
    """Turn the library's errors into ours. `what`: the file or folder; `missing`: the code if the
    server does not have it.
    """
    try:
        yield
    except (asyncssh.Error, OSError) as error:
        fits = (code for kind, code in _CODES if isinstance(error, kind))
        code = missing if isinstance(error, _MISSING) else next(fits)
        raise TransportError(code, what, _words(error)) from error


def _words(error: asyncssh.Error | OSError) -> str:
    """A server's reason by its number, in the protocol's words and never in the server's."""
    match error:
        case asyncssh.SFTPError():
            return f"SFTP {error.code}, {_STATUSES.get(error.code, 'unknown')}"
        case asyncssh.DisconnectError():
            return f"SSH {error.code}, {_DISCONNECTED.get(error.code, 'unknown')}"
        case asyncssh.ChannelOpenError():
            return f"SSH channel {error.code}, {_NOT_OPENED.get(error.code, 'unknown')}"
        case _:
            return ""


class _Client(asyncssh.SSHClient):
    """Checks for the library, while it signs in, whether this is the expected server."""

    def __init__(self, expected: HostKey | None, watch: Watch) -> None:
        self._expected = expected
        self._watch = watch
        self._connection: asyncssh.SSHClientConnection | None = None
        self.shown: asyncssh.SSHKey | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """There is a connection, perhaps not to an SSH server."""
        self._connection = conn

    @property
    def greeted(self) -> bool:
        """Whether the server has identified itself as an SSH server."""
        connection = self._connection
        return connection is not None and bool(connection.get_extra_info("server_version"))

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Whether the server's key is the one in the settings."""
        self.shown = key
        fits = self._expected is not None and self._expected.fingerprint == key.get_fingerprint()
        if fits:
            self._watch.note(_describe(key))
            self._watch.stage(Stage.SIGN_IN)
        return fits


def _describe(key: asyncssh.SSHKey) -> str:
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


def connect(
    settings: SftpSettings, reach: Reach, watch: Watch, loop: asyncio.AbstractEventLoop
) -> asyncssh.SSHClientConnection:
    """A signed-in connection on that event loop; TransportError if there is none."""
    keys = _client_keys(settings)
    expected = host_key(settings.host_key) if settings.host_key else None
    attempts = expected.attempts() if expected else [HostKey("").attempts()[0]]
    changed: TransportError | None = None
    for algorithms in attempts:
        sock = dial(settings.host, settings.port, settings.timeout_seconds, reach, watch)
        watch.stage(Stage.HOST_KEY)
        client = _Client(expected, watch)
        try:
            return loop.run_until_complete(_sign_in(settings, sock, client, algorithms, keys))
        except TransportError as error:
            # The server may still have the key in the settings: it showed another one, and if it
            # has no key for the next algorithms it says so or hangs up.
            if error.code != HOST_KEY_CHANGED and not (changed and error.code in (PROTOCOL, LOST)):
                raise
            changed = changed or error
    raise changed or TransportError(HOST_KEY_UNKNOWN)


async def _sign_in(
    settings: SftpSettings,
    sock: socket.socket,
    client: _Client,
    algorithms: tuple[str, ...],
    keys: list[asyncssh.SSHKey],
) -> asyncssh.SSHClientConnection:
    where = f"{settings.host} port {settings.port}"
    try:
        with coded(where):
            async with asyncio.timeout(settings.timeout_seconds):
                return await _connection(settings, sock, client, algorithms, keys)
    except TransportError as error:
        if isinstance(error.__cause__, asyncssh.HostKeyNotVerifiable):
            code = HOST_KEY_CHANGED if settings.host_key else HOST_KEY_UNKNOWN
            shown = _describe(client.shown) if client.shown else "a certificate"
            raise TransportError(code, f"{settings.host} shows {shown}") from None
        if not client.greeted:
            hint = f"{where} did not answer as an SSH server; port 21 is FTP, another protocol"
            raise TransportError(error.code, hint, error.server_text) from error
        raise


async def _connection(
    settings: SftpSettings,
    sock: socket.socket,
    client: _Client,
    algorithms: tuple[str, ...],
    keys: list[asyncssh.SSHKey],
) -> asyncssh.SSHClientConnection:
    """By the settings only: without the ssh config, agent, default keys or known_hosts of the
    account that the program runs under.
    """
    password = settings.password.get_secret_value() if settings.password else None
    return await asyncssh.connect(
        settings.host,
        settings.port,
        sock=sock,
        client_factory=lambda: client,
        username=settings.user,
        password=password,
        client_keys=keys or None,
        preferred_auth=[*["publickey"] * bool(keys), "password", "keyboard-interactive"],
        encryption_algs=_CIPHERS_FIRST,
        server_host_key_algs=list(algorithms),
        known_hosts=([], [], []),
        x509_trusted_certs=None,
        config=None,
        agent_path=None,
        gss_host=None,
        keepalive_interval=settings.timeout_seconds,
    )


def _client_keys(settings: SftpSettings) -> list[asyncssh.SSHKey]:
    if settings.key is None:
        return []
    passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
    try:
        return [asyncssh.import_private_key(settings.key.get_secret_value(), passphrase)]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise TransportError(KEY_UNREADABLE, words(error)) from None
