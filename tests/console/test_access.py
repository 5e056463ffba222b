"""Every route, tried with every role, as a stranger to the district and as nobody.

The routes are read off the resolver, so a page that is added is tried too; and a view that nobody
declared makes `test_every_view_is_declared` fail and is refused besides.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.console.people import another_town, client_of, somebody
from tests.town import Town
from tests.town_fixtures import shared_town as town

from rollcall.access.roles import Role
from rollcall.console.frame import routes
from rollcall.console.frame.routes import OPEN, declared

__all__ = ["town"]

#: Addresses need their parts filled, with what is not there: nobody changes the shared town.
_VALUES = {"NumberPart": 987_654_321, "NamePart": "x"}


def leaves(patterns: list[Any], names: tuple[str, ...] = ()) -> Iterator[tuple[URLPattern, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            space = (pattern.namespace,) if pattern.namespace else ()
            yield from leaves(pattern.url_patterns, names + space)
        else:
            yield pattern, names


ROUTES = [
    (pattern, names)
    for pattern, names in leaves(get_resolver().url_patterns)
    if not routes.ELSEWHERE.intersection(names)
]
DECLARED = {
    str(pattern.name): (pattern, found)
    for pattern, _ in ROUTES
    if (found := declared(pattern.callback)) is not None
}
OF_A_DISTRICT = {
    name: found for name, (pattern, found) in DECLARED.items() if found.needs is not None
}


def address(name: str, district: str) -> str:
    """The address of a route, its parts filled with anything."""
    pattern = DECLARED[name][0].pattern
    parts = {part: _VALUES[type(kind).__name__] for part, kind in pattern.converters.items()}
    return reverse(name, kwargs={**parts, "district": district} if "district" in parts else parts)


@pytest.fixture(scope="module")
def people(town: Town) -> dict[Role, Client]:
    """A browser signed in for each role: what any of them asks for is not there, or has no form."""
    return {role: client_of(somebody(town, role)) for role in Role}


@pytest.fixture(scope="module")
def stranger(town: Town) -> Client:
    """An admin of another district."""
    return client_of(somebody(another_town(town), Role.ADMIN))


def ask(client: Client, method: str, where: str) -> int:
    return client.generic(method, where).status_code


def test_every_view_is_declared() -> None:
    forgotten = [p.name for p, _ in ROUTES if declared(p.callback) is None and p.name not in OPEN]
    assert forgotten == []


def test_every_name_left_open_is_still_there() -> None:
    assert OPEN - {pattern.name for pattern, _ in ROUTES} == frozenset()


def test_there_are_pages() -> None:
    assert len(OF_A_DISTRICT) >= 2


@pytest.mark.parametrize("name", sorted(OF_A_DISTRICT))
def test_a_page_is_for_those_who_may(name: str, town: Town, people: dict[Role, Client]) -> None:
    found = OF_A_DISTRICT[name]
    for role, client in people.items():
        for method in found.methods:
            status = ask(client, method, address(name, town.code))
            if found.needs in role.abilities:
                # 404 is a number that is not there, 400 a form without its fields.
                assert status in (200, 204, 302, 400, 404, 409), (role, method, status)
            else:
                assert status == 403, (role, method, status)


@pytest.mark.parametrize("name", sorted(OF_A_DISTRICT))
def test_a_page_of_a_district_is_not_there_for_strangers(
    name: str, town: Town, stranger: Client
) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert ask(stranger, method, address(name, town.code)) == 404


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_nobody_is_sent_to_sign_in(name: str, town: Town) -> None:
    for method in ("GET", "POST"):
        answer = client_of(None).generic(method, address(name, town.code))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


#: Of the views that look after themselves, those that are about the person signed in.
ABOUT_ME = sorted(
    name
    for name in OPEN
    if name.startswith("mfa_") or name in ("account_change_password", "account_set_password")
)


@pytest.mark.parametrize("name", ABOUT_ME)
def test_nobody_has_an_account_page(name: str, wired: None) -> None:
    answer = client_of(None).get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@override_settings(ROOT_URLCONF="tests.console.forgotten_urls")
def test_a_view_nobody_declared_is_refused(town: Town) -> None:
    for client in (client_of(None), client_of(somebody(town, Role.ADMIN))):
        answer = client.get("/forgotten/")
        assert answer.status_code == 403
        assert "student data" not in answer.content.decode()


def test_a_part_of_a_page_asked_by_a_page_left_open_sends_the_whole_page_to_sign_in(
    town: Town,
) -> None:
    answer = client_of(None).get(address("home", town.code), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, reverse("account_login"))


def test_pages_are_kept_by_no_cache(town: Town) -> None:
    answer = client_of(somebody(town, Role.VIEWER)).get(address("home", town.code))
    assert "no-store" in answer["Cache-Control"]
