"""One suite for every transport, on the real thing: a folder, OpenSSH, Samba, our own SFTP server.

What a transport promises is in `rollcall.transports.port.Transport`.
"""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.reach import HERE
from tests.servers import smbd, sshd
from tests.servers.processes import free_port
from tests.servers.sizeless import SizelessServer

from rollcall.core.problems import Next
from rollcall.sandbox.sftp_server import SftpServer
from rollcall.transports.check import StepState, check, passed
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import connection_settings, open_transport
from rollcall.transports.port import FileStat, Transport

THEN = datetime(2016, 12, 1, 18, 30, tzinfo=UTC)


@dataclass
class Place:
    """A folder somewhere, how to get there, and the same folder seen from here."""

    settings: dict[str, Any]
    folder: Path
    wrong_sign_in: dict[str, Any] = field(default_factory=dict)
    no_directory: dict[str, Any] = field(default_factory=dict)
    read_only: dict[str, Any] = field(default_factory=dict)
    break_off: Callable[[], None] | None = None
    tells_size: bool = True

    @property
    def is_remote(self) -> bool:
        return "host" in self.settings

    def size(self, size: int) -> int | None:
        """How this place tells the size of a file of so many bytes."""
        return size if self.tells_size else None

    def put(self, name: str, data: bytes, modified: datetime = THEN) -> None:
        path = self.folder / name
        path.write_bytes(data)
        os.utime(path, (modified.timestamp(), modified.timestamp()))

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(scope="module")
def openssh() -> Iterator[sshd.Sshd]:
    if not sshd.available():
        pytest.skip("OpenSSH's sshd is not installed: tests/install_servers")
    server, base = sshd.start_sshd()
    yield server
    sshd.end_sshd(server, base)


@pytest.fixture(scope="module")
def samba() -> Iterator[smbd.Smbd]:
    if not smbd.available():
        pytest.skip("Samba's smbd is not installed: tests/install_servers")
    server, base = smbd.start_smbd()
    yield server
    smbd.end_smbd(server, base)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SftpServer]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(SftpServer(folder, "demo", "correct horse"))


@pytest.fixture(scope="module")
def sizeless() -> Iterator[SftpServer]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield stack.enter_context(SizelessServer(folder, "demo", "correct horse"))


def folder_place(request: pytest.FixtureRequest) -> Place:
    folder: Path = request.getfixturevalue("tmp_path")
    settings = {"type": "folder", "path": str(folder)}
    return Place(settings, folder, no_directory={"path": str(folder / "nowhere")})


def openssh_settings(server: sshd.Sshd) -> dict[str, Any]:
    return {
        "type": "sftp",
        "host": "127.0.0.1",
        "port": server.port,
        "directory": str(server.folder),
        "host_key": server.host_keys["ed25519"],
    }


def openssh_key_place(request: pytest.FixtureRequest) -> Place:
    server: sshd.Sshd = request.getfixturevalue("openssh")
    settings = {**openssh_settings(server), "user": server.user, "key": server.key}
    return Place(
        settings,
        server.folder,
        wrong_sign_in={"key": None, "password": "wrong"},
        no_directory={"directory": "/nowhere"},
        break_off=server.break_off,
    )


def openssh_password_place(request: pytest.FixtureRequest) -> Place:
    server: sshd.Sshd = request.getfixturevalue("openssh")
    if server.password_user is None:
        pytest.skip("only root can make a user with a password for the test")
    sign_in = {"user": server.password_user, "password": server.password}
    return Place(
        {**openssh_settings(server), **sign_in},
        server.folder,
        wrong_sign_in={"password": "wrong"},
        no_directory={"directory": "nowhere"},
        read_only={"directory": "/usr"},
        break_off=server.break_off,
    )


def sandbox_place(request: pytest.FixtureRequest) -> Place:
    return of_ours(request.getfixturevalue("sandbox"))


def sizeless_place(request: pytest.FixtureRequest) -> Place:
    return replace(of_ours(request.getfixturevalue("sizeless")), tells_size=False)


def of_ours(server: SftpServer) -> Place:
    return Place(
        {
            "type": "sftp",
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
            "host_key": server.host_key,
        },
        server.folder,
        wrong_sign_in={"password": "wrong"},
        no_directory={"directory": "/nowhere"},
        break_off=server.break_off,
    )


def smb_settings(server: smbd.Smbd) -> dict[str, Any]:
    return {
        "type": "smb",
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "directory": "files",
    }


