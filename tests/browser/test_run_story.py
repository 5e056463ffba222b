"""The days of an import in the browser: a file is uploaded and run, a held run is looked through
and approved but for one change, and undone. The pages of runs, wide and narrow.
"""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import SignedIn
from tests.browser.test_accessible import look, sideways
from tests.browser.world import World, build
from tests.clock import FakeClock
from tests.town import NOW, Town
from tests.town_fixtures import five_students, table_a_line

from rollcall.access.roles import Role
from rollcall.engine.models import Run


@pytest.fixture
def own(wired: None, quick_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A district of this story's own."""
    town = Town(uuid4().hex[:7], tmp_path_factory.mktemp("own"), FakeClock(NOW))
    for place in (town.mailbox, town.outgoing):
        place.mkdir()
    return build(town, five_students(), table_a_line)


def work(own: World) -> Run:
    """What a worker does: carry out the newest run."""
    return own.town.execute(Run.objects.filter(sync=own.town.sync).latest("pk"))


def test_import_by_upload_approve_what_is_held_and_undo_it(signed_in: SignedIn, own: World) -> None:
    page = signed_in(Role.APPROVER, of=own)
    _upload(page, own, ["0000000001", "0000000003", "0000000004"])
    run = work(own)
    assert run.state == "held"
    expect(page.locator(".page-head .state")).to_have_text("Held")  # the page followed it
    page.get_by_role("link", name="Review run").click()
    expect(page.get_by_role("cell", name=re.compile("would be added"))).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("line 3")).check()
    page.get_by_role("button", name="Skip selected").click()
    expect(page.get_by_text("1 change skipped.")).to_be_visible()
    page.get_by_label("Note").fill("the third student moves next week")
    page.get_by_role("button", name="Apply changes, skip 1").click()
    expect(page.get_by_role("status")).to_contain_text("Approved")
    work(own)
    expect(page.locator(".page-head .state")).to_have_text("Done")
    expect(page.get_by_text("the third student moves next week")).to_be_visible()
    assert [one["local_id"] for one in own.town.special_education()] == ["100001", "100003"]
    _undo(page, own)
    assert [one["local_id"] for one in own.town.special_education()] == ["100001"]


def _upload(page: Page, own: World, ids: list[str]) -> None:
    """From the sync's page: choose a file, run it live."""
    own.town.apply(guards={"minimum_population": 1, "add": {"percent": 0}})
    page.goto(f"/d/{own.town.code}/syncs/casemis/")
    rows = "\n".join(table_a_line(SSID=one, PLAN_TYPE="20") for one in ids)
    file = {"name": "new.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    form = page.locator("#upload form")
    if form.get_by_text("Or single files").count():
        form.get_by_text("Or single files").click()
    form.locator("input[name=students]").set_input_files(file)  # type: ignore[arg-type]  # as Playwright documents it
    form.get_by_label("Live run: apply changes that are within the safety limits").check()
    form.get_by_role("button", name="Upload and run").click()
    expect(page.locator(".page-head .state")).to_have_text("Waiting")


def _undo(page: Page, own: World) -> None:
    """Test first, then in earnest."""
    page.get_by_role("link", name="Undo run").click()
    expect(page.get_by_role("button", name=re.compile("^Undo run"))).to_be_disabled()
    page.get_by_role("button", name="Test the undo").click()
    work(own)
    expect(page.get_by_text("TEST: no data was written", exact=True)).to_be_visible()
    expect(page.locator(".page-head .state")).to_have_text("Done")
    page.get_by_role("link", name=re.compile("^Undo run")).click()
    page.get_by_role("button", name=re.compile("^Undo run")).click()
    work(own)
    expect(page.locator(".page-head .state")).to_have_text("Done")


def test_a_held_run_its_review_and_a_test_run_are_accessible(
    signed_in: SignedIn, world: World
) -> None:
    runs = f"/d/{world.town.code}/runs"
    held = f"{runs}/{world.held.pk}"
    for where in (f"{held}/review/", f"{held}/rows/", f"{held}/", f"{runs}/{world.tested.pk}/"):
        look(signed_in(Role.ADMIN), where)
        narrow = signed_in(Role.ADMIN, narrow=True)
        narrow.emulate_media(color_scheme="dark")
        look(narrow, where)
        assert sideways(narrow) <= 0
