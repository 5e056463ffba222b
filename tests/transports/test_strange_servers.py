"""What listens may not be what it should be: silent, or speaking something else."""

import socket
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from tests.reach import HERE

from rollcall.engine.delivery import MailError, build, deliver, mail_settings
from rollcall.transports.errors import TransportError
from rollcall.transports.opening import open_transport
from rollcall.transports.settings import connection_settings

SFTP = {"type": "sftp", "user": "u", "password": "p", "timeout_seconds": 0.3}
SMB = {**SFTP, "type": "smb", "directory": "share"}
GREETING = b"220 FTP server ready\r\n"


@pytest.fixture
def listen() -> Iterator[Callable[[bytes | None], int]]:
    """Start something on a port that says its greeting and hangs up, or (None) says nothing."""
    sockets: list[socket.socket] = []

    def start(greeting: bytes | None) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        sockets.append(listening)
        if greeting is not None:
            Thread(target=_greet, args=(listening, greeting), daemon=True).start()
        return int(listening.getsockname()[1])

    yield start
    for listening in sockets:
        listening.close()


def _greet(listening: socket.socket, greeting: bytes) -> None:
    for _ in range(2):  # the second time for the one who looks first whether it can connect
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.sendall(greeting)


def refused(settings: dict[str, Any], port: int) -> TransportError:
    full = connection_settings({**settings, "host": "127.0.0.1", "port": port})
    with pytest.raises(TransportError) as caught, open_transport(full, HERE):
        pass
    return caught.value


Listen = Callable[[bytes | None], int]


@pytest.mark.parametrize("settings", [SFTP, SMB], ids=["sftp", "smb"])
def test_a_silent_server_is_not_waited_for_without_end(
    settings: dict[str, Any], listen: Listen
) -> None:
    assert refused(settings, listen(None)).code == "connection.timeout"


def test_an_ftp_server_is_not_an_sftp_server(listen: Listen) -> None:
    error = refused(SFTP, listen(GREETING))
    assert error.code == "connection.lost"
    assert "port 21 is FTP" in str(error)


def test_what_is_no_file_server(listen: Listen) -> None:
    error = refused(SMB, listen(b"\x00\x00\x00\x10no file server!!"))
    assert error.code == "connection.protocol"


def test_a_key_that_is_none(listen: Listen) -> None:
    error = refused({**SFTP, "key": "not a key"}, listen(None))
    assert error.code == "connection.key_unreadable"


@pytest.mark.parametrize(
    ("greeting", "code"), [(None, "mail.lost"), (GREETING, "mail.lost"), (b"", "mail.lost")]
)
def test_what_is_no_mail_server(greeting: bytes | None, code: str, listen: Listen) -> None:
    settings = mail_settings(
        {
            "type": "smtp",
            "host": "127.0.0.1",
            "port": listen(greeting),
            "from": "r@x.org",
            "timeout_seconds": 0.3,
        }
    )
    message = build("s", "t", ["a@x.org"], "r@x.org", message_id="1@x.org")
    with pytest.raises(MailError) as caught:
        deliver(settings, HERE, message)
    assert caught.value.code == code
