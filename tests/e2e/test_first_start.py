"""The first admin of a fresh installation: by the code that `rollcall serve` prints, and no other
way; as a person does it, from tables that are empty to a district's home.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest
from tests.e2e.rollcall import COMMAND, Rollcall, database
from tests.servers.processes import free_port, start, stop

CODE = re.compile(r"works once: ([A-Z2-9-]{23})")
ADMIN = {
    "email": "first@example.org",
    "name": "First",
    "password": "a long way home 42",
    "district-code": "6412345",
    "district-name": "New Unified",
    "district-state": "CA",
    "district-timezone": "America/Los_Angeles",
    "district-school_year": "2026-2027",
}


class Browser:
    """Keeps cookies and sends forms with their token."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> tuple[int, str]:
        return self._read(path, None)

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        (token,) = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', self.get(path)[1])
        sent = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self._read(path, sent)

    def _read(self, path: str, sent: bytes | None) -> tuple[int, str]:
        try:
            with self._opener.open(self.address + path, sent, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()


@contextmanager
def serving(here: Rollcall, log: Path) -> Iterator[int]:
    """A server of the installation: its port."""
    port = free_port()
    environment = [f"{name}={value}" for name, value in here.environment.items()]
    process: subprocess.Popen[bytes] = start(
        ["env", *environment, COMMAND, "serve", "--port", str(port)], port, log
    )
    try:
        # It listens before it says so, and answers after.
        assert Browser(port).get("/health")[0] == 200
        yield port
    finally:
        stop(process)


@pytest.fixture
def here(tmp_path: Path, new_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rollcall]:
    monkeypatch.delenv("ROLLCALL_URL", raising=False)
    with database(like=new_database) as own:
        yield Rollcall(tmp_path / "home", own)


def test_the_code_of_the_server_lets_the_first_admin_in(here: Rollcall, tmp_path: Path) -> None:
    with serving(here, tmp_path / "log") as port:
        (code,) = CODE.findall((tmp_path / "log").read_text())
        browser = Browser(port)
        assert "/first/" in browser.get("/account/login/")[1]
        said = browser.post("/first/", code="AAAAA-BBBBB-CCCCC-DDDDD", **ADMIN)[1]
        assert "not the code" in said
        said = browser.post("/first/", code=code, **{**ADMIN, "password": "password1234"})[1]
        assert "too common" in said
        said = browser.post("/first/", code=code, **{**ADMIN, "district-code": "../etc"})[1]
        assert "Not written as it has to be" in said
        status, said = browser.post("/first/", code=code.lower().replace("-", " "), **ADMIN)
        assert (status, "New Unified" in said) == (200, True)
        assert browser.get("/d/6412345/settings/people/")[0] == 200
        stranger = Browser(port)
        assert stranger.get("/first/")[0] == 404
        assert "/first/" not in stranger.get("/account/login/")[1]
    (one,) = here.json("user", "list")
    assert (one["email"], one["role"]) == ("first@example.org", "admin")
    with serving(here, tmp_path / "again"):
        assert CODE.findall((tmp_path / "again").read_text()) == []


def test_without_a_printed_code_no_page_offers_it(here: Rollcall, tmp_path: Path) -> None:
    with serving(here, tmp_path / "log") as port:
        (old,) = CODE.findall((tmp_path / "log").read_text())
        with psycopg.connect(here.database, autocommit=True) as database:
            database.execute("UPDATE installation SET first_code = ''")
        browser = Browser(port)
        assert browser.get("/first/")[0] == 404
        assert "/first/" not in browser.get("/account/login/")[1]
    with serving(here, tmp_path / "next") as port:
        (new,) = CODE.findall((tmp_path / "next").read_text())
        assert "not the code" in Browser(port).post("/first/", code=old, **ADMIN)[1]
        assert Browser(port).post("/first/", code=new, **ADMIN)[0] == 200
