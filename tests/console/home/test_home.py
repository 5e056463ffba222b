"""Home: one row a sync, what to do next, and "Fine" when there is nothing."""

import csv
import io

import polars as pl
from tests.console.people import Asking
from tests.town import RowMaker, Town

from rollcall.access.roles import Role


def home(asking: Asking, town: Town) -> str:
    return asking(Role.VIEWER).get(f"/d/{town.code}/").content.decode()


def test_a_sync_that_never_ran_says_what_to_do(asking: Asking, town: Town) -> None:
    shown = home(asking, town)
    assert "casemis" in shown
    assert "Never run" in shown
    assert "nothing needs attention" not in shown


def test_a_good_run_is_shown_with_its_time_in_the_districts_zone(
    asking: Asking, town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    run = town.run()
    shown = home(asking, town)
    assert f"/d/{town.code}/runs/{run.pk}/" in shown
    assert "Mon Dec 5, 12:00 pm" in shown


def test_all_fine_is_said_only_when_it_is(
    asking: Asking, town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    town.run()
    assert "nothing needs attention" in home(asking, town)
    town.drop("A.csv", b"")
    assert town.run().state == "failed"
    shown = home(asking, town)
    assert "nothing needs attention" not in shown
    assert "Failed" in shown


def test_nothing_of_a_student_is_on_it(
    asking: Asking, town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.load({"students": students})
    shown = home(asking, town)
    assert not [name for name in students["last_name"] if name in shown]


def test_it_is_a_csv_file(asking: Asking, town: Town) -> None:
    answer = asking(Role.VIEWER).get(f"/d/{town.code}/syncs.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [(one["Sync"], one["State"]) for one in rows] == [("casemis", "Never run")]
