"""A data manager sets a sync up in the browser: schedule with its live preview, settings, a version
restored, and a connection test against a real folder, followed step by step.
"""

import re
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
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import ConnectionCheck


@pytest.fixture(scope="module")
def own(wired: None, quick_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A district of this story's own."""
    town = Town(uuid4().hex[:7], tmp_path_factory.mktemp("own"), FakeClock(NOW))
    for place in (town.mailbox, town.outgoing):
        place.mkdir()
    return build(town, five_students(), table_a_line)


@pytest.fixture
def page(signed_in: SignedIn, own: World) -> Page:
    opened = signed_in(Role.ADMIN, of=own)
    opened.goto(f"/d/{own.town.code}/syncs/casemis/")
    return opened


def test_the_schedule_is_edited_with_its_preview(page: Page, own: World) -> None:
    page.get_by_role("link", name="Schedule", exact=True).click()
    expect(page.get_by_text("Status: Enabled")).to_be_visible()
    page.get_by_label("Tuesday").check()
    page.get_by_label("Time", exact=True).fill("7:15 am")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Mon, Tue, Wed, Fri at 7:15 am Pacific Time")
    expect(preview).to_contain_text("not saved yet")
    expect(preview.get_by_role("listitem")).to_have_count(5)
    assert own.town.sync.version.config["schedule"]["at"] == ["18:30"]
    page.get_by_role("radio", name="Every day").check()
    expect(page.get_by_label("Tuesday")).to_be_hidden()
    expect(preview).to_contain_text("Every day at 7:15 am")
    page.get_by_role("button", name="Save schedule").click()
    expect(page.get_by_role("status")).to_contain_text("Saved and enabled: Every day at 7:15 am")
    page.get_by_role("button", name="Disable the schedule").click()
    expect(page.get_by_text("Status: Disabled")).to_be_visible()


def test_settings_are_saved_and_a_version_restored(page: Page, own: World) -> None:
    page.get_by_role("link", name="Settings", exact=True).last.click()
    page.get_by_label("Owner").fill("Pat Lee")
    page.get_by_label("Late after, minutes").fill("2")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_label("Late after, minutes")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Late after, minutes").fill("90")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("status")).to_contain_text("Saved as version")
    assert own.town.sync.version.config["owner"] == "Pat Lee"
    page.get_by_role("link", name="Versions").click()
    newest = page.locator(".timeline > li").first
    expect(newest).to_contain_text(re.compile("Owner.*Pat Lee", re.DOTALL))
    page.get_by_role("button", name="Restore version 1", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is restored")
    assert "owner" not in own.town.sync.version.config


def test_the_connection_is_tested_against_a_real_folder(page: Page, own: World) -> None:
    page.get_by_role("button", name="Test connection").click()
    checklist = page.locator("#connection-test")
    expect(checklist).to_contain_text("Waiting for a worker")
    newest = ConnectionCheck.objects.filter(district=own.town.district).latest("pk")
    connection_checks.carry_out(newest.pk, own.town.clock)  # as a worker does
    expect(checklist).to_contain_text("All steps passed")
    expect(checklist.locator(".checklist > li")).to_have_count(3)
    expect(checklist).to_contain_text("Newest file: A.csv")
    assert page.url.endswith("/syncs/casemis/")


def test_a_file_is_uploaded_and_tested_first(page: Page, own: World, tmp_path: Path) -> None:
    (tmp_path / "Fall.csv").write_text(table_a_line(SSID="0000000004") + "\n")
    page.get_by_label("Student Data (Table A)").set_input_files(tmp_path / "Fall.csv")
    page.get_by_role("button", name="Upload and run").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+/"))
    expect(page.get_by_text("TEST: no data was written").first).to_be_visible()
