"""A connection goes only to an address that is allowed, by whatever name and however often it is
looked up.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pycurl
import pytest
from tests.reach import NOTHING
from tests.servers.http import Last, answer, http_server
from tests.servers.processes import free_port

from rollcall.core import reach as reaching
from rollcall.core.reach import Reach, networks
from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.settings.mail_settings import mail_settings
from rollcall.transports import dialing, http
from rollcall.transports.check import StepState, check
from rollcall.transports.dialing import dial, literal_addresses
from rollcall.transports.errors import TransportError
from rollcall.transports.http import HttpClient
from rollcall.transports.http_messages import Answer, Request
from rollcall.transports.kinds import connection_settings, open_transport
from rollcall.transports.port import NoWatch
from rollcall.transports.settings import HttpSettings

NOT_ALLOWED = "connection.address_not_allowed"
NAME = "files.partner.example"
PRIVATE = Reach(networks=networks(["private"]))
#: This machine's second loopback address, which stands for one that is allowed.
SECOND = Reach(networks=networks(["127.0.0.2"]))


@dataclass
class Listening:
    """A port of this machine, and to which of its addresses connections came."""

    port: int
    came: list[str] = field(default_factory=list)


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Something on every address of this machine that takes connections and hangs up."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        made = Listening(server.getsockname()[1])

        def take() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                made.came.append(connection.getsockname()[0])
                connection.close()

        thread = Thread(target=take, daemon=True)
        thread.start()
        yield made
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@dataclass
class Resolver:
    """Answers look-ups of `NAME` with each of these in turn, the last one over and over."""

    answers: list[list[str]]
    asked: int = 0

    def __call__(self, host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host not in (NAME, NAME.encode()):
            return REALLY(host, port, *args, **more)
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            (
                socket.AF_INET6 if ":" in one else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (one, port, 0, 0) if ":" in one else (one, port),
            )
            for one in found
        ]


REALLY = socket.getaddrinfo
Resolving = Callable[..., Resolver]


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Resolving:
    def use(*answers: list[str]) -> Resolver:
        made = Resolver(list(answers))
        monkeypatch.setattr(socket, "getaddrinfo", made)
        return made

    return use


def to(kind: str, port: int, host: str = NAME) -> dict[str, Any]:
    """Settings of a kind of connection to that host."""
    if kind == "http":
        return {"type": kind, "url": f"https://{host}:{port}", "key": "k", "secret": "s"}
    more = {"directory": "share"} if kind == "smb" else {}
    return {"type": kind, "host": host, "port": port, "user": "u", "password": "p", **more}


def opened(kind: str, port: int, reach: Reach, host: str = NAME) -> str:
    """The code with which using a connection ends."""
    if kind == "smtp":
        mail = {"type": kind, "host": host, "port": port, "from": "r@x.example"}
        with pytest.raises(MailError) as refused:
            message = build("s", "t", ["a@x.example"], "r@x.example", message_id="1@x")
            deliver(mail_settings({**mail, "timeout_seconds": 1}), reach, message)
        return refused.value.code
    settings = connection_settings({**to(kind, port, host), "timeout_seconds": 1})
    if isinstance(settings, HttpSettings):
        with closing(HttpClient(settings, reach)) as client:
            return asked(client).error.partition(":")[0]
    with pytest.raises(TransportError) as caught, open_transport(settings, reach):
        pass
    return caught.value.code


def asked(client: HttpClient) -> Answer:
    client.send(1, Request("GET", "/"))
    while not (answers := client.poll(1.0)):
        pass
    return answers[0][1]


KINDS = ("sftp", "smb", "smtp", "http")


@pytest.mark.parametrize("kind", KINDS)
def test_this_machine_is_not_connected_to_unless_that_is_allowed(
    kind: str, listening: Listening
) -> None:
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0"):
        assert opened(kind, listening.port, PRIVATE, host) == NOT_ALLOWED, host
    assert listening.came == []
    opened(kind, listening.port, Reach(networks=networks(["loopback"])), "127.0.0.1")
    assert listening.came


@pytest.mark.parametrize("kind", KINDS)
def test_nor_by_an_address_it_has_in_a_network_that_is_allowed(
    kind: str, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "kind_of", lambda _: "public")  # as hosting companies have it
    own = _address_of_this_machine()
    assert opened(kind, listening.port, NOTHING, own) == NOT_ALLOWED
    assert opened(kind, listening.port, Reach(networks=networks(["0.0.0.0/0"])), own) != NOT_ALLOWED
    came = list(listening.came)
    assert opened(kind, listening.port, Reach(networks=networks(["128.0.0.0/1"])), own) == (
        NOT_ALLOWED
    )
    assert listening.came == came
    assert opened(kind, listening.port, Reach(networks=networks([own])), own) != NOT_ALLOWED


def _address_of_this_machine() -> str:
    """One that others reach it by."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.200", 9))
        except OSError:
            pytest.skip("this machine is in no network")
        return str(probe.getsockname()[0])


def test_whether_an_address_is_this_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    own = _address_of_this_machine()
    assert dialing._is_own(own)
    assert dialing._is_own(f"::ffff:{own}")
    assert not dialing._is_own("192.0.2.252")
    assert not dialing._is_own("2001:db8::fc")
    monkeypatch.setattr(dialing, "_can_bind", lambda _: True)  # net.ipv4.ip_nonlocal_bind
    assert dialing._is_own(own)
    assert not dialing._is_own("192.0.2.252")


