"""An SFTP server whose attributes have no size, as the protocol allows."""

from collections.abc import AsyncIterator

import asyncssh

from rollcall.sandbox.sftp_server import SftpServer


class SizelessServer(SftpServer):
    """Serves a folder without ever sending a file's size."""

    def session(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return _Sizeless(channel, chroot=str(self.folder).encode())


class _Sizeless(asyncssh.SFTPServer):
    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return _without_size(asyncssh.SFTPAttrs.from_local(super().stat(path)))  # type: ignore[arg-type]

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        return _without_size(asyncssh.SFTPAttrs.from_local(super().lstat(path)))  # type: ignore[arg-type]

    def fstat(self, file_obj: object) -> asyncssh.SFTPAttrs:
        return _without_size(asyncssh.SFTPAttrs.from_local(super().fstat(file_obj)))  # type: ignore[arg-type]

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        async for entry in super().scandir(path):
            _without_size(entry.attrs)
            yield entry


def _without_size(attrs: asyncssh.SFTPAttrs) -> asyncssh.SFTPAttrs:
    attrs.size = None
    return attrs