def samba_place(request: pytest.FixtureRequest) -> Place:
    server: smbd.Smbd = request.getfixturevalue("samba")
    return Place(
        smb_settings(server),
        server.folder,
        wrong_sign_in={"password": "wrong"},
        no_directory={"directory": "files/nowhere"},
        read_only={"directory": "readonly"},
        break_off=server.break_off,
    )


PLACES: dict[str, Callable[[pytest.FixtureRequest], Place]] = {
    "folder": folder_place,
    "openssh-key": openssh_key_place,
    "openssh-password": openssh_password_place,
    "sandbox-sftp": sandbox_place,
    "sftp-no-size": sizeless_place,
    "samba": samba_place,
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    made = PLACES[request.param](request)
    yield made
    for path in made.folder.iterdir():
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture
def there(place: Place) -> Iterator[Transport]:
    with open_transport(connection_settings(place.settings), HERE) as transport:
        yield transport


def refused(place: Place, **changed: Any) -> TransportError:
    """The error of opening this place with other settings."""
    settings = connection_settings({**place.settings, **changed})
    with pytest.raises(TransportError) as caught, open_transport(settings, HERE):
        pass
    return caught.value


# Bytes in, bytes out


@pytest.mark.parametrize("data", [b"", b"\x00\xff\r\n\x1a", os.urandom(5_000_000)], ids=len)
def test_what_is_written_is_read_back(there: Transport, place: Place, data: bytes) -> None:
    there.write("table.csv", [data[:1_000_000], data[1_000_000:]])
    assert (place.folder / "table.csv").read_bytes() == data
    assert b"".join(there.read("table.csv")) == data


def test_odd_names_are_names(there: Transport, place: Place) -> None:
    names = ["-x.csv", "a'b;c&d.csv", "with space.csv", "ñandú é.csv", "漢字"]
    for name in names:
        there.write(name, [name.encode()])
    assert place.names() == names
    assert sorted(file.name for file in there.list()) == names
    assert [b"".join(there.read(name)).decode() for name in names] == names


def test_large_files_come_in_blocks(there: Transport, place: Place) -> None:
    place.put("big", bytes(20_000_000))
    sizes = [len(block) for block in there.read("big")]
    assert sum(sizes) == 20_000_000
    assert max(sizes) < 10_000_000


def test_stat_tells_size_and_time(there: Transport, place: Place) -> None:
    place.put("table.csv", b"12345", modified=THEN)
    assert there.stat("table.csv") == FileStat("table.csv", place.size(5), THEN)


def test_list_has_the_files_newest_first_and_no_folders(there: Transport, place: Place) -> None:
    place.put("middle", b"", THEN - timedelta(minutes=1))
    place.put("newest", b"1", THEN)
    place.put("oldest", b"22", THEN - timedelta(days=400))
    (place.folder / "folder").mkdir()
    assert [file.name for file in there.list()] == ["newest", "middle", "oldest"]
    assert there.list()[2] == FileStat("oldest", place.size(2), THEN - timedelta(days=400))


def test_an_empty_folder_lists_nothing(there: Transport) -> None:
    assert there.list() == []


def test_remove_takes_a_file_away(there: Transport, place: Place) -> None:
    place.put("table.csv", b"1")
    there.remove("table.csv")
    assert place.names() == []


# Writing whole or not at all


def test_write_replaces_a_file(there: Transport, place: Place) -> None:
    place.put("table.csv", b"a longer text from yesterday")
    there.write("table.csv", [b"today"])
    assert (place.folder / "table.csv").read_bytes() == b"today"
    assert place.names() == ["table.csv"]


def test_a_file_is_not_there_before_it_is_whole(there: Transport, place: Place) -> None:
    place.put("table.csv", b"yesterday")
    seen: list[bytes] = []

    def blocks() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * 1_000_000
            seen.append((place.folder / "table.csv").read_bytes())

    there.write("table.csv", blocks())
    assert seen == [b"yesterday"] * 3
    assert (place.folder / "table.csv").stat().st_size == 3_000_000


def test_writing_that_breaks_off_leaves_nothing(there: Transport, place: Place) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the source is gone")

    with pytest.raises(OSError, match="the source is gone"):
        there.write("table.csv", blocks())
    assert place.names() == []


def test_writing_without_the_right_to_is_said(place: Place) -> None:
    if not place.read_only:
        pytest.skip("nothing here is read-only for this account")
    settings = connection_settings({**place.settings, **place.read_only})
    with open_transport(settings, HERE) as transport, pytest.raises(TransportError) as caught:
        transport.write("table.csv", [b"1"])
    assert caught.value.code == "connection.no_permission"


# What is not there


ACTS: dict[str, Callable[[Transport, str], object]] = {
    "stat": lambda transport, name: transport.stat(name),
    "read": lambda transport, name: list(transport.read(name)),
    "remove": lambda transport, name: transport.remove(name),
    "write": lambda transport, name: transport.write(name, [b"x"]),
}


@pytest.mark.parametrize("act", ["stat", "read", "remove"])
def test_a_missing_file_is_said(there: Transport, act: str) -> None:
    with pytest.raises(TransportError) as caught:
        ACTS[act](there, "nothing.csv")
    assert caught.value.code == "file.missing"
    assert "nothing.csv" in str(caught.value)


@pytest.mark.parametrize("act", ["stat", "read"])
def test_a_folder_is_not_a_file(there: Transport, place: Place, act: str) -> None:
    (place.folder / "sub").mkdir()
    with pytest.raises(TransportError) as caught:
        ACTS[act](there, "sub")
    assert caught.value.code == "file.not_a_file"


def test_no_name_leads_out_of_the_folder(there: Transport) -> None:
    for name in ["", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", "a\nb", "\0"]:
        for act in ACTS.values():
            with pytest.raises(TransportError) as caught:
                act(there, name)
            assert caught.value.code == "file.name_refused"


def test_a_missing_folder_is_said(place: Place) -> None:
    assert refused(place, **place.no_directory).code == "connection.no_directory"


# A file that changes under us is never passed on as whole


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.truncate(path, 11_000_000),
        lambda path: os.truncate(path, 0),
        lambda path: append(path, b"more"),
        lambda path: os.utime(path, (1, 1)),
    ],
    ids=["cut short", "emptied", "grown", "rewritten"],
)
def test_a_file_that_changes_while_read_is_refused(
    there: Transport, place: Place, change: Callable[[Path], None]
) -> None:
    place.put("big", b"x" * 12_000_000)
    blocks = there.read("big")
    next(blocks)
    change(place.folder / "big")
    with pytest.raises(TransportError) as caught:
        list(blocks)
    assert caught.value.code == "file.changed"
    assert caught.value.next is Next.AGAIN


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_leaving_off_in_the_middle_is_allowed(there: Transport, place: Place) -> None:
    place.put("big", b"x" * 12_000_000)
    for _ in there.read("big"):
        break
    assert there.stat("big").size == place.size(12_000_000)


