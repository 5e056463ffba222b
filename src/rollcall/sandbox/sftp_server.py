"""An SFTP server on this machine's loopback, for the demo and the tests: one user, one folder."""

import asyncio
import hmac
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncssh

_T = TypeVar("_T")


class _Door(asyncssh.SSHServer):
    """Lets in one user with one password."""

    def __init__(self, user: str, password: str, inside: set[asyncssh.SSHServerConnection]) -> None:
        self._user = user
        self._password = password
        self._inside = inside

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """A client connects."""
        self._inside.add(conn)
        self._connection = conn

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has left."""
        self._inside.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Every client has to sign in."""
        return True

    def password_auth_supported(self) -> bool:
        """By password."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """True for the one user with the right password."""
        right = hmac.compare_digest(password.encode(), self._password.encode())
        return right and username == self._user


class SftpServer:
    """Serves `folder` while it is entered: `with SftpServer(folder, "demo", "secret") as server`.

    Clients see the folder as "/" and nothing beside it. `host`, `port` and `host_key` (a line as
    in the settings of a connection) are there once it is entered. A `host_key_file` is made when
    missing and keeps the key over restarts; without one each server has a new key.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        user: str,
        password: str,
        *,
        port: int = 0,
        host_key_file: Path | None = None,
    ) -> None:
        self.folder = folder
        self.user = user
        self.password = password
        self.port = port
        self._key = _host_key(host_key_file)
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    @property
    def host_key(self) -> str:
        """The public host key as one OpenSSH line."""
        return self._key.export_public_key().decode().strip()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._acceptor = self._do(self._listen())
        except BaseException:
            self._end()
            raise
        self.port = self._acceptor.get_port()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._do(self._close())
        self._end()

    def break_off(self) -> None:
        """Cut every connection there is, as a dying server does; new ones are still answered."""
        self._do(self._abort())

    async def _listen(self) -> asyncssh.SSHAcceptor:
        chroot = str(self.folder).encode()
        return await asyncssh.listen(
            self.host,
            self.port,
            server_host_keys=[self._key],
            server_factory=lambda: _Door(self.user, self.password, self._connections),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=chroot),
            allow_scp=False,
            config=None,
        )

    async def _abort(self) -> None:
        inside = list(self._connections)
        for connection in inside:
            connection.abort()
        for connection in inside:
            await connection.wait_closed()

    async def _close(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        await self._abort()

    def _do(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _host_key(file: Path | None) -> asyncssh.SSHKey:
    if file is not None and file.exists():
        return asyncssh.read_private_key(str(file))
    key = asyncssh.generate_private_key("ssh-ed25519")
    if file is not None:
        file.touch(mode=0o600)
        file.write_bytes(key.export_private_key())
    return key
