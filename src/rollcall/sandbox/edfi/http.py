"""HTTP/1.1 with keep-alive for the stand-in: as little as real clients need, and quick."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import cast

from rollcall.sandbox.edfi.answers import Reply
from rollcall.sandbox.edfi.app import Call, StandIn
from rollcall.sandbox.edfi.faults import Fault

_READ = frozenset(
    b"authorization content-length content-type if-match if-none-match connection expect "
    b"transfer-encoding".split()
)
_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_LONGEST_HEAD = 65536
_WITHOUT_BODY = (204, 304)


class BadRequest(Exception):
    """This is not HTTP that can be read: `status` says how."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Connection(asyncio.Protocol):
    """One connection: one request after the other."""

    def __init__(self, stand_in: StandIn, inside: "set[Connection]") -> None:
        self._stand_in = stand_in
        self._inside = inside
        self._read = b""
        self._head: tuple[str, str, str, Mapping[str, str], int, int] | None = None
        self._busy = False
        self._keep = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast(asyncio.Transport, transport)
        self._inside.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has left."""
        self._inside.discard(self)

    def abort(self) -> None:
        """Cut the connection; what has come and was not processed is forgotten."""
        self._keep = False
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        self._read = self._read + data if self._read else data
        if not self._busy:
            self._work()

    def _work(self) -> None:
        """Answer the requests that have come completely."""
        try:
            while self._keep and not self._busy:
                call = self._next_call()
                if call is None:
                    return
                fault = self._stand_in.fault(call)
                wait = self._stand_in.faults.wait()
                if wait and not call.path.startswith("/sandbox/"):
                    self._busy = True
                    asyncio.get_running_loop().call_later(wait, self._answer_late, call, fault)
                else:
                    self._answer(call, fault)
        except BadRequest as bad:
            self._keep = False
            self._write(Reply(bad.status))

    def _next_call(self) -> Call | None:
        if self._head is None:
            self._head = self._parse()
        if self._head is None:
            return None
        method, path, query, headers, start, length = self._head
        if len(self._read) < start + length:
            return None
        body = self._read[start : start + length]
        self._read = self._read[start + length :]
        self._head = None
        self._keep = headers.get("connection", "").lower() != "close"
        return Call(method, path, query, headers, body)

    def _parse(self) -> tuple[str, str, str, Mapping[str, str], int, int] | None:
        """Method, path, query, headers, where the body begins, and how long it is."""
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            if len(self._read) > _LONGEST_HEAD:
                raise BadRequest(431)
            return None
        method, path, query, headers = parse_head(self._read[:end])
        if headers.get("expect", "").lower() == "100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "transfer-encoding" in headers:
            raise BadRequest(411)
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(400)
        return method, path, query, headers, end + 4, int(length)

    def _answer_late(self, call: Call, fault: Fault) -> None:
        self._answer(call, fault)
        self._busy = False
        self._work()

    def _answer(self, call: Call, fault: Fault) -> None:
        if fault is Fault.DROP_BEFORE:
            self.abort()
        elif fault is Fault.DROP_AFTER:
            self._stand_in.answer(call)
            self.abort()
        elif fault is Fault.NONE:
            self._write(self._stand_in.answer(call))
        else:
            self._write(self._stand_in.fail(call, fault))

    def _write(self, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        length = b"Content-Length: %d\r\n" % len(reply.body)
        if reply.status in _WITHOUT_BODY:
            length = b""
        close = b"" if self._keep else b"Connection: close\r\n"
        parts = (_LINES[reply.status], reply.headers, length, close, b"\r\n", reply.body)
        self._transport.write(b"".join(parts))
        if not self._keep:
            self._transport.close()


@lru_cache(maxsize=4096)
def parse_head(head: bytes) -> tuple[str, str, str, Mapping[str, str]]:
    """Method, path, query and the headers we read; raises BadRequest. Remembered: the heads of many
    writes are the same to the byte.
    """
    request_line, _, header_lines = head.partition(b"\r\n")
    try:
        method, target, _version = request_line.decode("ascii").split(" ")
        headers = {}
        for line in header_lines.split(b"\r\n"):
            name, _, value = line.partition(b":")
            name = name.lower()
            if name in _READ:
                headers[name.decode()] = value.strip().decode("latin-1")
    except ValueError as error:
        raise BadRequest(400) from error
    path, _, query = target.partition("?")
    return method, path, query, headers
