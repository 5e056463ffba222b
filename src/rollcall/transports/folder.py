"""Files in a folder of this machine, or one mounted on it."""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from rollcall.transports.errors import (
    FAILED,
    FILE_MISSING,
    NO_DIRECTORY,
    NO_PERMISSION,
    NO_SPACE,
    NOT_A_FILE,
    TransportError,
)
from rollcall.transports.port import (
    BLOCK,
    FileStat,
    NoWatch,
    Stage,
    Watch,
    newest_first,
    plain_name,
    whole,
)
from rollcall.transports.settings import FolderSettings

_CODES = {
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.EROFS: NO_PERMISSION,
    errno.ENOSPC: NO_SPACE,
    errno.EDQUOT: NO_SPACE,
    errno.EISDIR: NOT_A_FILE,
}


class FolderTransport:
    """A folder as a transport."""

    def __init__(self, settings: FolderSettings, watch: Watch | None = None) -> None:
        watch = watch or NoWatch()
        self._folder = Path(settings.path)
        watch.stage(Stage.OPEN)
        with _coded(NO_DIRECTORY, settings.path):
            if not stat.S_ISDIR(self._folder.stat().st_mode):
                raise TransportError(NO_DIRECTORY, f"{settings.path} is a file")

    def stat(self, name: str) -> FileStat:
        """See Transport."""
        path = self._path(name)
        with _coded(FILE_MISSING, name):
            return _file_stat(name, path.stat())

    def list(self) -> list[FileStat]:
        """See Transport."""
        with _coded(NO_DIRECTORY, str(self._folder)), os.scandir(self._folder) as entries:
            files = [_file_stat(e.name, e.stat()) for e in entries if e.is_file()]
        return newest_first(files)

    def read(self, name: str) -> Iterator[bytes]:
        """See Transport."""
        path = self._path(name)
        before = self.stat(name)
        with _coded(FILE_MISSING, name), path.open("rb", buffering=0) as file:
            yield from whole(iter(lambda: file.read(BLOCK), b""), before, lambda: self.stat(name))

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        """See Transport."""
        path = self._path(name)
        draft = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        try:
            with _coded(NO_DIRECTORY, str(self._folder)):
                file = draft.open("xb", buffering=0)
            with file:
                _write_all(file, blocks)
            with _coded(NO_DIRECTORY, str(self._folder)):
                draft.replace(path)
        except BaseException:
            with suppress(OSError):  # what stopped the writing says more
                draft.unlink()
            raise

    def remove(self, name: str) -> None:
        """See Transport."""
        path = self._path(name)
        with _coded(FILE_MISSING, name):
            path.unlink()

    def close(self) -> None:
        """See Transport."""

    def _path(self, name: str) -> Path:
        return self._folder / plain_name(name)


def _write_all(file: FileIO, blocks: Iterable[bytes]) -> None:
    """Write the blocks through to the disk. Errors of `blocks` itself are the caller's own."""
    for block in blocks:
        rest = memoryview(block)
        while rest:
            with _coded(NO_DIRECTORY, file.name):
                rest = rest[file.write(rest) :]
    with _coded(NO_DIRECTORY, file.name):
        os.fsync(file.fileno())


def _file_stat(name: str, found: os.stat_result) -> FileStat:
    if not stat.S_ISREG(found.st_mode):
        raise TransportError(NOT_A_FILE, name)
    return FileStat(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


@contextmanager
def _coded(missing: str, what: str) -> Iterator[None]:
    """Turn the system's errors into ours; `missing` is the code for "no such file or folder"."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise TransportError(missing, what) from None
    except OSError as error:
        code = _CODES.get(error.errno or 0, FAILED)
        raise TransportError(code, what, error.strerror or "") from error
