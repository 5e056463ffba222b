"""Readers who take nothing of what they asked for: they stop nobody else, and not for long."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from statistics import median
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.console.people import somebody
from tests.town import Town

from rollcall.access import concurrency_limits, tokens
from rollcall.access.models import User
from rollcall.access.roles import Role
from rollcall.console.server import Listening, listening
from rollcall.engine import artifacts
from rollcall.engine.models import Run

SIZE = 8 << 20
#: How long anything may take here that should take no time.
LIMIT = 30.0


@pytest.fixture
def at(town: Town) -> Iterator[Listening]:
    """The real server, in a thread."""
    made = listening("127.0.0.1", 0)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.close()
    made.stop(10)
    thread.join(timeout=10)


@pytest.fixture
def report(town: Town) -> Run:
    """A run with a report that no buffer of the system holds."""
    town.drop("A.csv", b"x")
    run = town.run(test=True)
    artifacts.store(run, "report", "Large.csv", (b"x" * (1 << 20) for _ in range(SIZE >> 20)))
    return run


@pytest.fixture
def opened() -> Iterator[Callable[..., socket.socket]]:
    """Asks for a path and reads nothing."""
    with ExitStack() as stack:

        def reader(at: Listening, path: str, **headers: str) -> socket.socket:
            made = stack.enter_context(socket.socket())
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            made.settimeout(LIMIT)
            made.connect(("127.0.0.1", port_of(at)))
            sent = {"Host": "127.0.0.1", **headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
            made.sendall(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
            return made

        yield reader


def port_of(at: Listening) -> int:
    return int(at.address.rpartition(":")[2])


def session(user: User) -> dict[str, str]:
    client = Client()
    client.force_login(user)
    return {"Cookie": f"sessionid={client.cookies[settings.SESSION_COOKIE_NAME].value}"}


def get(at: Listening, path: str, **headers: str) -> tuple[int, bytes, Any]:
    with closing(HTTPConnection("127.0.0.1", port_of(at), timeout=LIMIT)) as connection:
        connection.request("GET", path, headers={"Host": "127.0.0.1", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers


def begun(reader: socket.socket) -> bool:
    """Whether its answer has begun to come."""
    return reader.recv(15, socket.MSG_PEEK).startswith(b"HTTP/1.1 200")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def test_two_hundred_readers_who_take_nothing_delay_nobody(
    at: Listening, town: Town, report: Run, opened: Callable[..., socket.socket]
) -> None:
    path = f"/d/{town.code}/runs/{report.pk}/reports/Large.csv"
    readers = []
    for _ in range(50):
        signed_in = session(somebody(town, Role.VIEWER))
        readers += [opened(at, path, **signed_in) for _ in range(4)]
    assert all(map(begun, readers))
    times = []
    for _ in range(20):
        begin = time.monotonic()
        assert get(at, "/health")[0] == 200
        times.append(time.monotonic() - begin)
    assert median(times) < 0.1
    assert get(at, f"/d/{town.code}/", **session(somebody(town, Role.VIEWER)))[0] == 200


def test_what_is_made_as_it_is_sent_keeps_no_thread(
    at: Listening, opened: Callable[..., socket.socket]
) -> None:
    def made(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        large = environ["PATH_INFO"] == "/large"
        return (b"x" * (1 << 20) for _ in range(32 if large else 1))

    at.application = made
    readers = [opened(at, "/large") for _ in range(2 * concurrency_limits.THREADS)]
    assert all(map(begun, readers))
    assert get(at, "/small")[0] == 200


def test_who_takes_nothing_for_long_is_cut_off(
    at: Listening, town: Town, report: Run, opened: Callable[..., socket.socket]
) -> None:
    at.adj.channel_timeout, at.adj.cleanup_interval = 1, 0
    at.next_channel_cleanup = 0
    signed_in = session(somebody(town, Role.VIEWER))
    reader = opened(at, f"/d/{town.code}/runs/{report.pk}/reports/Large.csv", **signed_in)
    assert begun(reader)
    channels: dict[int, Any] = at.active_channels  # type: ignore[assignment]  # wrong in the stubs
    until(lambda: not channels)
    with pytest.raises(ConnectionError):
        while reader.recv(1 << 20):
            pass
        raise ConnectionError  # the end came without its rest


def test_a_reader_in_no_hurry_gets_all_of_it(at: Listening, town: Town, report: Run) -> None:
    signed_in = session(somebody(town, Role.VIEWER))
    status, content, headers = get(
        at, f"/d/{town.code}/runs/{report.pk}/reports/Large.csv", **signed_in
    )
    assert (status, len(content), headers["Content-Length"]) == (200, SIZE, str(SIZE))
    assert "Server" not in headers
    assert "attachment" in headers["Content-Disposition"]


def test_a_download_that_was_taken_is_over_though_the_connection_stays(
    at: Listening, town: Town, report: Run
) -> None:
    signed_in, path = session(somebody(town, Role.VIEWER)), f"/d/{town.code}/runs/{report.pk}/"
    with ExitStack() as stack:
        for _ in range(2 * concurrency_limits.DOWNLOADS):
            connection = HTTPConnection("127.0.0.1", port_of(at), timeout=LIMIT)
            stack.enter_context(closing(connection))
            connection.request("GET", f"{path}reports/Large.csv", headers=signed_in)
            answer = connection.getresponse()
            assert (answer.status, len(answer.read())) == (200, SIZE)


def test_one_person_has_so_many_downloads_at_once(
    at: Listening, town: Town, report: Run, opened: Callable[..., socket.socket]
) -> None:
    user = somebody(town, Role.VIEWER)
    mine, path = session(user), f"/d/{town.code}/runs/{report.pk}/reports/Large.csv"
    readers = [opened(at, path, **mine) for _ in range(concurrency_limits.DOWNLOADS)]
    assert all(map(begun, readers))
    status, page, headers = get(at, path, **mine)
    assert (status, headers["Retry-After"]) == (429, "5")
    assert b"too many downloads going on" in page
    assert get(at, f"/d/{town.code}/runs/{report.pk}/", **mine)[0] == 200
    assert get(at, path, **session(somebody(town, Role.VIEWER)))[0] == 200
    readers[0].close()
    until(lambda: get(at, path, **mine)[0] == 200)


def test_one_token_has_so_many_downloads_at_once(
    at: Listening, town: Town, report: Run, opened: Callable[..., socket.socket]
) -> None:
    user = somebody(town, Role.VIEWER)
    _, secret = tokens.make(user, town.district, Role.VIEWER, "downloads", town.clock)
    mine = {"Authorization": f"Bearer {secret}"}
    path = f"/api/runs/{report.pk}/reports/Large.csv"
    readers = [opened(at, path, **mine) for _ in range(concurrency_limits.DOWNLOADS)]
    assert all(map(begun, readers))
    status, answer, headers = get(at, path, **mine)
    assert (status, headers["Retry-After"]) == (429, "5")
    assert b"request.too_many_downloads" in answer


def test_one_person_has_so_many_requests_at_once(at: Listening, town: Town) -> None:
    mine = session(somebody(town, Role.VIEWER))
    whose = f"session {mine['Cookie'].partition('=')[2]}"
    free = [concurrency_limits.requests.take(whose) for _ in range(concurrency_limits.REQUESTS)]
    status, page, _ = get(at, f"/d/{town.code}/", **mine)
    assert status == 429
    assert b"asked for too much at once" in page
    free[0]()
    assert get(at, f"/d/{town.code}/", **mine)[0] == 200
    for one in free:
        one()


def test_downloads_that_are_made_take_half_of_the_server(at: Listening, town: Town) -> None:
    mine, path = session(somebody(town, Role.VIEWER)), f"/d/{town.code}/runs.csv"
    free = [concurrency_limits.making.take("") for _ in range(concurrency_limits.MAKING)]
    status, page, _ = get(at, path, **mine)
    assert status == 429
    assert b"busy preparing other downloads" in page
    for one in free:
        one()
    assert get(at, path, **mine)[0] == 200


@pytest.mark.parametrize("page", ["", "reports/Large.csv"])
def test_who_asks_for_the_head_gets_no_body(
    at: Listening, town: Town, report: Run, page: str
) -> None:
    """It would be taken for the answer to the next request of the connection."""
    mine, path = session(somebody(town, Role.VIEWER)), f"/d/{town.code}/runs/{report.pk}/{page}"
    cookie = "".join(f"{name}: {value}\r\n" for name, value in mine.items())
    with socket.create_connection(("127.0.0.1", port_of(at)), LIMIT) as made:
        head = f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{cookie}\r\n"
        made.sendall(head.encode())
        came = b""
        while block := made.recv(1 << 16):
            came += block
    assert came.startswith(b"HTTP/1.1 200")
    assert came.partition(b"\r\n\r\n")[2] == b""
