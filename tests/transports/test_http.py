"""The HTTP client against real servers on loopback, well-behaved and not."""

import gzip
import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.reach import HERE
from tests.servers.http import HttpServer, Last, Seen, answer, http_server
from tests.servers.processes import free_port

from rollcall.transports import http
from rollcall.transports.http import HttpClient
from rollcall.transports.http_messages import Answer, Request
from rollcall.transports.settings import HttpSettings

GET = Request("GET", "/students")
POST = Request("POST", "/students", b'{"a": 1}', {"Content-Type": "application/json"})


def settings(url: str, **given: Any) -> HttpSettings:
    own = {"url": url, "key": "key", "secret": "hunter2", "timeout_seconds": 5}
    return HttpSettings.model_validate({**own, **given})


def ask(client: HttpClient, *requests: Request, token: str = "") -> list[Answer]:
    """The answers in the order of the requests."""
    for number, request in enumerate(requests):
        client.send(number, request, token)
    found: dict[object, Answer] = {}
    while client.under_way:
        found |= dict(client.poll(1.0))
    return [found[number] for number in range(len(requests))]


@pytest.fixture
def echo() -> Iterator[HttpServer]:
    with http_server(lambda seen: answer(200, seen.body, ETag='"7"', X_Path=seen.path)) as server:
        yield server


@pytest.fixture
def client(echo: HttpServer) -> Iterator[HttpClient]:
    with closing(HttpClient(settings(f"{echo.url}/api/"), HERE)) as made:
        yield made


def test_a_request_arrives_as_it_was_meant(echo: HttpServer, client: HttpClient) -> None:
    (got,) = ask(client, POST, token="t0ken")
    (seen,) = echo.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/api/students", b'{"a": 1}')
    assert seen.headers["authorization"] == "Bearer t0ken"
    assert seen.headers["content-type"] == "application/json"
    assert "gzip" in seen.headers["accept-encoding"]
    assert "expect" not in seen.headers
    assert (got.status, got.body, got.error) == (200, b'{"a": 1}', "")
    assert (got.headers["etag"], got.headers["x-path"]) == ('"7"', "/api/students")
    assert 0 < got.seconds < 5


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_handle_used_before_carries_nothing_over(
    echo: HttpServer, client: HttpClient, method: str
) -> None:
    ask(client, POST, token="t0ken")
    (got,) = ask(client, Request(method, "/x"))
    assert (echo.seen[1].method, echo.seen[1].body, got.body) == (method, b"", b"")
    assert not {"authorization", "content-type"} & set(echo.seen[1].headers)
    ask(client, POST, Request("PUT", "/students/1", b"{}"))
    assert sorted((seen.method, seen.body) for seen in echo.seen[2:]) == [
        ("POST", POST.body),
        ("PUT", b"{}"),
    ]


def test_connections_are_used_again(echo: HttpServer, client: HttpClient) -> None:
    for _ in range(20):
        ask(client, POST)
    assert echo.connections == 1


def test_as_many_connections_as_requests_at_once(echo: HttpServer, client: HttpClient) -> None:
    answers = ask(client, *[Request("POST", "/x", b"%d" % n) for n in range(40)])
    assert [got.body for got in answers] == [b"%d" % n for n in range(40)]
    assert echo.connections <= 40


