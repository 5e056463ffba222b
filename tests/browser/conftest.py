"""A real browser (Debian's Chromium, by Playwright) before the real server on a real database.

All of it ends with this package: Playwright keeps a loop running in its thread, beside which no
other test could run one of its own.
"""

import os
import threading
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client, override_settings
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    sync_playwright,
)
from tests.browser.world import World, build
from tests.clock import FakeClock
from tests.town import NOW, Town
from tests.town_fixtures import five_students, table_a_line, wired

from rollcall.access.roles import Role
from rollcall.console.frame import routes
from rollcall.console.server import listening

__all__ = ["wired"]

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)

#: Opens a page of the browser, signed in as the world's person with a role (None: as nobody).
SignedIn = Callable[..., Page]


@pytest.fixture(scope="package")
def quick_passwords() -> Iterator[None]:
    """A hash that takes no second."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="package")
def address(wired: None, quick_passwords: None) -> Iterator[str]:
    """Where the server answers."""
    # Playwright's loop runs in the thread that also makes the tests' records.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    server = listening("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.address
    server.close()
    # A request under way holds the database, which is dropped next.
    server.stop(10)
    thread.join(timeout=10)
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
        # Under Playwright's loop this thread had a connection of its own, seen only from here.
        connections.close_all()


@pytest.fixture(scope="package")
def world(wired: None, quick_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The district most stories only look at. A story that changes something makes its own."""
    folder = tmp_path_factory.mktemp("world")
    made = Town(uuid4().hex[:7], folder, FakeClock(NOW))
    for place in (made.mailbox, made.outgoing):
        place.mkdir()
    return build(made, five_students(), table_a_line)


@pytest.fixture
def worlds_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages see the world's clock."""
    monkeypatch.setattr(routes, "clock", world.town.clock)


@pytest.fixture
def signed_in(
    address: str, world: World, chromium: Browser, worlds_time: None
) -> Iterator[SignedIn]:
    """Opens a page: `signed_in(role)`, `signed_in(role, of=town_of_my_own, narrow=True)`."""
    contexts: list[BrowserContext] = []

    def open_page(role: Role | None, *, of: World = world, narrow: bool = False) -> Page:
        contexts.append(visit(chromium, address, of, role, NARROW if narrow else WIDE))
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


def visit(
    chromium: Browser, address: str, of: World, role: Role | None, size: ViewportSize
) -> BrowserContext:
    """A browser that knows nothing, signed in as the world's person with that role."""
    # Without motion: a color that is still changing is no color to judge.
    context = chromium.new_context(base_url=address, viewport=size, reduced_motion="reduce")
    if role is not None:
        context.add_cookies([_session(of, role, address)])
    return context


def _session(of: World, role: Role, address: str) -> SetCookieParam:
    client = Client()
    client.force_login(of.people[role])
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}