def test_leaving_off_and_closing_is_allowed_too(place: Place) -> None:
    place.put("big", b"x" * 12_000_000)
    with open_transport(connection_settings(place.settings), HERE) as transport:
        blocks = transport.read("big")
        next(blocks)
    transport.close()
    del blocks


# Servers that are not there, not ours, or die


@pytest.fixture
def remote(place: Place) -> Place:
    if not place.is_remote:
        pytest.skip("a folder has no server")
    return place


def test_a_server_that_dies_while_a_file_is_read(remote: Place) -> None:
    assert remote.break_off is not None
    remote.put("big", b"x" * 40_000_000)
    got = 0
    settings = connection_settings(remote.settings)
    with pytest.raises(TransportError) as caught, open_transport(settings, HERE) as transport:
        for block in transport.read("big"):
            if not got:
                remote.break_off()
            got += len(block)
    assert caught.value.code == "connection.lost"
    assert caught.value.next is Next.AGAIN
    assert got < 40_000_000


def test_a_server_that_died_meanwhile(remote: Place) -> None:
    assert remote.break_off is not None
    with open_transport(connection_settings(remote.settings), HERE) as transport:
        transport.list()
        remote.break_off()
        with pytest.raises(TransportError) as caught:
            transport.list()
    assert caught.value.code == "connection.lost"


