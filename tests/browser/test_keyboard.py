"""Home without a mouse: what can be done there is reached by Tab, and one sees where one is."""

import re

from playwright.sync_api import Page, expect
from tests.browser.conftest import SignedIn
from tests.browser.world import World

from rollcall.access.roles import Role

_FOCUSED = "() => document.activeElement.textContent.trim()"
_OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has the focus reads `text`."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if text in page.evaluate(_FOCUSED):
            assert page.evaluate(_OUTLINE) != "none"
            return
    raise AssertionError(f"{text} is not reached by Tab")


def test_the_content_can_be_skipped_to(signed_in: SignedIn, world: World) -> None:
    page = signed_in(Role.VIEWER)
    page.goto(f"/d/{world.town.code}/")
    page.keyboard.press("Tab")
    assert page.evaluate(_FOCUSED) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_home_leads_to_the_runs_and_to_the_persons_menu(signed_in: SignedIn, world: World) -> None:
    page = signed_in(Role.VIEWER)
    page.goto(f"/d/{world.town.code}/")
    tab_to(page, "Runs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    tab_to(page, "Signed in as")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_the_next_step_of_a_sync_is_reached(signed_in: SignedIn, world: World) -> None:
    page = signed_in(Role.APPROVER)
    page.goto(f"/d/{world.town.code}/")
    link = page.get_by_role("row", name="casemis").get_by_role("link").last
    tab_to(page, link.inner_text())
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{world.held.pk}/"))
