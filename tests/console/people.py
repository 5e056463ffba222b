"""People in a test's district, and browsers (Django's test client) they are signed in with."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from tests.town import Town

from rollcall.access import people
from rollcall.access.models import User
from rollcall.access.roles import Role
from rollcall.console.frame import routes

#: A client signed in as a new person with that role in the town's district.
Asking = Callable[[Role], Client]


def somebody(town: Town, role: Role) -> User:
    """A new person with a role in the town's district."""
    return people.add(f"{uuid4().hex[:8]}@example.org", town.district, role, town.clock, "tester")


def another_town(town: Town) -> Town:
    """A second district beside the town."""
    made = Town(uuid4().hex[:7], town.folder, town.clock)
    made.apply()
    return made


def client_of(user: User | None) -> Client:
    """A browser, signed in unless `user` is None."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def asking(town: Town, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Asks pages as a new person with a role; the pages see the town's clock."""
    monkeypatch.setattr(routes, "clock", town.clock)
    return lambda role: client_of(somebody(town, role))
