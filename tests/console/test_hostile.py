"""Hostile values in every part of every address, every query, every form field, every cookie: a
refusal in words, never an error of ours.

The routes are read off the resolver, the fields off the pages themselves and the code that reads
the query, so what is added is tried too.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, reverse
from django.urls.converters import IntConverter
from django.utils.http import urlencode
from tests.browser.world import World, build
from tests.console.people import client_of
from tests.console.test_access import DECLARED, ROUTES
from tests.examples import share
from tests.town_fixtures import five_students, new_town, table_a_line

import rollcall.console
from rollcall.access.roles import Role
from rollcall.console.frame import request_values, routes
from rollcall.console.frame.routes import OPEN

#: A zero byte, digits of other alphabets, half of a character, too long, ways out of a folder,
#: numbers beyond all columns, dates at the end of time, what other languages take for code.
HOSTILE = (
    "\x00",
    "a\x00b",
    "²-²-²",
    "٣",
    "\udcff",
    "x" * 300,
    "../../etc/passwd",
    "/etc/passwd",
    "9" * 19,
    "9" * 400,
    "-1",
    "1e999",
    "NaN",
    "0001-01-01",
    "9999-12-31",
    "9-9-9999999999999999999",
    "' OR 1=1 --",
    "{{ 7*7 }}",
    "<script>alert(1)</script>",
    "\r\nSet-Cookie: a=b",
    "\ufeff\u202e\u200b",
    "[]",
    "{}",
)
_CONSOLE = Path(rollcall.console.__file__).parent
#: How the console's code names a part of a query.
_ASKED = re.compile(r"""(?:\.GET|\bquery|_given|number(?:_in)?\([^,()]+,)[^"\n]{0,25}"(\w+)\"""")
QUERY = sorted(
    {name for path in _CONSOLE.rglob("*.py") for name in _ASKED.findall(path.read_text())}
)


@dataclass
class Form:
    """A form of a page: where it is sent, how, and its fields with what they hold."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where
        self.found: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = given.get("action") or self._where
            self.found.append(Form(action, given.get("method", "get").lower()))
        elif tag in ("input", "select", "textarea", "button") and self.found and "name" in given:
            self.found[-1].fields.setdefault(given["name"], given.get("value", ""))


@pytest.fixture(scope="module")
def world(wired: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(new_town(tmp_path_factory.mktemp("hostile")), five_students(), table_a_line)


@pytest.fixture
def admin(world: World, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(routes, "clock", world.town.clock)
    client = client_of(world.people[Role.ADMIN])
    client.raise_request_exception = False
    return client


def ask(client: Client, method: str, where: str, data: object = None) -> HttpResponseBase:
    """The answer to a request. What a form does is taken back."""
    if method != "POST":
        answer = client.get(where)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        return answer
    with transaction.atomic():
        posted = client.post(where, data)
        transaction.set_rollback(True)
    return posted


def address(name: str, parts: dict[str, str | int]) -> str:
    wanted = DECLARED[name][0].pattern.converters
    return reverse(name, kwargs={part: parts[part] for part in wanted})


def test_every_part_of_an_address_is_a_kind_of_ours() -> None:
    kinds = {type(kind) for pattern, _ in DECLARED.values() for kind in _parts(pattern)}
    assert kinds == {request_values.NumberPart, request_values.NamePart}


def _parts(pattern: URLPattern) -> Iterable[object]:
    return pattern.pattern.converters.values()


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_part_of_an_address(name: str, admin: Client, world: World) -> None:
    """Written into the address as a program would, so that no converter of ours writes it."""
    parts = dict(world.parts)
    pattern = DECLARED[name][0].pattern
    for part, kind in pattern.converters.items():
        mark = "98765432101" if isinstance(kind, IntConverter) else "MARK"
        real = address(name, {**parts, part: mark})
        for value in share(HOSTILE, sorted(DECLARED).index(name)):
            sent = urlencode({"": value.encode("utf-8", "surrogateescape")}).removeprefix("=")
            where = real.replace(mark, sent)
            status = ask(admin, "GET", where).status_code
            assert status in (400, 404, 405), (where, status)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_query(name: str, admin: Client, world: World) -> None:
    if "GET" not in DECLARED[name][1].methods:
        return
    where = address(name, world.parts)
    for value in share(HOSTILE, sorted(DECLARED).index(name)):
        said = value.encode("utf-8", "surrogateescape")
        answer = ask(admin, "GET", f"{where}?{urlencode(dict.fromkeys(QUERY, said))}")
        assert answer.status_code < 500, (where, value)
        assert answer.status_code == 400 or "\x00" not in value, (where, value)


#: Pages that see to it themselves and have no part in their address, for who is signed in or not.
_OPEN = sorted(
    str(pattern.name)
    for pattern, _ in ROUTES
    if pattern.name in OPEN and not pattern.pattern.converters and "(?P" not in str(pattern.pattern)
)


@pytest.mark.parametrize("name", _OPEN)
def test_a_page_left_open(name: str, admin: Client) -> None:
    for client in (admin, Client(raise_request_exception=False)):
        for value in HOSTILE:
            said = value.encode("utf-8", "surrogateescape")
            query = urlencode(dict.fromkeys([*QUERY, "next", "code", "iss", "error_uri"], said))
            assert client.get(f"{reverse(name)}?{query}").status_code < 500, value
            fields = dict.fromkeys(["login", "email", "password", "code", "next"], said)
            assert client.post(reverse(name), fields).status_code < 500, value


def forms_of(client: Client, world: World) -> Iterator[Form]:
    for name, (_, found) in sorted(DECLARED.items()):
        if "GET" in found.methods:
            where = address(name, world.parts)
            answer = ask(client, "GET", where)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                reader = Forms(where)
                reader.feed(answer.content.decode())  # type: ignore[attr-defined]
                yield from reader.found


def test_a_form_field(admin: Client, world: World) -> None:
    """Each field by itself, the others as the page has them: what comes first hides nothing. Of
    the values each gets its share, so that all fields together get each many times.
    """
    tried: set[tuple[str, str]] = set()
    failed = []
    for form in forms_of(admin, world):
        for at in form.fields:
            if (form.action, at) in tried or at == "csrfmiddlewaretoken":
                continue
            shares = itertools.islice(itertools.cycle(HOSTILE), 4 * len(tried), 4 * len(tried) + 4)
            tried.add((form.action, at))
            for value in shares:
                said = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                data = {**form.fields, at: said}
                answer = (
                    ask(admin, "POST", form.action, data)
                    if form.method == "post"
                    else ask(admin, "GET", f"{form.action.partition('?')[0]}?{urlencode(data)}")
                )
                if answer.status_code >= 500:
                    failed.append((form.action, at, value[:30]))
    assert failed == []
    assert len(tried) > 100


def test_a_cookie(admin: Client) -> None:
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "anything"):
        for value in ('"\\000"', "x" * 300, "../../etc", '"\\303\\050"'):
            client = Client(headers={"cookie": f"{name}={value}"})
            client.raise_request_exception = False
            assert client.get("/").status_code in (302, 400), (name, value)
