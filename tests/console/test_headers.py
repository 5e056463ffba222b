"""What protects the pages in the browser: the content security policy, cookies, no inline code."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from tests.console.people import Asking
from tests.town import Town

import rollcall.console
from rollcall.access.roles import Role
from rollcall.console.home import home

TEMPLATES = sorted(Path(rollcall.console.__file__).parent.rglob("*.html"))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|hx-on", re.I)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_code_or_style(template: Path) -> None:
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


def test_the_policy_allows_no_inline_code(wired: None) -> None:
    policy = Client().get(reverse("account_login"))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_files_come_out_of_the_packages(wired: None) -> None:
    for name in ("console/style.css", "console/console.js", "django_htmx/htmx-2.min.js"):
        answer = Client().get(f"/static/{name}")
        assert (answer.status_code, answer.has_header("Set-Cookie")) == (200, False)
        answer.close()


@pytest.mark.parametrize(("url", "secure"), [("https://r.example.org", True), ("", False)])
def test_cookies_are_secure_where_the_address_is(
    url: str, secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "from rollcall import django_settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, bool(s.SECURE_HSTS_SECONDS),"
        " 'r.example.org' in s.ALLOWED_HOSTS)"
    )
    if url:
        monkeypatch.setenv("ROLLCALL_URL", url)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(secure)] * 4


def test_errors_are_in_our_look(asking: Asking, town: Town) -> None:
    answer = asking(Role.VIEWER).get(f"/d/{town.code}/nowhere/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


@pytest.mark.parametrize(
    ("code", "words"),
    [(400, "not understood"), (403, "not have permission"), (404, "Page not found"),
     (429, "Too many"), (500, "wrong on our side"), (503, "Back in a moment")],
)  # fmt: skip
def test_an_error_page_needs_nothing_to_be_shown(code: int, words: str) -> None:
    assert words in render_to_string(f"{code}.html")


def test_an_unforeseen_error_tells_the_browser_nothing(
    asking: Asking, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "of_district", lambda *_: 1 / 0)
    client = asking(Role.VIEWER)
    client.raise_request_exception = False
    answer = client.get(f"/d/{town.code}/")
    assert answer.status_code == 500
    assert "wrong on our side" in answer.content.decode()
    assert "ZeroDivision" not in answer.content.decode()


def test_health_is_open_and_says_when_no_worker_lives(wired: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        answer = Client().get("/health")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        cursor.execute("SELECT procrastinate_register_worker_v1()")
        assert Client().get("/health").json() == {"status": "ok", "problems": []}
        cursor.execute("DELETE FROM procrastinate_workers")


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_no_error_of_ours(
    asking: Asking, town: Town, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def lost(*_: object) -> None:
        raise error("server closed the connection unexpectedly: a secret")

    monkeypatch.setattr(home, "of_district", lost)
    client = asking(Role.VIEWER)
    client.raise_request_exception = False
    answer = client.get(f"/d/{town.code}/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "Back in a moment" in answer.content.decode()
    assert "secret" not in answer.content.decode()
