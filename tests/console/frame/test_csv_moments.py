"""Every list as CSV, with every moment as clocks in the district show it, and what that is ahead of
UTC; and so do the reports of a run.
"""

import re
from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest
from django.test import Client
from django.urls import reverse
from tests.browser.world import World, build
from tests.clock import FakeClock
from tests.console.people import client_of
from tests.console.test_access import DECLARED, OF_A_DISTRICT
from tests.town import NOW, Town
from tests.town_fixtures import five_students, table_a_line

from rollcall.access import audit, tokens
from rollcall.access.roles import Role
from rollcall.engine import artifacts
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.models import AlertKind
from rollcall.engine.runs import reporting

#: A moment of any form; in ours it ends with an offset.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*|\d\d:\d\d(?::\d\d)? ?(?:UTC|Z)\b")
OURS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[78]:00$")
LISTS = sorted(name for name in OF_A_DISTRICT if "csv" in name)
#: Of these every line has a moment.
WITH = (
    *("alerts-csv", "connections-csv", "runs-csv", "settings-audit-csv", "settings-people-csv"),
    *("settings-tokens-csv", "student-timeline-csv", "sync-versions-csv", "run-mail-csv"),
)


@pytest.fixture(scope="module")
def world(wired: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    made = Town(uuid4().hex[:7], tmp_path_factory.mktemp("world"), FakeClock(NOW))
    for place in (made.mailbox, made.outgoing):
        place.mkdir()
    world = build(made, five_students(), table_a_line)
    admin = world.people[Role.ADMIN]
    tokens.make(admin, made.district, Role.VIEWER, "one", made.clock)
    seen = Seen(AlertKind.FAILED, "file.missing", "The file is missing", "error")
    alerts.open_or_renew(made.district.pk, made.sync.pk, [seen], made.clock)
    audit.record(made.clock, admin.email, audit.Action.SAW, "run 1", district=made.district)
    return world


@pytest.fixture(scope="module")
def admin(world: World) -> Client:
    return client_of(world.people[Role.ADMIN])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_tells_moments_in_the_districts_time(world: World, admin: Client, name: str) -> None:
    parts = {one: world.parts[one] for one in DECLARED[name][0].pattern.converters}
    answer = admin.get(reverse(name, kwargs=parts))
    if answer.status_code == 302:  # of a search that is over
        return
    assert answer.status_code == 200
    told = answer.getvalue().decode()
    moments = [one.strip('",') for line in told.splitlines() for one in _moments(line)]
    assert [one for one in moments if not OURS.match(one)] == []
    assert moments or name not in WITH
    assert "UTC" not in told.splitlines()[0]


def _moments(line: str) -> list[str]:
    return [cell for cell in line.split(",") if MOMENT.search(cell)]


def test_a_report_tells_them_so_too(world: World) -> None:
    at = datetime(2016, 7, 5, 20, 0, tzinfo=UTC)
    frame = pl.DataFrame({"At": [at, None], "Name": ["x", "y"]})
    reporting.store(world.done, "Moments", frame)
    stored = world.done.artifacts.get(name="Moments.csv")
    lines = artifacts.path_of(stored).read_text().splitlines()
    assert lines == ["At,Name", "2016-07-05T13:00:00-07:00,x", ",y"]
