"""What listens may not be what it should be: silent, or speaking something else."""

import re
import socket
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from tests.reach import HERE

from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.settings.mail_settings import mail_settings
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import connection_settings, open_transport

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


# What a stranger says is not shown: anything may listen where settings point, such as a service of
# the server's own network, and a page would be a way to read it.

SECRET = "hunter2"
OWN_WORDS = re.compile(r"|SSH \d+, [a-z ]+|STATUS_[A-Z_]+")
STRANGERS = {
    "a line": b"hunter2\r\n",
    "POP3": b"+OK hunter2\r\n",
    "a store": b"-ERR wrong hunter2\r\n",
    "HTTP": b"HTTP/1.1 400 hunter2\r\nServer: hunter2\r\n\r\nhunter2",
    "FTP": b"220 hunter2\r\n",
    "a mail server that is not ready": b"554 hunter2\r\n",
    "SSH 1": b"SSH-1.5-hunter2\r\n",
    "SSH that hangs up": b"SSH-2.0-hunter2\r\n",
    "SSH that disconnects": b"SSH-2.0-x\r\n\x00\x00\x00\x1c\x07\x01\x00\x00\x00\x02"
    b"\x00\x00\x00\x07hunter2\x00\x00\x00\x00hunter2",
    "SMB": b"\x00\x00\x00\x47\xfeSMBhunter2" + b"hunter2" * 9,
    "length and text": b"\x00\x00\x00\x07hunter2",
}


@pytest.mark.parametrize("greeting", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("settings", [SFTP, SMB], ids=["sftp", "smb"])
def test_a_connection_error_has_no_word_of_a_stranger(
    settings: dict[str, Any], greeting: bytes, listen: Listen
) -> None:
    error = refused(settings, listen(greeting))
    assert SECRET not in str(error) + error.server_text
    assert OWN_WORDS.fullmatch(error.server_text)  # nor its bytes as numbers


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize("greeting", STRANGERS.values(), ids=STRANGERS)
def test_a_mail_error_has_no_word_of_a_stranger(
    greeting: bytes, security: str, listen: Listen
) -> None:
    assert SECRET not in str(mail_refused(listen(greeting), security))


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (b"550 5.7.1 not from you\r\n", "550 5.7.1 not from you"),
        (b"hunter2\r\n", "no answer of SMTP"),
        (b"999 hunter2\r\n", "no answer of SMTP"),
        (b"550 hunter2 \xff\xfe\r\n", "550"),
    ],
)
def test_a_mail_server_is_quoted_where_it_answers_as_smtp_has_it(answer: bytes, shown: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        talking = Thread(target=_talk, args=(listening, answer))
        talking.start()
        error = mail_refused(listening.getsockname()[1], "none")
        talking.join()
    assert shown in str(error)
    assert SECRET not in str(error)


def _talk(listening: socket.socket, answer: bytes) -> None:
    """A mail server that takes EHLO and gives one answer to all that follows."""
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"220 ready\r\n")
        said = b"250 x\r\n"
        while connection.recv(1000):
            connection.sendall(said)
            said = answer


def mail_refused(port: int, security: str) -> MailError:
    given = {"type": "smtp", "host": "127.0.0.1", "port": port, "from": "r@x.org"}
    settings = mail_settings({**given, "security": security, "timeout_seconds": 0.3})
    message = build("s", "t", ["a@x.org"], "r@x.org", message_id="1@x.org")
    with pytest.raises(MailError) as caught:
        deliver(settings, HERE, message)
    return caught.value
