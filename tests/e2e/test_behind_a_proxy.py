"""The pages behind a real proxy that ends TLS, as docs/how-to/people.md says: cookies, HSTS, links,
host names, and who is believed about whom they speak for.
"""

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.e2e.rollcall import COMMAND, Rollcall, database
from tests.servers.nginx import nginx
from tests.servers.processes import free_port, start, stop

NAME = "rollcall.example.org"
PERSON = "jo@example.org"


@dataclass
class Answer:
    """What was answered, whole."""

    status: int
    headers: HTTPMessage
    text: str


@dataclass
class Served:
    """A server at `port` on this machine, behind a proxy at `tls`; `mails`: what it mailed."""

    port: int
    tls: int
    mails: Path

    def by_proxy(self, path: str, host: str = NAME, **how: Any) -> Answer:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = HTTPSConnection("127.0.0.1", self.tls, context=trusting, timeout=30)
        return _ask(connection, path, host, **how)

    def directly(self, path: str, host: str, source: str = "127.0.0.1", **how: Any) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, 30, (source, 0))
        return _ask(connection, path, host, **how)


def _ask(
    connection: HTTPConnection,
    path: str,
    host: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    sent = {"Host": host, **(headers or {})}
    with closing(connection):
        connection.request("POST" if body else "GET", path, body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, new_database: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    mails = folder / "mails"
    mails.mkdir()
    (folder / "district.toml").write_text(
        '[district]\ncode = "1"\nname = "One"\nstate = "CA"\ntimezone = "America/Los_Angeles"\n'
        'school_year = "2016-2017"\n'
    )
    (folder / "installation.toml").write_text(
        f'[mail]\ntype = "folder"\npath = "{mails}"\nfrom = "rollcall@example.org"\n'
    )
    with database(like=new_database) as own:
        here = Rollcall(folder / "home", own, {"ROLLCALL_URL": f"https://{NAME}"})
        here("config", "apply", str(folder / "district.toml"))
        here("installation", "apply", str(folder / "installation.toml"))
        here("user", "add", PERSON, "--role", "admin")
        port = free_port()
        environment = [f"{name}={value}" for name, value in here.environment.items()]
        serve = ["env", *environment, COMMAND, "serve", "--port", str(port)]
        process = start(serve, port, folder / "log")
        try:
            with nginx(folder, port) as tls:
                yield Served(port, tls, mails)
        finally:
            stop(process)


def test_cookies_and_hsts_are_those_of_https(served: Served) -> None:
    answer = served.by_proxy("/account/login/")
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)


def test_a_form_is_taken_through_the_proxy_and_its_link_is_of_our_address(served: Served) -> None:
    page = served.by_proxy("/account/password/reset/")
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    form = urlencode({"csrfmiddlewaretoken": token, "email": PERSON})
    headers = {
        "Cookie": cookie,
        "Origin": f"https://{NAME}",
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-Host": "evil.example.com",
        "Forwarded": "host=evil.example.com",
    }
    answer = served.by_proxy("/account/password/reset/", body=form, headers=headers)
    assert answer.status == 302
    until = monotonic() + 30  # nobody waits for the mail
    while not (mails := list(served.mails.glob("*.eml"))) and monotonic() < until:
        sleep(0.05)
    (mail,) = [path.read_text() for path in mails]
    assert f"https://{NAME}/account/password/reset/key/" in mail
    assert "evil" not in mail


@pytest.mark.parametrize("host", ["evil.example.com", f"{NAME}.evil.example.com", "10.0.0.1"])
def test_another_host_name_is_refused(served: Served, host: str) -> None:
    assert served.by_proxy("/account/login/", host=host).status == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.1:8080"])
def test_a_loopback_name_is_good_for_the_health_check_alone(served: Served, host: str) -> None:
    assert served.directly("/health", host).status == 200
    for path in ("/account/login/", "/", "/health/", "/api/openapi.json"):
        assert served.directly(path, host).status == 400, path


def test_only_the_proxy_is_believed_about_tls(served: Served) -> None:
    """Whoever gets past the proxy, from another address, says nothing about anyone."""
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    for source, hsts in (("127.0.0.1", True), ("127.0.0.2", False)):
        answer = served.directly("/account/login/", NAME, source=source, headers=said)
        assert answer.status == 200
        assert (answer.headers["Strict-Transport-Security"] is not None) is hsts, source
