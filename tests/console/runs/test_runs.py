"""The list of runs: what passes the filters of the address, and as CSV."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.console.people import Asking, another_town
from tests.town import Town
from tests.town_fixtures import five_students, table_a_line
from tests.town_fixtures import shared_town as town

from rollcall.access.roles import Role
from rollcall.engine.models import Run
from rollcall.engine.runs.run_timing import worked

__all__ = ["town"]


@pytest.fixture(scope="module")
def ran(town: Town) -> dict[str, Run]:
    """The runs of a town: the load, a test and a live one."""
    loaded = town.load({"students": five_students()})
    town.drop("A.csv", table_a_line(SSID="0000000001").encode())
    return {"load": loaded, "test": town.run(test=True), "live": town.run()}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["live", "test", "load"]),
        ("?sync=casemis", ["live", "test"]),
        ("?kind=test", ["test"]),
        ("?kind=live&sync=casemis", ["live"]),
        ("?state=held", []),
        ("?state=nonsense", ["live", "test", "load"]),
    ],
)
def test_filters(
    query: str, shown: list[str], asking: Asking, town: Town, ran: dict[str, Run]
) -> None:
    answer = asking(Role.VIEWER).get(f"/d/{town.code}/runs/{query}")
    assert [row.run for row in answer.context["rows"]] == [ran[name] for name in shown]


def test_a_run_is_shown_with_what_it_changed(
    asking: Asking, town: Town, ran: dict[str, Run]
) -> None:
    answer = asking(Role.VIEWER).get(f"/d/{town.code}/runs/?sync=casemis&kind=live")
    (row,) = answer.context["rows"]
    assert (row.changes, row.errors, row.word) == ((1, 0, 0, 0), 0, "Done")


def test_the_list_as_csv(asking: Asking, town: Town, ran: dict[str, Run]) -> None:
    answer = asking(Role.VIEWER).get(f"/d/{town.code}/runs.csv?sync=casemis")
    text = answer.getvalue().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Run"] for row in rows] == [str(ran["live"].pk), str(ran["test"].pk)]
    assert (rows[0]["Added"], rows[0]["State"], rows[1]["Test"]) == ("1", "Done", "test")


def test_runs_of_another_district_are_not_there(
    asking: Asking, town: Town, ran: dict[str, Run]
) -> None:
    other = another_town(town)
    client = asking(Role.ADMIN)
    assert client.get(f"/d/{town.code}/runs/{ran['live'].pk}/").status_code == 200
    assert client.get(f"/d/{other.code}/runs/{ran['live'].pk}/").status_code == 404


def test_the_list_asks_the_database_a_fixed_number_of_times(
    asking: Asking, town: Town, ran: dict[str, Run]
) -> None:
    """Session, person, membership, other districts, syncs, page, sparkline."""
    client = asking(Role.VIEWER)
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/d/{town.code}/runs/")
    assert len(asked) <= 7, [query["sql"][:80] for query in asked]


def test_a_run_takes_as_long_as_it_works_not_as_it_waits_for_a_person() -> None:
    times = [("fetch", "10:00:00", "10:00:02"), ("report", "10:00:05", "10:00:06.5")]
    run = Run(
        steps=[
            {
                "step": step,
                "started_at": f"2026-11-02T{began}+00:00",
                "finished_at": f"2026-11-02T{ended}+00:00",
            }
            for step, began, ended in times
        ],
        started_at=datetime(2026, 11, 2, 10, tzinfo=UTC),
        finished_at=datetime(2026, 11, 5, 10, tzinfo=UTC),
    )
    assert worked(run) == 3.5
    run.finished_at = None
    assert worked(run) is None
