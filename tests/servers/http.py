"""An HTTP server that answers as a test says: plain or with TLS, politely or not."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from rollcall.sandbox.edfi import certificate


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int


class Last(bytes):
    """Bytes after which the connection is closed."""


#: The bytes sent back.
Script = Callable[[Seen], bytes]


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A plain answer; header names with _ for -."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


@dataclass
class HttpServer:
    """Where it listens, and what it was asked."""

    script: Script
    url: str = ""
    ca_file: Path | None = None
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    @property
    def ca_certificate(self) -> str:
        """The certificate of the authority made up."""
        assert self.ca_file is not None
        return self.ca_file.read_text()


@contextmanager
def http_server(
    script: Script, folder: Path | None = None, named: str = "127.0.0.1"
) -> Iterator[HttpServer]:
    """Serves until the end; with a folder over TLS, with a certificate of an authority made up
    there (`ca_file`), for localhost and the address `named`.
    """
    server = HttpServer(script)
    context = None
    if folder is not None:
        server.ca_file, key = certificate.write(folder, named)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server.ca_file, key)
    with socket.create_server(("127.0.0.1", 0)) as listening, _Listener(server, listening, context):
        scheme = "https" if context else "http"
        server.url = f"{scheme}://localhost:{listening.getsockname()[1]}"
        yield server


class _Listener:
    """Threads that serve, all ended at the end."""

    def __init__(
        self, server: HttpServer, listening: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        self._server, self._listening, self._context = server, listening, context
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> None:
        self._threads[0].start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        _end(self._listening)
        self._threads[0].join()
        for one in self._open:
            _end(one)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._listening.accept()
                self._open.append(connected)
                self._server.connections += 1
                number = self._server.connections
                thread = threading.Thread(target=self._serve, args=(connected, number))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connected: socket.socket, number: int) -> None:
        with suppress(OSError), connected:
            speaking = connected
            if self._context is not None:
                speaking = self._context.wrap_socket(connected, server_side=True)
            with speaking:
                while asked := _read(speaking, number):
                    self._server.seen.append(asked)
                    said = self._server.script(asked)
                    speaking.sendall(said)
                    if isinstance(said, Last):
                        return


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _read(speaking: socket.socket, number: int) -> Seen | None:
    """The next request on a connection; None at its end."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (more := speaking.recv(65536)):
            return None
        got += more
        if not got[:1].isalpha():  # TLS, where plain words are expected
            speaking.sendall(answer(400))
            return None
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += speaking.recv(65536)
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body, number)
