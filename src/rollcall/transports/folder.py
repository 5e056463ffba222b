"""Files in a folder of this machine, or one mounted on it.

Anyone who can write into the folder can put links there, and change them at any moment. So a path's
links are resolved, the resulting path is checked, and then it is opened folder by folder from the
root with no link followed: the open folder is the checked one. All later work goes through the open
folder's descriptor, and only regular files are opened: a pipe or a device could block us forever.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO

from rollcall.core.reach import Reach
from rollcall.transports.errors import (
    FAILED,
    FILE_MISSING,
    FOLDER_NOT_ALLOWED,
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
    complete,
    moment,
    newest_first,
    plain_name,
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
#: To open a folder only to go on from there, which needs no right to list it where that exists.
_PASS = os.O_DIRECTORY | os.O_NOFOLLOW | getattr(os, "O_PATH", os.O_RDONLY)
#: Do not wait for a file that is not regular; do not follow a link in a file's place.
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK


def allowed(path: str, reach: Reach) -> str:
    """The real path behind links. TransportError unless the district may use it."""
    real = os.path.realpath(path)
    if not reach.allows_path(real):
        raise TransportError(FOLDER_NOT_ALLOWED, path)
    return real


def make_folder(path: str, reach: Reach) -> None:
    """Make the last folder of a path if it is missing. TransportError if that fails."""
    parent, name = os.path.split(allowed(path, reach))
    with _coded(NO_DIRECTORY, path), _opened(parent) as inside, suppress(FileExistsError):
        os.mkdir(name, dir_fd=inside)


class FolderTransport:
    """A folder as a transport."""

    def __init__(self, settings: FolderSettings, reach: Reach, watch: Watch | None = None) -> None:
        watch = watch or NoWatch()
        self._reach, self._folder = reach, settings.path
        watch.stage(Stage.OPEN)
        self._real = allowed(settings.path, reach)
        with _coded(NO_DIRECTORY, settings.path):
            self._open: int | None = _open_folder(self._real)

    @property
    def _inside(self) -> int:
        if self._open is None:
            raise TransportError(FAILED, f"{self._folder}, after it was closed")
        return self._open

    def stat(self, name: str) -> FileStat:
        """See Transport."""
        with _coded(FILE_MISSING, name), self._place(name) as (inside, really):
            return _file_stat(name, os.stat(really, dir_fd=inside, follow_symlinks=False))

    def list(self) -> list[FileStat]:
        """See Transport."""
        with _coded(NO_DIRECTORY, self._folder):
            folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._inside)
            try:
                with os.scandir(folder) as entries:
                    return newest_first(file for entry in entries if (file := self._listed(entry)))
            finally:
                os.close(folder)

    def _listed(self, entry: "os.DirEntry[str]") -> FileStat | None:
        """A listed file; None for a folder, or if it is not allowed or links to such a place."""
        if not self._reach.allows_path(f"{self._real}/{entry.name}"):
            return None
        if entry.is_file(follow_symlinks=False):
            return _file_stat(entry.name, entry.stat(follow_symlinks=False))
        if entry.is_symlink():
            with suppress(TransportError):
                return self.stat(entry.name)
        return None

    def read(self, name: str) -> Iterator[bytes]:
        """See Transport."""
        before = self.stat(name)
        with _coded(FILE_MISSING, name), self._place(name) as (inside, really):
            file = FileIO(os.open(really, os.O_RDONLY | _FILE, dir_fd=inside))
        with file, _coded(FILE_MISSING, name):
            _file_stat(name, os.fstat(file.fileno()))
            blocks = iter(lambda: file.read(BLOCK) or b"", b"")
            yield from complete(blocks, before, lambda: self.stat(name))

    def write(self, name: str, blocks: Iterable[bytes]) -> None:
        """See Transport."""
        path = self._own(name)
        draft = f"{path}.{secrets.token_hex(4)}.part"
        inside = self._inside
        try:
            with _coded(NO_DIRECTORY, self._folder):
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE
                file = FileIO(os.open(draft, flags, 0o666, dir_fd=inside), "w")
            with file:
                _write_all(file, blocks, self._folder)
            with _coded(NO_DIRECTORY, self._folder):
                os.replace(draft, path, src_dir_fd=inside, dst_dir_fd=inside)
        except BaseException:
            with suppress(OSError):  # what stopped the writing says more
                os.unlink(draft, dir_fd=inside)
            raise

    def remove(self, name: str) -> None:
        """See Transport."""
        path = self._own(name)
        with _coded(FILE_MISSING, name):
            os.unlink(path, dir_fd=self._inside)

    def close(self) -> None:
        """See Transport."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _own(self, name: str) -> str:
        """The plain name of a file in the folder. TransportError unless the district may use it."""
        if not self._reach.allows_path(f"{self._real}/{plain_name(name)}"):
            raise TransportError(FOLDER_NOT_ALLOWED, name)
        return name

    @contextmanager
    def _place(self, name: str) -> Iterator[tuple[int, str]]:
        """The open folder that a file is really in, and its name there: of a link its target."""
        path = self._own(name)
        inside = self._inside
        if not stat.S_ISLNK(os.stat(path, dir_fd=inside, follow_symlinks=False).st_mode):
            yield inside, path
            return
        parent, really = os.path.split(allowed(f"{self._real}/{path}", self._reach))
        with _opened(parent) as target:
            yield target, really


def _open_folder(real: str) -> int:
    """The descriptor of a folder, by its full path; OSError if a link is in the path."""
    folder = os.open("/", _PASS)
    for part in filter(None, real.split("/")):
        try:
            inner = os.open(part, _PASS, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


@contextmanager
def _opened(real: str) -> Iterator[int]:
    """The same, closed at the end."""
    folder = _open_folder(real)
    try:
        yield folder
    finally:
        os.close(folder)


def _write_all(file: FileIO, blocks: Iterable[bytes], what: str) -> None:
    """Write the blocks through to the disk. Errors of `blocks` itself are not changed."""
    for block in blocks:
        remaining = memoryview(block)
        while remaining:
            with _coded(NO_DIRECTORY, what):
                remaining = remaining[file.write(remaining) :]
    with _coded(NO_DIRECTORY, what):
        os.fsync(file.fileno())


def _file_stat(name: str, status: os.stat_result) -> FileStat:
    if not stat.S_ISREG(status.st_mode):
        raise TransportError(NOT_A_FILE, name)
    return FileStat(name, status.st_size, moment(status.st_mtime))


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
