"""HTTP as clients of every kind speak it: in pieces, several at once, and wrongly."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from rollcall.sandbox.edfi import EdfiServer

ROOT = b"GET /sandbox/state HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def wire(state: EdfiServer) -> Iterator[socket.socket]:
    where = urlsplit(state.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as connected:
        yield connected


def answers(wire: socket.socket, count: int) -> bytes:
    got = b""
    while got.count(b"HTTP/1.1 ") < count or not got.endswith(b"}"):
        piece = wire.recv(65536)
        if not piece:
            break
        got += piece
    return got


def all_told(wire: socket.socket) -> bytes:
    got = b""
    while piece := wire.recv(65536):
        got += piece
    return got


def test_a_request_may_come_in_pieces(wire: socket.socket) -> None:
    for at in range(0, len(ROOT), 7):
        wire.sendall(ROOT[at : at + 7])
    assert answers(wire, 1).startswith(b"HTTP/1.1 200 OK\r\n")


def test_several_requests_at_once_are_answered_in_order(
    wire: socket.socket, state: EdfiServer
) -> None:
    state.faults.latency = 0.001
    wire.sendall(ROOT + b"GET /nowhere HTTP/1.1\r\n\r\n" + ROOT)
    got = answers(wire, 3)
    statuses = [line.split(b" ")[1] for line in got.split(b"HTTP/1.1")[1:]]
    assert statuses == [b"200", b"404", b"200"]


def test_a_client_may_end_the_connection(wire: socket.socket) -> None:
    wire.sendall(ROOT.replace(b"Host: x", b"Connection: close"))
    got = all_told(wire)
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Connection: close\r\n" in got


def test_a_client_may_wait_before_it_sends_a_body(wire: socket.socket) -> None:
    head = b"POST /sandbox/faults HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    wire.sendall(head)
    assert wire.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.sendall(b"{}")
    assert answers(wire, 1).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"what\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: some\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"x" * 70_000, b"431"),
    ],
)
def test_what_is_no_http_ends_the_connection(
    wire: socket.socket, sent: bytes, status: bytes
) -> None:
    wire.sendall(sent)
    assert all_told(wire).split(b" ")[1] == status


def test_what_comes_behind_a_lost_request_is_lost_too(
    wire: socket.socket, state: EdfiServer
) -> None:
    state.faults.methods = ("GET",)
    state.faults.sequence = ["drop-before"]
    wire.sendall(b"GET /data/v3/ed-fi/students HTTP/1.1\r\n\r\n" + ROOT)
    with pytest.raises(ConnectionResetError):
        raise_or_read(wire)
    assert state.answered == {}


def raise_or_read(wire: socket.socket) -> None:
    """A cut connection is a reset, or an end without any answer."""
    if not all_told(wire):
        raise ConnectionResetError
