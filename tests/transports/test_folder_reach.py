"""A folder leads nowhere but where it is allowed, however its links lie and change."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from rollcall.core.reach import Reach
from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.settings.mail_settings import mail_settings
from rollcall.transports.errors import TransportError
from rollcall.transports.folder import FolderTransport
from rollcall.transports.port import Transport
from rollcall.transports.settings import FolderSettings

NOT_ALLOWED = "connection.folder_not_allowed"
ACTS: dict[str, Callable[[Transport, str], object]] = {
    "stat": lambda transport, name: transport.stat(name),
    "read": lambda transport, name: list(transport.read(name)),
}


@dataclass
class Disk:
    """A folder that is allowed, one that is not, and Rollcall's own inside of the allowed one."""

    place: Path

    @property
    def ours(self) -> Path:
        return self.place / "ours"

    @property
    def theirs(self) -> Path:
        return self.place / "theirs"

    @property
    def home(self) -> Path:
        return self.ours / "rollcall"

    @property
    def reach(self) -> Reach:
        return Reach(folders=(str(self.ours),), closed=(str(self.home),))

    def open(self, path: Path) -> FolderTransport:
        return FolderTransport(FolderSettings(path=str(path)), self.reach)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    made = Disk(tmp_path.resolve())
    for folder in (made.ours, made.theirs, made.home, made.ours / "outgoing"):
        folder.mkdir()
    for folder in (made.theirs, made.home):
        (folder / "A.csv").write_bytes(b"secret")
    (made.ours / "outgoing" / "A.csv").write_bytes(b"plain")
    return made


@pytest.fixture
def there(disk: Disk) -> Iterator[FolderTransport]:
    with closing(disk.open(disk.ours / "outgoing")) as made:
        yield made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(TransportError) as caught:
        act()
    assert "secret" not in str(caught.value)
    return caught.value.code


def test_only_what_is_allowed_is_opened(disk: Disk) -> None:
    link, hidden = disk.ours / "link", disk.ours / ".ssh"
    link.symlink_to(disk.theirs)
    hidden.mkdir()
    up = disk.ours / "outgoing" / ".." / ".." / "theirs"
    for path in (disk.theirs, link, up, hidden, disk.home, disk.place, Path("/etc"), Path("/proc")):
        assert code_of(partial(disk.open, path)) == NOT_ALLOWED
    assert code_of(lambda: disk.open(disk.theirs / "nowhere")) == NOT_ALLOWED  # nor told of
    assert code_of(lambda: disk.open(disk.ours / "nowhere")) == "connection.no_directory"


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("where", ["theirs", "ours/rollcall"])
def test_a_link_that_leads_outside_is_neither_read_nor_listed(
    disk: Disk, there: FolderTransport, act: str, where: str
) -> None:
    outgoing = disk.ours / "outgoing"
    (outgoing / "B.csv").symlink_to(disk.place / where / "A.csv")
    (outgoing / "C.csv").symlink_to("B.csv")
    for name in ("B.csv", "C.csv"):
        assert code_of(partial(ACTS[act], there, name)) == NOT_ALLOWED
    (outgoing / "D.csv").symlink_to(disk.place / "nothing")
    (outgoing / "E.csv").symlink_to("E.csv")
    assert [file.name for file in there.list()] == ["A.csv"]


def test_a_link_to_what_is_allowed_is_followed(disk: Disk, there: FolderTransport) -> None:
    archive = disk.ours / "archive"
    archive.mkdir()
    (archive / "old.csv").write_bytes(b"older")
    (disk.ours / "outgoing" / "B.csv").symlink_to("../archive/old.csv")
    assert there.stat("B.csv").size == 5
    assert b"".join(there.read("B.csv")) == b"older"
    assert {file.name for file in there.list()} == {"A.csv", "B.csv"}


def test_a_folder_behind_an_allowed_link_is_opened(disk: Disk) -> None:
    (disk.ours / "now").symlink_to("outgoing")
    with closing(disk.open(disk.ours / "now")) as there:
        assert b"".join(there.read("A.csv")) == b"plain"


def test_a_folder_that_becomes_a_link_stays_the_one_that_was_opened(
    disk: Disk, there: FolderTransport
) -> None:
    (disk.ours / "outgoing").rename(disk.ours / "before")
    (disk.ours / "outgoing").symlink_to(disk.theirs)
    assert b"".join(there.read("A.csv")) == b"plain"
    there.write("B.csv", [b"x"])
    there.remove("A.csv")
    assert names(disk.theirs) == ["A.csv"]
    assert names(disk.ours / "before") == ["B.csv"]


