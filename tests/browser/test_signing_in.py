"""Signing in as people do: by keyboard, into the page they wanted, and not after five failures."""

import re

from playwright.sync_api import Page, expect
from tests.browser.conftest import SignedIn
from tests.browser.world import PASSWORD, World

from rollcall.access.roles import Role


def fill_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_goes_where_they_wanted_and_signs_out(
    signed_in: SignedIn, world: World
) -> None:
    page = signed_in(None)
    wanted = f"/d/{world.town.code}/runs/"
    page.goto(wanted)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    fill_in(page, world.people[Role.VIEWER].email, PASSWORD)
    expect(page).to_have_url(re.compile(f"{wanted}$"))
    page.locator(".person summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(wanted)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_after_five_failures_one_waits(signed_in: SignedIn, world: World) -> None:
    page = signed_in(None)
    page.goto("/account/login/")
    email = world.people[Role.STEWARD].email
    for _ in range(5):
        fill_in(page, email, "wrong")
        expect(page.get_by_role("alert")).to_be_visible()
    fill_in(page, email, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Too many failed attempts")
