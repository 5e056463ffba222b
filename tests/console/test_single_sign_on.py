"""Single sign-on: lets in who was invited, by an address the server calls verified, nobody else."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from tests.servers.oidc import CODE, Provider, oidc_server
from tests.town import Town

from rollcall.access import people
from rollcall.access.models import AuditEntry, User
from rollcall.access.roles import Role


@pytest.fixture
def server(settings: Settings) -> Iterator[Provider]:
    with oidc_server() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = provider.settings()
        yield provider


@pytest.fixture
def invited(town: Town) -> User:
    email = f"{uuid4().hex[:8]}@example.org"
    return people.add(email, town.district, Role.VIEWER, town.clock, "tester")


def come_back(server: Provider, **person: object) -> tuple[Client, str]:
    """Sign in there as `person` and come back: the browser; where it was led, or what it read."""
    server.person = {"sub": uuid4().hex, **person}
    browser = Client()
    asked = urlsplit(browser.get("/account/oidc/sso/login/")["Location"])
    assert asked.path == "/authorize"
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    server.challenge = query["code_challenge"]
    answer = browser.get(
        urlsplit(query["redirect_uri"]).path, {"code": CODE, "state": query["state"]}
    )
    return browser, answer["Location"] if answer.status_code == 302 else answer.content.decode()


def test_the_sign_in_page_offers_it(server: Provider, wired: None) -> None:
    assert "District account" in Client().get(reverse("account_login")).content.decode()


def test_who_was_invited_gets_in(server: Provider, invited: User, town: Town) -> None:
    browser, led = come_back(server, email=invited.email, email_verified=True)
    assert led == reverse("start")
    assert browser.get(f"/d/{town.code}/").status_code == 200
    assert AuditEntry.objects.filter(who=invited.email, action="signed in").exists()


def test_who_was_not_does_not(server: Provider, wired: None) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    _, read = come_back(server, email=email, email_verified=True)
    assert "You are not invited yet" in read
    assert not User.objects.filter(email=email).exists()


def test_an_address_the_server_does_not_vouch_for_opens_nothing(
    server: Provider, invited: User
) -> None:
    _, read = come_back(server, email=invited.email, email_verified=False)
    assert "/account/" in read or "not invited" in read
    assert not invited.memberships.filter(user__last_login__isnull=False).exists()


def test_unless_the_server_is_trusted_with_addresses(
    server: Provider, invited: User, settings: Settings
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = server.settings(verified_email=True)
    _, led = come_back(server, email=invited.email)
    assert led == reverse("start")


def test_an_answer_nobody_asked_for_is_refused(server: Provider, invited: User) -> None:
    server.person = {"sub": "1", "email": invited.email, "email_verified": True}
    answer = Client().get("/account/oidc/sso/login/callback/", {"code": CODE, "state": "made-up"})
    assert "did not let you in" in answer.content.decode()


def test_it_is_not_there_unless_configured(wired: None) -> None:
    assert Client().get("/account/oidc/sso/login/").status_code == 404
