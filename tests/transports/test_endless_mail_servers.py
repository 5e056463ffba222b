"""A mail server that never comes to an end costs neither memory nor a thread."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from tests.reach import HERE

from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.settings.mail_settings import mail_settings

GREETS = b"220 mx ESMTP\r\n"
LINE = b"250-" + b"x" * 900 + b"\r\n"


class Server:
    """Says its `words` one after the other, one for each time it hears something; the first by
    itself. It says the last one over and over, each time after `pause` seconds.
    """

    def __init__(self, words: list[bytes], pause: float = 0.0) -> None:
        self._words, self._pause = words, pause
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.said = 0
        Thread(target=self._talk, daemon=True).start()

    def _talk(self) -> None:
        connection, _ = self._listening.accept()
        with connection, suppress(OSError):
            for word in self._words[:-1]:
                connection.sendall(word)
                connection.recv(10_000)
            while True:
                connection.sendall(self._words[-1])
                self.said += len(self._words[-1])
                sleep(self._pause)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    made: list[Server] = []
    yield made
    for one in made:
        one.close()


def refused(server: Server, longest: float = 20.0, **more: Any) -> MailError:
    given = {"type": "smtp", "host": "127.0.0.1", "port": server.port, "from": "r@x.org"}
    settings = mail_settings({**given, "security": "none", "timeout_seconds": 5, **more})
    message = build("s", "t", ["a@x.org"], "r@x.org", message_id="1@x.org")
    with pytest.raises(MailError) as caught:
        deliver(settings, HERE, message, longest=longest)
    return caught.value


@pytest.mark.parametrize(
    "words",
    [[LINE.replace(b"250", b"220")], [GREETS, LINE], [GREETS, b"250 x\r\n", LINE]],
    ids=["greeting", "ehlo", "answer"],
)
def test_an_answer_without_end_is_not_kept(words: list[bytes], servers: list[Server]) -> None:
    servers.append(server := Server(words))
    assert refused(server).code == "mail.lost"
    assert server.said < 20 << 20  # what the system's own buffers take in included


def test_one_that_says_a_little_now_and_then_is_left(servers: list[Server]) -> None:
    servers.append(server := Server([GREETS, b"250-x\r\n"], pause=0.1))
    began = monotonic()
    assert refused(server, longest=1.0).code == "mail.lost"
    assert monotonic() - began < 4


def test_a_challenge_that_is_none_is_an_answer_that_is_none(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtplib.SMTP.starttls", lambda *_, **__: (220, b""))
    asks = b"250-x\r\n250 AUTH CRAM-MD5\r\n"
    servers.append(server := Server([GREETS, asks, b"334 a\r\n"], pause=0.1))
    assert refused(server, security="starttls", user="u", password="p").code == "mail.lost"
