"""A steward's morning: link an unmatched row that the next run then uses, and correct a student."""

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import SignedIn
from tests.browser.world import World, build
from tests.clock import FakeClock
from tests.town import NOW, Town
from tests.town_fixtures import five_students, table_a_line

from rollcall.access.roles import Role


@pytest.fixture
def mine(wired: None, quick_passwords: None, tmp_path: Path) -> World:
    """A world of this story's own: one row of its last run is unmatched, Garcia, Eline."""
    town = Town(uuid4().hex[:7], tmp_path, FakeClock(NOW))
    for place in (town.mailbox, town.outgoing):
        place.mkdir()
    made = build(town, five_students(), table_a_line)
    town.apply()
    return made


def link_by_keyboard(page: Page) -> None:
    page.get_by_label("Note").fill("Typing error")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Link to student 100001")).to_be_visible()
    page.get_by_role("button", name="Link to student 100001").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Linked to student 100001")).to_be_focused()


def test_an_unmatched_row_is_linked_and_the_next_run_uses_it(
    signed_in: SignedIn, mine: World
) -> None:
    page = signed_in(Role.STEWARD, of=mine)
    page.goto(f"/d/{mine.town.code}/unmatched/")
    expect(page.get_by_text("1 open, ")).to_be_visible()
    link_by_keyboard(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Decision revoked.")).to_be_visible()
    link_by_keyboard(page)

    row = table_a_line(LAST_NAME="Garcia", FIRST_NAME="Eline", BIRTHDATE="03152008", PLAN_TYPE="10")
    other = table_a_line(SSID="0000000003", PLAN_TYPE="10")
    mine.town.drop("A.csv", f"{other}\n{row}\n".encode())
    run = mine.town.run()
    assert (run.state, run.counts["students"]["matched"]) == ("done", 2)
    page.goto(f"/d/{mine.town.code}/unmatched/")
    expect(page.get_by_text("No open rows")).to_be_visible()
    page.get_by_role("link", name="Show decisions").first.click()
    expect(page.get_by_text("Typing error")).to_be_visible()
    page.get_by_role("link", name="Student 100001").click()
    page.get_by_role("link", name="Last row").click()
    expect(page.get_by_text("Linked to student 100001")).to_be_visible()


def test_a_student_is_found_and_corrected_and_the_timeline_says_so(
    signed_in: SignedIn, mine: World
) -> None:
    page = signed_in(Role.STEWARD, of=mine)
    page.goto(f"/d/{mine.town.code}/students/")
    page.get_by_label("Name or ID").fill("smith, j")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Edit student").click()
    page.get_by_label("State id").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("10 digits expected")).to_be_visible()
    page.get_by_label("State id").fill("0000000003")
    page.get_by_label("Grade").fill("05")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Grade.")).to_be_visible()
    page.get_by_role("link", name="Timeline").click()
    last = page.get_by_role("listitem").filter(has_text="Student changed")
    expect(last).to_contain_text(mine.people[Role.STEWARD].email)
    expect(last).to_contain_text("before: 04 → after: 05")
    assert "smith" not in page.url
