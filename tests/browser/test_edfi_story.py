"""Seed 000 in the browser: Start Year, near real time on, an edit arrives by itself; then the
state refuses one, its words are read where the student is, and the correction resolves it.
"""

from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import NARROW, SignedIn
from tests.browser.test_accessible import look, problems, sideways
from tests.capital_fixtures import capital, state
from tests.minnesota import Capital, until_true

from rollcall.access import people
from rollcall.access.models import User
from rollcall.access.roles import Role
from rollcall.console.frame import routes
from rollcall.engine.models import Run
from rollcall.engine.runs.runner import execute
from rollcall.records.models import Student

__all__ = ["capital", "state"]

NUMBER = "0625000000001"
SAID = "This number belongs to somebody else."


@dataclass
class Own:
    """The capital with an admin, as `signed_in` wants it."""

    capital: Capital
    people: dict[Role, User] = field(default_factory=dict)

    def __post_init__(self) -> None:
        who, district = f"{uuid4().hex[:8]}@example.org", self.capital.district
        admin = people.add(who, district, Role.ADMIN, self.capital.clock, "tester")
        self.people[Role.ADMIN] = admin

    @property
    def student(self) -> Student:
        return Student.objects.get(district=self.capital.district, local_id="000001")

    def work(self) -> None:
        """What a worker does: carry out the newest run."""
        execute(Run.objects.filter(sync=self.capital.sync).latest("pk").pk, self.capital.clock)

    def names(self) -> list[str]:
        return [one["firstName"] for one in self.capital.state.documents("students")]


@pytest.fixture
def own(capital: Capital) -> Own:
    for number in range(1, 4):
        capital.student(number)
    return Own(capital)


def test_start_year_near_real_time_a_refusal_and_its_correction(
    signed_in: SignedIn, own: Own, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, code = signed_in(Role.ADMIN, of=own), own.capital.code
    monkeypatch.setattr(routes, "clock", own.capital.clock)
    page.set_default_timeout(10_000)
    _start_year(page, own)
    page.goto(f"/d/{code}/syncs/state/flow/")
    page.get_by_role("button", name="Turn near real time on").click()
    expect(page.get_by_role("status")).to_contain_text("Near real time is on")
    own.work()
    with own.capital.attended():
        _rename(page, own, "Solveig")
        until_true(lambda: "Solveig" in own.names())
        own.capital.settled()
        own.capital.state.faults.refuse("students", (NUMBER,), text=SAID)
        page.goto(f"/d/{code}/syncs/state/flow/")
        expect(page.get_by_text("Up to date.")).to_be_visible()
        Student.objects.filter(pk=own.student.pk).update(first_name="Astrid")  # by the SIS
        expect(page.get_by_text("Some refused.")).to_be_visible(timeout=20_000)  # by itself
        _read_why(page, own)
        own.capital.state.faults.accept("students", (NUMBER,))
        _rename(page, own, "Ingrid")
        until_true(lambda: "Ingrid" in own.names())
        own.capital.settled()
    page.goto(f"/d/{code}/alerts/?kind=refused")
    expect(page.get_by_text("No open alerts")).to_be_visible()
    page.get_by_role("link", name="Resolved", exact=True).click()
    expect(page.get_by_text(SAID)).to_be_visible()
    _looks_well(page, own)


def _start_year(page: Page, own: Own) -> None:
    page.goto(f"/d/{own.capital.code}/syncs/state/flow/")
    expect(page.get_by_text("Not started.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn near real time on")).to_be_disabled()
    first = page.locator("#job-start_year")
    first.get_by_role("button", name="Test run first").click()
    own.work()
    expect(page.get_by_text("TEST: no data was sent")).to_be_visible()
    assert own.names() == []
    page.wait_for_load_state("networkidle")  # a run's page loads itself anew when the run is done
    page.goto(f"/d/{own.capital.code}/syncs/state/flow/")
    first.get_by_role("button", name="Run Start Year").click()
    own.work()
    expect(page.locator(".page-head .state")).to_have_text("Done")
    page.wait_for_load_state("networkidle")
    assert len(own.names()) == 3


def _rename(page: Page, own: Own, name: str) -> None:
    page.goto(f"/d/{own.capital.code}/students/{own.student.pk}/")
    page.get_by_role("link", name="Edit student").click()
    page.get_by_label("First name").fill(name)
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_url("**/students/*/")


def _read_why(page: Page, own: Own) -> None:
    """From the number to the document, the student and the alert."""
    page.locator(".flow").get_by_role("link", name="Refused").click()
    expect(page.get_by_text(SAID)).to_be_visible()
    page.get_by_role("link", name="Olson, Astrid").click()
    expect(page.locator(".banner.bad")).to_contain_text(SAID)
    page.get_by_role("link", name="Show in alerts").click()
    expect(page.get_by_role("link", name="Olson, Astrid")).to_be_visible()
    expect(page.get_by_text(SAID)).to_be_visible()


def _looks_well(page: Page, own: Own) -> None:
    code, student = own.capital.code, own.student.pk
    for where in (
        "syncs/state/flow/",
        "syncs/state/flow/documents/?which=accepted",
        "syncs/state/",
        f"students/{student}/sent/",
        f"students/{student}/sent/state/remove/",
    ):
        look(page, f"/d/{code}/{where}")
        size = page.viewport_size
        page.set_viewport_size(NARROW)
        assert problems(page) == []
        assert sideways(page) <= 0, where
        assert size is not None
        page.set_viewport_size(size)
