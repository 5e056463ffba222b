"""Files on an SFTP server, by asyncssh. Each connection has its own event loop, so that callers
need none.
"""

import asyncio
import secrets
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar, cast

import asyncssh

from rollcall.core.reach import Reach
from rollcall.transports.errors import FILE_MISSING, LOST, NO_DIRECTORY, NOT_A_FILE, TransportError
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
from rollcall.transports.settings import SftpSettings
from rollcall.transports.ssh import coded, connect

_T = TypeVar("_T")
# Bytes of one read: the library splits it into requests that are under way together, which hides
# the network's delay.
_READ = 8 * BLOCK


class SftpTransport:
    """A folder on an SFTP server as a transport."""

    def __init__(self, settings: SftpSettings, reach: Reach, watch: Watch | None = None) -> None:
        watch = watch or NoWatch()
        self._timeout, self._bounds = settings.timeout_seconds, Bounds()
        # Not asyncio.Runner: to install its Ctrl-C handler on the main thread it writes out every
        # result, which took two thirds of the time of reading a file.
        self._loop = asyncio.new_event_loop()
        # The library reads many blocks at once; when the connection breaks, the first error is
        # raised to the caller and the others are the same.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._connection: asyncssh.SSHClientConnection | None = None
        try:
            self._connection = connect(settings, reach, watch, self._loop)
            self._sftp = self._do(_start(self._connection), "starting SFTP")
            watch.stage(Stage.OPEN)
            entering = self._enter(settings.directory)
            self._directory = self._do(entering, settings.directory, NO_DIRECTORY)
            watch.note(self._directory)
        except BaseException:
            self.close()
            raise

    async def _enter(self, directory: str) -> str:
        real_path = str(await self._sftp.realpath(directory))
        attrs = await self._sftp.stat(real_path)
        if attrs.type not in (asyncssh.FILEXFER_TYPE_DIRECTORY, asyncssh.FILEXFER_TYPE_UNKNOWN):
            raise TransportError(NO_DIRECTORY, f"{directory} is a file")
        return real_path

    def stat(self, name: str) -> FileStat:
        """See Transport."""
        return _file_stat(name, self._do(self._sftp.stat(self._path(name)), name))

    def list(self) -> list[FileStat]:
        """See Transport."""
        return newest_first(self._do(self._list(), self._directory, NO_DIRECTORY))

    async def _list(self) -> Iterable[FileStat]:
        files: list[FileStat] = []
        seen = 0
        async for entry in self._sftp.scandir(self._directory):
            name, attrs = str(entry.filename), entry.attrs
            is_listed, seen = self._bounds.lists(name, seen), seen + 1
            if not is_listed:
                continue
            if attrs.type == asyncssh.FILEXFER_TYPE_SYMLINK:
                with suppress(asyncssh.SFTPError):  # a link that leads nowhere
                    attrs = await self._sftp.stat(self._path(name))
            if _is_file(attrs):
                files.append(_file_stat(name, attrs))
        return files

    def read(self, name: str) -> Iterator[bytes]:
        """See Transport."""
        before = self.stat(name)
        yield from complete(self._blocks(name), before, lambda: self.stat(name))

    def _blocks(self, name: str) -> Iterator[bytes]:
        file = self._do(self._file(self._path(name), "rb"), name)
        try:
            while block := self._do(file.read(_READ), name):
                yield cast("bytes", block)  # of a file that is open for bytes
        finally:
            with suppress(TransportError):  # an error on the way here says more
                self._do(file.close(), name)

    async def _file(self, path: str, mode: str) -> asyncssh.SFTPClientFile:
        return await self._sftp.open(path, mode, encoding=None)

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        """See Transport."""
        path = self._path(name)
        draft = f"{path}.{secrets.token_hex(4)}.part"
        try:
            file = self._do(self._file(draft, "xb"), name, NO_DIRECTORY)
            try:
                for block in blocks:
                    self._do(file.write(block), name)
            finally:
                self._do(file.close(), name)
            self._do(self._rename(draft, path), name, NO_DIRECTORY)
        except BaseException:
            with suppress(TransportError):
                self._do(self._sftp.remove(draft), name)
            raise

    async def _rename(self, draft: str, path: str) -> None:
        """In one step if the server can; else there is no file for a moment."""
        try:
            await self._sftp.posix_rename(draft, path)
        except asyncssh.SFTPOpUnsupported:
            with suppress(asyncssh.SFTPNoSuchFile):
                await self._sftp.remove(path)
            await self._sftp.rename(draft, path)

    def remove(self, name: str) -> None:
        """See Transport."""
        self._do(self._sftp.remove(self._path(name)), name)

    def close(self) -> None:
        """See Transport."""
        if (connection := self._connection) is not None:
            self._connection = None
            with suppress(TransportError):  # what is closed need not answer
                self._do(_ended(connection), "closing")
        if not self._loop.is_closed():
            self._loop.run_until_complete(_left_overs())
            self._loop.close()

    def _path(self, name: str) -> str:
        return f"{self._directory.rstrip('/')}/{plain_name(name)}"

    def _do(self, operation: Coroutine[Any, Any, _T], what: str, missing: str = FILE_MISSING) -> _T:
        """Carry out one request within the time limit; raises only our errors."""
        if self._loop.is_closed():
            operation.close()
            raise TransportError(LOST, f"{what}, after the connection was closed")
        if self._connection is not None:  # else it is being closed
            try:
                self._bounds.in_time()
            except TransportError:
                operation.close()
                raise
        with coded(what, missing):
            return self._loop.run_until_complete(_within(self._timeout, operation))


async def _start(connection: asyncssh.SSHClientConnection) -> asyncssh.SFTPClient:
    """File names that are not UTF-8 stay as they are, instead of failing the listing."""
    return await connection.start_sftp_client(path_errors="surrogateescape")


async def _within(limit: float, operation: Coroutine[Any, Any, _T]) -> _T:
    async with asyncio.timeout(limit):
        return await operation


async def _left_overs() -> None:
    """End the tasks of a broken connection, so that the loop can be closed."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(connection: asyncssh.SSHClientConnection) -> None:
    connection.close()
    await connection.wait_closed()


def _is_file(attrs: asyncssh.SFTPAttrs) -> bool:
    return attrs.type in (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN)


def _file_stat(name: str, attrs: asyncssh.SFTPAttrs) -> FileStat:
    """Without a time from the server it is the epoch, which never counts as settled
    (core.files.file_settling).
    """
    if not _is_file(attrs):
        raise TransportError(NOT_A_FILE, name)
    return FileStat(name, attrs.size, moment(attrs.mtime or 0))