def test_a_lost_connection_is_not_made_anew_by_another_look_up(
    remote: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that connects by itself would go where the name leads by then."""
    assert remote.break_off is not None
    asked: list[object] = []
    with open_transport(connection_settings(remote.settings), HERE) as transport:
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: asked.append(host))
        remote.break_off()
        for act in (lambda: transport.stat("a.csv"), transport.list):
            with pytest.raises(TransportError) as caught:
                act()
            assert caught.value.code == "connection.lost"
    assert asked == []


def test_wrong_password(remote: Place) -> None:
    error = refused(remote, **remote.wrong_sign_in)
    assert error.code == "connection.sign_in_refused"
    assert error.next is Next.FIX_SETTINGS
    assert error.server_text
    assert "wrong" not in str(error)


def test_unknown_host(remote: Place) -> None:
    error = refused(remote, host="no-such-host.invalid")
    assert error.code == "connection.unknown_host"
    assert "no-such-host.invalid" in str(error)


def test_refused_port(remote: Place) -> None:
    error = refused(remote, port=free_port())
    assert error.code == "connection.refused"
    assert error.next is Next.AGAIN


# Host keys (SFTP)


@pytest.fixture
def ssh(remote: Place) -> Place:
    if remote.settings["type"] != "sftp":
        pytest.skip("only SSH servers have host keys")
    return remote


def test_without_a_host_key_nothing_is_sent_and_the_servers_is_shown(ssh: Place) -> None:
    error = refused(ssh, host_key=None)
    assert error.code == "connection.host_key_unknown"
    assert "SHA256:" in str(error)


def test_another_host_key_is_refused(ssh: Place, tmp_path: Path) -> None:
    other = SftpServer(tmp_path, "x", "y").host_key
    assert refused(ssh, host_key=other).code == "connection.host_key_changed"
    assert refused(ssh, host_key="SHA256:" + "A" * 43).code == "connection.host_key_changed"


def test_the_fingerprint_a_refusal_shows_is_the_one_to_set(ssh: Place) -> None:
    shown = str(refused(ssh, host_key=None)).split("SHA256:")[1][:43]
    with open_transport(connection_settings({**ssh.settings, "host_key": f"SHA256:{shown}"}), HERE):
        pass


def test_any_of_the_servers_keys_will_do(openssh: sshd.Sshd) -> None:
    """A server shows one of its keys; the settings may hold another one of them."""
    settings = {**openssh_settings(openssh), "user": openssh.user, "key": openssh.key}
    line = openssh.host_keys["rsa"]
    shown = str(refused(Place({**settings, "host_key": line}, Path()), directory="/nowhere"))
    assert "nowhere" in shown
    for host_key in (line, f"[127.0.0.1]:{openssh.port} {line} comment", fingerprint(line)):
        with open_transport(connection_settings({**settings, "host_key": host_key}), HERE):
            pass


@pytest.mark.parametrize("form", ["openssh", "pkcs8"])
def test_a_key_with_a_passphrase_signs_in(openssh: sshd.Sshd, form: str) -> None:
    key = openssh.locked_keys[form]
    settings = {**openssh_settings(openssh), "user": openssh.user, "key": key}
    right = {**settings, "passphrase": sshd.PASSPHRASE}
    with open_transport(connection_settings(right), HERE) as transport:
        assert transport.list() == []
    for passphrase in ("wrong", None):
        error = refused(Place(settings, Path()), passphrase=passphrase)
        assert error.code == "connection.key_unreadable"
        assert "PRIVATE KEY" not in str(error)


def fingerprint(line: str) -> str:
    import asyncssh

    return asyncssh.import_public_key(line).get_fingerprint()


# Shares (SMB)


def test_a_missing_share_is_said(samba: smbd.Smbd, request: pytest.FixtureRequest) -> None:
    error = refused(samba_place(request), directory="no-such-share")
    assert error.code == "connection.no_directory"


def test_a_share_may_be_written_as_windows_does(
    samba: smbd.Smbd, request: pytest.FixtureRequest
) -> None:
    settings = samba_place(request).settings
    del settings["host"]
    unc = {**settings, "directory": "\\\\127.0.0.1\\files\\", "domain": "ROLLCALL"}
    with open_transport(connection_settings(unc), HERE) as transport:
        assert transport.list() == []


@contextmanager
def another_samba(more: str) -> Iterator[smbd.Smbd]:
    if not smbd.available():
        pytest.skip("Samba's smbd is not installed: tests/install_servers")
    server, base = smbd.start_smbd(more)
    try:
        yield server
    finally:
        smbd.end_smbd(server, base)


def test_a_server_that_cannot_encrypt_is_refused_unless_the_settings_allow_it() -> None:
    with another_samba("server smb encrypt = off") as server:
        settings = smb_settings(server)
        assert refused(Place(settings, Path())).code == "connection.no_encryption"
        allowed = connection_settings({**settings, "require_encryption": False})
        with open_transport(allowed, HERE) as transport:
            transport.write("a.csv", [b"1"])
            assert b"".join(transport.read("a.csv")) == b"1"


@pytest.mark.parametrize("newest", ["SMB2_10", "SMB3_02", "SMB3_11"])
def test_a_server_is_read_unsigned_when_the_settings_allow_it(newest: str) -> None:
    """Which from 3.1.1 on no server lets anyone do: there it is signed all the same."""
    unsigned = f"server signing = disabled\nserver max protocol = {newest}"
    with another_samba(unsigned) as server:
        lax = {"require_encryption": False, "require_signing": False}
        allowed = connection_settings(smb_settings(server) | lax)
        with open_transport(allowed, HERE) as transport:
            transport.write("a.csv", [b"1"])
            assert b"".join(transport.read("a.csv")) == b"1"


def test_a_server_that_refers_to_another_one_is_not_followed() -> None:
    """DFS: the other one's address nobody checked."""
    import smbclient  # type: ignore[import-untyped]  # smbprotocol ships no types

    with another_samba("host msdfs = yes\nmsdfs root = yes") as server:
        there = Place(smb_settings(server), server.folder)
        with open_transport(connection_settings(there.settings), HERE) as transport:
            transport.write("a.csv", [b"1"])
            assert b"".join(transport.read("a.csv")) == b"1"
        (server.folder / "elsewhere").symlink_to("msdfs:127.0.0.9\\files")
        error = refused(there, directory="files/elsewhere")
    assert error.code == "connection.no_directory"
    assert "another server" in str(error)
    assert not smbclient.ClientConfig()._referral_cache  # which all connections would go by


def test_a_guest_is_not_signed_in() -> None:
    """A server may let in whom it does not know as a guest: wrong passwords would look right."""
    with another_samba("map to guest = bad password") as server:
        settings = smb_settings(server)
        for require in (True, False):
            changed = {"password": "wrong", "require_encryption": require}
            error = refused(Place(settings, Path()), **changed)
            assert error.code == "connection.sign_in_refused"


def test_a_file_open_elsewhere_for_writing_is_locked(
    samba: smbd.Smbd, request: pytest.FixtureRequest
) -> None:
    import smbclient

    settings = connection_settings(samba_place(request).settings)
    pool: dict[str, Any] = {}
    sign_in = {"port": samba.port, "username": samba.user, "password": samba.password}
    path = "\\\\127.0.0.1\\files\\export.csv"
    with smbclient.open_file(
        path, "wb", share_access="rw", connection_cache=pool, **sign_in
    ) as export:
        export.write(b"half")
        export.flush()
        with open_transport(settings, HERE) as transport, pytest.raises(TransportError) as caught:
            list(transport.read("export.csv"))
    smbclient.reset_connection_cache(connection_cache=pool)
    assert caught.value.code == "file.locked"
    assert caught.value.next is Next.AGAIN
    (samba.folder / "export.csv").unlink()


# The connection test


def test_the_connection_test_goes_all_the_way(place: Place) -> None:
    place.put("CASEMISA.csv", b"x" * 1234, THEN)
    now = THEN + timedelta(hours=3)
    steps = check(connection_settings(place.settings), ["CASEMISA.csv"], HERE, lambda: now)
    assert passed(steps)
    size = "1,234 bytes" if place.tells_size else "size not sent by the server"
    assert steps[-1].notes == f"{size}, changed 3 hours ago"
    assert "the newest is CASEMISA.csv" in steps[-2].notes


def test_the_connection_test_looks_for_every_file(place: Place) -> None:
    place.put("b.csv", b"", THEN)
    steps = check(connection_settings(place.settings), ["a.csv", "b.csv"], HERE, lambda: THEN)
    assert [step.state for step in steps[-3:]] == [StepState.OK, StepState.FAILED, StepState.OK]
    assert steps[-2].code == "file.missing"
    assert not passed(steps)


def test_the_connection_test_stops_where_signing_in_fails(remote: Place) -> None:
    settings = connection_settings({**remote.settings, **remote.wrong_sign_in})
    steps = check(settings, ["a.csv"], HERE, lambda: THEN)
    states = {step.name: step.state for step in steps}
    assert states["connect"] is StepState.OK
    assert states["sign_in"] is StepState.FAILED
    assert states["open"] is states["list"] is states["file"] is StepState.SKIPPED
    (failed,) = (step for step in steps if step.state is StepState.FAILED)
    assert failed.code == "connection.sign_in_refused"
    assert failed.notes
    assert "password" in failed.advice
