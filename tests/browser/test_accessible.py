"""axe-core finds nothing serious or critical on any page, wide or narrow, light or dark; no page
scrolls sideways at 390 px; and the browser refuses nothing by the content security policy.

The pages are read off the resolver: one that is added is looked at too. What an address needs is
in `World.parts`.
"""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import Page
from tests.browser.conftest import NARROW, SignedIn
from tests.browser.world import World

from rollcall.access.roles import Role
from rollcall.console.routes import declared

ROUTES = {
    str(pattern.name): pattern
    for pattern in get_resolver().url_patterns
    if isinstance(pattern, URLPattern)
    and (found := declared(pattern.callback))
    and "GET" in found.methods
}
OWN = ("account_change_password", "mfa_index")
OUTSIDE = ("account_login", "account_reset_password", "account_reset_password_done")


def address(name: str, world: World) -> str:
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


def look(page: Page, where: str) -> None:
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    answer = page.goto(where)
    assert answer is not None
    assert answer.status == 200, where
    assert problems(page) == []
    assert refused == []


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_page_is_accessible(name: str, signed_in: SignedIn, world: World) -> None:
    where = address(name, world)
    asked = signed_in(Role.ADMIN)
    kind = asked.request.get(where, max_redirects=5).headers["content-type"]
    if not kind.startswith("text/html"):
        pytest.skip("no page")
    look(asked, where)
    # The same page as it lies on a telephone, in the dark: what differs is the style alone.
    asked.emulate_media(color_scheme="dark")
    asked.set_viewport_size(NARROW)
    assert problems(asked) == []
    assert sideways(asked) <= 0


@pytest.mark.parametrize("name", [*OWN, *OUTSIDE])
def test_an_account_page_is_accessible(name: str, signed_in: SignedIn) -> None:
    page = signed_in(Role.ADMIN if name in OWN else None, narrow=True)
    look(page, reverse(name))
    page.emulate_media(color_scheme="dark")
    assert problems(page) == []
    assert sideways(page) <= 0
