"""An SFTP server on this machine's loopback, for the demo and the tests: one user, one folder."""

import hmac
from pathlib import Path

import asyncssh

from rollcall.sandbox.loop_server import LoopServer


class _PasswordServer(asyncssh.SSHServer):
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


class SftpServer(LoopServer):
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
        if host_key_file is not None and host_key_file.exists():
            self._key = asyncssh.read_private_key(str(host_key_file))
        else:
            self._key = asyncssh.generate_private_key("ssh-ed25519")
            if host_key_file is not None:
                host_key_file.touch(mode=0o600)
                host_key_file.write_bytes(self._key.export_private_key())
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    @property
    def host_key(self) -> str:
        """The public host key as one OpenSSH line."""
        return self._key.export_public_key().decode().strip()

    async def listen(self) -> None:
        """Begin to answer, on the running loop."""
        self._acceptor = await asyncssh.listen(
            self.host,
            self.port,
            server_host_keys=[self._key],
            server_factory=lambda: _PasswordServer(self.user, self.password, self._connections),
            sftp_factory=self.session,
            allow_scp=False,
            config=None,
        )
        self.port = self._acceptor.get_port()

    def session(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        """What a client uses once it is signed in."""
        return asyncssh.SFTPServer(channel, chroot=str(self.folder).encode())

    async def abort(self) -> None:
        """Cut every connection there is."""
        inside = list(self._connections)
        for connection in inside:
            connection.abort()
        for connection in inside:
            await connection.wait_closed()

    async def close(self) -> None:
        """Stop answering."""
        if self._acceptor is not None:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        await self.abort()
