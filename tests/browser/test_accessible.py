"""axe-core finds nothing serious or critical on any page, wide or narrow, light or dark; no page
scrolls sideways at 390 px; and the browser refuses nothing by the content security policy.

The pages are read off the resolver: one that is added is looked at too. What an address needs is
in `World.parts`.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response
from tests.browser.conftest import NARROW, WIDE, SignedIn, visit
from tests.browser.world import World

from rollcall.access.roles import Role
from rollcall.console.frame.routes import declared

ROUTES = {
    str(pattern.name): pattern
    for pattern in get_resolver().url_patterns
    if isinstance(pattern, URLPattern)
    and (found := declared(pattern.callback))
    and "GET" in found.methods
}
OWN = ("account_change_password", "mfa_index", "single-sign-on")
OUTSIDE = ("account_login", "account_reset_password", "account_reset_password_done")


@pytest.fixture(scope="module")
def admin(address: str, world: World, chromium: Browser) -> Iterator[BrowserContext]:
    """One browser for all pages, which asks only once for the style they share."""
    made = visit(chromium, address, world, Role.ADMIN, WIDE)
    yield made
    made.close()


def place(name: str, world: World) -> str:
    parts = {part: world.parts[part] for part in ROUTES[name].pattern.converters}
    return reverse(name, kwargs=parts)


def problems(page: Page) -> list[str]:
    """What axe finds that is serious or critical, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(all => all.violations)")
    return [
        f"{one['id']}: {one['help']} at {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def sideways(page: Page) -> int:
    """How far the page can be scrolled sideways, in pixels."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def opened(page: Page, where: str) -> Response | None:
    """The answer, or None where it is a file to be saved."""
    try:
        return page.goto(where)
    except Error as error:
        assert "Download is starting" in error.message, where
        return None


def look(page: Page, where: str) -> bool:
    """Whether there is a page to be looked at; one there is has no problems."""
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    answer = opened(page, where)
    if answer is None or not answer.headers["content-type"].startswith("text/html"):
        return False
    assert answer.status == 200, where
    assert problems(page) == []
    assert refused == []
    return True


@pytest.mark.usefixtures("worlds_time")
@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_page_is_accessible(name: str, admin: BrowserContext, world: World) -> None:
    with admin.new_page() as asked:
        if not look(asked, place(name, world)):
            return
        # The same page as it lies on a telephone, in the dark: what differs is the style alone.
        asked.emulate_media(color_scheme="dark")
        asked.set_viewport_size(NARROW)
        assert problems(asked) == []
        assert sideways(asked) <= 0


@pytest.mark.parametrize("name", [*OWN, *OUTSIDE])
def test_an_account_page_is_accessible(name: str, signed_in: SignedIn) -> None:
    page = signed_in(Role.ADMIN if name in OWN else None, narrow=True)
    assert look(page, reverse(name))
    page.emulate_media(color_scheme="dark")
    assert problems(page) == []
    assert sideways(page) <= 0