def test_a_link_that_comes_between_the_check_and_the_opening_is_not_followed(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a folder, of a folder above it, and of a file."""
    deep = disk.ours / "a" / "b"
    deep.mkdir(parents=True)
    (disk.theirs / "b").mkdir()
    really = os.path.realpath

    def then_swapped(path: str) -> str:
        found = really(path)
        (disk.ours / "a").rename(disk.ours / "gone")
        (disk.ours / "a").symlink_to(disk.theirs)
        return found

    monkeypatch.setattr(os.path, "realpath", then_swapped)
    assert code_of(lambda: disk.open(deep)) == "connection.no_directory"


def test_a_file_that_becomes_a_link_before_it_is_opened_is_not_read(
    disk: Disk, there: FolderTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = disk.ours / "outgoing" / "A.csv"
    really = os.open

    def swapped(name: str, flags: int, *more: int, dir_fd: int | None = None) -> int:
        if name == "A.csv":
            path.unlink()
            path.symlink_to(disk.theirs / "A.csv")
        return really(name, flags, *more, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", swapped)
    assert code_of(lambda: list(there.read("A.csv"))) == "connection.failed"


def test_writing_replaces_a_link_and_never_what_it_leads_to(
    disk: Disk, there: FolderTransport
) -> None:
    path = disk.ours / "outgoing" / "B.csv"
    path.symlink_to(disk.theirs / "A.csv")
    there.write("B.csv", [b"new"])
    assert not path.is_symlink()
    assert (disk.theirs / "A.csv").read_bytes() == b"secret"
    path.unlink()
    path.symlink_to(disk.theirs / "A.csv")
    there.remove("B.csv")
    assert (disk.theirs / "A.csv").exists()


@pytest.mark.parametrize("act", ACTS)
def test_a_pipe_holds_nobody_up(disk: Disk, there: FolderTransport, act: str) -> None:
    os.mkfifo(disk.ours / "outgoing" / "B.csv")
    (disk.ours / "outgoing" / "C.csv").symlink_to("B.csv")
    for name in ("B.csv", "C.csv"):
        assert code_of(partial(ACTS[act], there, name)) == "file.not_a_file"
    assert [file.name for file in there.list()] == ["A.csv"]


def test_a_pipe_that_takes_a_files_place_holds_nobody_up(
    disk: Disk, there: FolderTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = disk.ours / "outgoing" / "A.csv"
    seen = there.stat("A.csv")
    monkeypatch.setattr(FolderTransport, "stat", lambda self, name: seen)
    path.unlink()
    os.mkfifo(path)
    assert code_of(lambda: list(there.read("A.csv"))) == "file.not_a_file"


def test_a_closed_transport_is_not_used(disk: Disk) -> None:
    there = disk.open(disk.ours)
    there.close()
    there.close()
    assert code_of(there.list) == "connection.failed"


# Mails as files


def mailed_to(path: Path, reach: Reach) -> None:
    settings = mail_settings({"type": "folder", "path": str(path), "from": "r@x.example"})
    deliver(settings, reach, build("s", "t", ["a@x.example"], "r@x.example", message_id="1@x"))


def test_mails_are_written_only_where_it_is_allowed(disk: Disk) -> None:
    link = disk.ours / "link"
    link.symlink_to(disk.theirs)
    for path in (disk.theirs, disk.theirs / "mails", link, link / "mails", disk.home / "mails"):
        with pytest.raises(MailError) as caught:
            mailed_to(path, disk.reach)
        assert caught.value.code == NOT_ALLOWED
    assert names(disk.theirs) == names(disk.home) == ["A.csv"]
    mailed_to(disk.ours / "mails", disk.reach)
    assert len(names(disk.ours / "mails")) == 1


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_hidden_file_is_as_closed_as_a_hidden_folder(
    act: Callable[[Transport, str], object], disk: Disk
) -> None:
    (disk.ours / "outgoing" / ".env").write_bytes(b"secret")
    with closing(disk.open(disk.ours / "outgoing")) as transport:
        with pytest.raises(TransportError) as caught:
            act(transport, ".env")
        assert caught.value.code == NOT_ALLOWED
        assert [file.name for file in transport.list()] == ["A.csv"]


def test_a_hidden_file_is_not_written_or_removed(disk: Disk) -> None:
    (disk.ours / "outgoing" / ".env").write_bytes(b"secret")
    with closing(disk.open(disk.ours / "outgoing")) as transport:
        for act in (partial(transport.write, ".env", [b"mine"]), partial(transport.remove, ".env")):
            with pytest.raises(TransportError) as caught:
                act()
            assert caught.value.code == NOT_ALLOWED
    assert (disk.ours / "outgoing" / ".env").read_bytes() == b"secret"
