"""A file server that never comes to an end, or says what no calendar has."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest
from tests.reach import HERE

from rollcall.transports import port
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import connection_settings, open_transport
from rollcall.transports.settings import SmbSettings
from rollcall.transports.smb import SmbTransport

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: As the SMB library has a time that is too late for it.
LATEST = datetime.max  # noqa: DTZ901 - so it has it


class Endless(asyncssh.SFTPServer):
    """Names files for as long as somebody listens."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        for number in count():
            attrs = asyncssh.SFTPAttrs(type=asyncssh.FILEXFER_TYPE_REGULAR, size=1, mtime=1)
            yield asyncssh.SFTPName(b"%d.csv" % number, attrs=attrs)


class Anybody(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[dict[str, Any]]:
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    started = loop.run_until_complete(
        asyncssh.listen(
            "127.0.0.1", 0, server_factory=Anybody, server_host_keys=[key], sftp_factory=Endless
        )
    )
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield {
        **{"type": "sftp", "host": "127.0.0.1", "port": started.get_port(), "user": "u"},
        **{"password": "p", "directory": "/", "host_key": key.get_fingerprint()},
    }
    loop.call_soon_threadsafe(started.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def test_files_without_end_are_not_listed(
    sftp: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "MOST_FILES", 1000)
    settings = connection_settings(sftp)
    with open_transport(settings, HERE) as transport, pytest.raises(TransportError) as caught:
        transport.list()
    assert caught.value.code == "connection.too_many_files"


def test_no_connection_is_used_for_ever(
    sftp: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "LONGEST", -1.0)
    with pytest.raises(TransportError) as caught, open_transport(connection_settings(sftp), HERE):
        pass
    assert caught.value.code == "connection.timeout"


def entries() -> Iterator[Any]:
    for number in count():
        info = SimpleNamespace(
            file_name=f"{number}.csv",
            end_of_file=1,
            last_write_time=LATEST,
        )
        yield SimpleNamespace(name=info.file_name, smb_info=info, is_file=lambda **_: True)


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> SmbTransport:
    monkeypatch.setattr(SmbTransport, "_open", lambda *_: None)
    given = {"host": "127.0.0.1", "user": "u", "password": "p", "directory": "share"}
    return SmbTransport(SmbSettings.model_validate(given), HERE)


def test_files_without_end_are_not_listed_of_a_share(
    share: SmbTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "MOST_FILES", 1000)
    monkeypatch.setattr("smbclient.scandir", lambda *_, **__: entries())
    with pytest.raises(TransportError) as caught:
        share.list()
    assert caught.value.code == "connection.too_many_files"


def test_names_that_no_disk_has_are_not_kept(
    share: SmbTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = next(entries())
    one.name = one.smb_info.file_name = "x" * 100_000
    monkeypatch.setattr("smbclient.scandir", lambda *_, **__: [one, next(entries())])
    assert [file.name for file in share.list()] == ["0.csv"]


def test_a_time_that_no_calendar_has_tells_nothing(
    share: SmbTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smbclient.scandir", lambda *_, **__: [next(entries())])
    assert [file.modified for file in share.list()] == [EPOCH]
    assert [port.moment(far) for far in (1e300, float("inf"), -1e18, 2.0**63)] == [EPOCH] * 4
    found = SimpleNamespace(st_file_attributes=0, st_size=1, st_mtime_ns=2**80)
    monkeypatch.setattr("smbclient.stat", lambda *_, **__: found)
    assert share.stat("a.csv").modified == EPOCH


class Fake:
    """Says what it is given, over and over, and counts the bytes that were taken."""

    def __init__(self, first: bytes, said: bytes, pause: float = 0.0) -> None:
        self._first, self._said, self._pause = first, said, pause
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.taken = 0
        self._thread = Thread(target=self._talk)
        self._thread.start()

    def _talk(self) -> None:
        connection, _ = self._listening.accept()
        with connection, suppress(OSError):
            connection.recv(10_000)
            connection.sendall(self._first)
            while True:
                connection.sendall(self._said)
                self.taken += len(self._said)
                sleep(self._pause)

    def end(self) -> None:
        self._listening.close()
        self._thread.join(5)


def refused(fake: Fake) -> str:
    given = {"type": "smb", "host": "127.0.0.1", "port": fake.port, "directory": "share"}
    given |= {"user": "u", "password": "p", "timeout_seconds": 2}
    settings = connection_settings(given)
    try:
        with pytest.raises(TransportError) as caught, open_transport(settings, HERE):
            pass
        return caught.value.code
    finally:
        fake.end()


def test_a_message_longer_than_any_is_not_awaited() -> None:
    fake = Fake(b"\xff\xff\xff\xff", b"x" * 100_000)
    assert refused(fake) in ("connection.protocol", "connection.lost")
    assert fake.taken < 20 << 20  # what the system's own buffers take in included


def test_an_answer_that_is_always_about_to_come_is_not_awaited() -> None:
    pending = struct.pack(
        "<4sHHIHHIIQIIQ16s", *(b"\xfeSMB", 64, 0, 0x103, 0, 1, 1, 0, 0, 0, 0, 0, b"")
    ) + struct.pack("<HBBIB", 9, 0, 0, 0, 0)
    message = struct.pack(">I", len(pending)) + pending
    began = monotonic()
    refused(Fake(message, message, pause=0.2))
    assert monotonic() - began < 10