@pytest.mark.parametrize("kind", ["sftp", "smb", "smtp"])
def test_a_name_that_stands_for_another_address_a_moment_later_leads_nowhere(
    kind: str, listening: Listening, resolving: Resolving
) -> None:
    """Public at the first look-up, this machine from the second on (DNS rebinding)."""
    resolver = resolving(["127.0.0.2"], ["127.0.0.1"])
    assert opened(kind, listening.port, SECOND) != NOT_ALLOWED
    assert resolver.asked == 1
    assert set(listening.came) == {"127.0.0.2"}
    assert opened(kind, listening.port, SECOND) == NOT_ALLOWED
    assert set(listening.came) == {"127.0.0.2"}


def test_the_connection_test_of_an_api_is_checked_at_every_step(
    listening: Listening, resolving: Resolving
) -> None:
    resolving(["127.0.0.1"])
    for kind in ("sftp", "smb", "http"):
        settings = connection_settings(to(kind, listening.port))
        steps = check(settings, [], PRIVATE, lambda: datetime.now(UTC))
        (failed,) = (step for step in steps if step.state is StepState.FAILED)
        assert (failed.name, failed.code) == ("resolve", NOT_ALLOWED)
        assert "127.0.0.1" not in str(steps)  # what a name means inside is nobody's business
        assert "loopback" in failed.text
        assert "rollcall installation allow" in failed.advice
    assert listening.came == []


def test_of_several_addresses_only_those_that_are_allowed_are_tried(
    listening: Listening, resolving: Resolving
) -> None:
    resolving(["::1", "127.0.0.1", "10.0.0.1", "169.254.169.254", "127.0.0.2"])
    with dial(NAME, listening.port, 1, SECOND, NoWatch()) as reached:
        assert reached.getpeername()[0] == "127.0.0.2"


def test_a_name_of_many_addresses_does_not_take_the_time_limit_of_each(
    resolving: Resolving, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def silent(family: object, address: tuple[str, int], limit: float) -> None:
        tried.append(address[0])
        raise TimeoutError

    monkeypatch.setattr(dialing, "_connect", silent)
    resolving([f"127.0.0.{number}" for number in range(2, 200)])
    with pytest.raises(TransportError) as caught:
        dial(NAME, 1, 1, Reach(networks=networks(["loopback"])), NoWatch())
    assert caught.value.code == "connection.timeout"
    assert len(tried) == 4


def test_libcurls_own_look_up_is_checked_when_it_connects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its resolver is stood in for by its own option, changed after the first connection broke."""
    with http_server(lambda _: Last(answer(200, b"here"))) as server:
        settings = HttpSettings.model_validate(
            {"url": server.url.replace("localhost", "127.0.0.1"), "key": "k", "secret": "s"}
        )
        host, port = NAME, settings.place[1]
        named = settings.model_copy(update={"url": f"http://{host}:{port}"})
        really = http._options
        meant = ["127.0.0.1"]
        monkeypatch.setattr(
            http,
            "_options",
            lambda given: {
                **really(given),
                pycurl.RESOLVE: [f"{host}:{port}:{','.join(meant)}"],
            },
        )
        with closing(HttpClient(named, Reach(networks=networks(["127.0.0.1"])))) as client:
            assert asked(client).body == b"here"
        for found in (["127.0.0.1"], ["[::1]"], ["[::ffff:127.0.0.1]"], ["[::1]", "127.0.0.1"]):
            meant[:] = found
            with closing(HttpClient(named, PRIVATE)) as client:
                got = asked(client)
            assert (got.status, got.error) == (
                0,
                f"{NOT_ALLOWED}: {NAME} stands for a loopback address",
            )
        assert server.connections == 1


@pytest.mark.parametrize("kind", ["sftp", "smb", "http"])
def test_a_connection_that_is_refused_where_it_is_allowed_is_said_as_such(kind: str) -> None:
    assert opened(kind, free_port(), SECOND, "127.0.0.2") == "connection.refused"


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("127.1", ["127.0.0.1"]),
        ("0x7f.1", ["127.0.0.1"]),
        ("0177.0.0.1", ["127.0.0.1"]),
        ("2130706433", ["127.0.0.1"]),
        ("0", ["0.0.0.0"]),
        ("127.0.0.1.", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("::ffff:127.0.0.1", ["::ffff:127.0.0.1"]),
        ("LocalHost.", ["127.0.0.1", "::1"]),
        ("a.localhost", ["127.0.0.1", "::1"]),
        ("files.example.org", []),
        ("localhost.example.org", []),
    ],
)
def test_what_a_host_is_by_itself(host: str, addresses: list[str]) -> None:
    assert literal_addresses(host) == addresses


@pytest.mark.parametrize("host", ["127.0.0.1.", "fe80::1%lo", "::1%1", "0.0.0.0", "::", "0177.1"])
def test_no_form_of_an_address_slips_through(host: str, listening: Listening) -> None:
    """Also those that settings do not take."""
    with pytest.raises(TransportError) as caught:
        dial(host, listening.port, 1, NOTHING, NoWatch())
    assert caught.value.code in (NOT_ALLOWED, "connection.unknown_host")
    assert listening.came == []