def test_more_than_can_be_under_way_wait_their_turn(
    echo: HttpServer, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_MOST", 3)
    assert len(ask(client, *[GET] * 20)) == 20
    assert echo.connections <= 3


def test_a_body_is_unpacked() -> None:
    packed = gzip.compress(b"word " * 1000)
    with (
        http_server(lambda _: answer(200, packed, Content_Encoding="gzip")) as server,
        closing(HttpClient(settings(server.url), HERE)) as client,
    ):
        assert ask(client, GET)[0].body == b"word " * 1000


def test_redirects_are_handed_over_not_followed() -> None:
    with (
        http_server(lambda _: answer(307, Location="http://127.0.0.1:1/")) as server,
        closing(HttpClient(settings(server.url), HERE)) as client,
    ):
        assert ask(client, POST)[0].status == 307
        assert len(server.seen) == 1


def test_no_proxy_of_the_environment(
    echo: HttpServer, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert ask(client, GET)[0].status == 200


def test_an_interim_answer_leaves_no_header_behind() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nETag: early\r\n\r\n"
    with (
        http_server(lambda _: interim + answer(201, Location="/1")) as server,
        closing(HttpClient(settings(server.url), HERE)) as client,
    ):
        (got,) = ask(client, POST)
    assert (got.status, got.headers.get("location"), "etag" in got.headers) == (201, "/1", False)


# Trouble is an answer, never an exception


def lost(code: str, url: str, **given: Any) -> Answer:
    with closing(HttpClient(settings(url, **given), HERE)) as client:
        (got,) = ask(client, POST, token="hunter2")
        assert (got.status, got.headers, got.body) == (0, {}, b"")
        assert got.error.startswith(f"{code}: ")
        assert "hunter2" not in got.error
        assert client.under_way == 0
    return got


def test_nobody_listens() -> None:
    lost("connection.refused", f"http://127.0.0.1:{free_port()}")


def test_an_unknown_host() -> None:
    lost("connection.unknown_host", "https://nosuch.invalid")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("connection.lost", b""),
        ("connection.lost", b"HTTP/1.1 200 OK\r\nCont"),
        ("connection.lost", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        ("connection.protocol", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("connection.protocol", b"HTTP/1.1 abc\r\n\r\n"),
        ("connection.protocol", answer(200, b"no gzip", Content_Encoding="gzip")),
        ("connection.answer_too_large", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
    ],
    ids=["closed", "half a head", "half a body", "ssh", "no status", "no gzip", "endless"],
)
def test_strange_answers(code: str, said: bytes) -> None:
    with http_server(lambda _: Last(said)) as server:
        lost(code, server.url)


def test_an_answer_that_grows_when_unpacked_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_LONGEST", 100_000)
    packed = gzip.compress(bytes(1_000_000))
    with http_server(lambda _: Last(answer(200, packed, Content_Encoding="gzip"))) as server:
        lost("connection.answer_too_large", server.url)


def test_answers_that_are_too_large_together_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_LONGEST_TOGETHER", 150_000)
    whole = answer(200, bytes(100_000))

    def said(seen: Seen) -> bytes:
        return whole if seen.path == "/students" else whole[:-1]  # not whole before its time ends

    with http_server(said) as server:
        client = HttpClient(settings(server.url, timeout_seconds=1), HERE)
        halves = ask(client, Request("GET", "/half"), Request("GET", "/half"))
        codes = sorted(one.error.partition(": ")[0] for one in halves)
        assert codes == ["connection.answer_too_large", "connection.timeout"]
        for _ in range(2):  # there is room again
            assert [one.status for one in ask(client, GET)] == [200]
        client.close()


def test_an_answer_in_crumbs_takes_no_more_memory_than_it_has() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    crumbs = head + b"2\r\nab\r\n" * 200_000 + b"0\r\n\r\n"
    with (
        http_server(lambda _: crumbs) as server,
        closing(HttpClient(settings(server.url), HERE)) as client,
    ):
        tracemalloc.start()
        (got,) = ask(client, GET)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (got.status, len(got.body)) == (200, 400_000)
    assert most < 4_000_000


def test_a_server_that_takes_too_long() -> None:
    over = threading.Event()

    def waits(_: Seen) -> bytes:
        over.wait(10)
        return Last(b"")

    with http_server(waits) as server:
        got = lost("connection.timeout", server.url, timeout_seconds=0.2)
        over.set()
    assert 0.2 <= got.seconds < 2


def test_a_connection_that_died_meanwhile_is_replaced() -> None:
    with (
        http_server(lambda seen: Last(answer(200, seen.body))) as server,
        closing(HttpClient(settings(server.url), HERE)) as client,
    ):
        assert [ask(client, POST)[0].status for _ in range(5)] == [200] * 5
        assert server.connections == 5


def test_one_lost_among_many_does_not_take_the_others_along() -> None:
    def script(seen: Seen) -> bytes:
        return Last(b"") if seen.body == b"7" else answer(200, seen.body)

    with (
        http_server(script) as server,
        closing(HttpClient(settings(server.url), HERE)) as client,
    ):
        answers = ask(client, *[Request("POST", "/x", b"%d" % n) for n in range(10)])
    assert [got.status for got in answers] == [0 if n == 7 else 200 for n in range(10)]


# TLS


def test_tls_with_an_authority_of_the_partners_own(tmp_path: Path) -> None:
    with http_server(lambda seen: answer(200, seen.body), tmp_path) as server:
        given = settings(server.url, ca_certificate=server.ca_certificate)
        with closing(HttpClient(given, HERE)) as client:
            assert [ask(client, POST)[0].body for _ in range(3)] == [POST.body] * 3
            assert server.connections == 1


def test_a_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    with http_server(lambda _: answer(200), tmp_path) as server:
        lost("connection.certificate", server.url)
        assert server.seen == []


def test_a_certificate_of_another_host(tmp_path: Path) -> None:
    with http_server(lambda _: answer(200), tmp_path, named="127.0.0.2") as server:
        url = server.url.replace("localhost", "127.0.0.1")
        lost("connection.certificate", url, ca_certificate=server.ca_certificate)


def test_no_tls_where_tls_is_expected() -> None:
    with http_server(lambda _: Last(b"")) as server:
        lost("connection.protocol", server.url.replace("http:", "https:"))


# Waiting


def test_poll_ends_when_its_time_is_over(client: HttpClient) -> None:
    assert client.poll(0.01) == []


def test_closing_gives_up_what_is_under_way() -> None:
    over = threading.Event()

    def waits(_: Seen) -> bytes:
        over.wait(10)
        return Last(b"")

    with http_server(waits) as server:
        client = HttpClient(settings(server.url), HERE)
        client.send(1, POST)
        client.poll(0.05)
        client.close()
        client.close()
        assert client.under_way == 0
        over.set()
