"""The unmatched inbox: what is open, what is new, who is near, and what a decision does to it."""

from datetime import date

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.engine.models import Run
from rollcall.engine.students import match_decisions
from rollcall.engine.students.inbox import Inbox, InboxRow, inbox
from rollcall.engine.students.match_decisions import Place

TODAY = date(2016, 12, 5)


@pytest.fixture
def rows(table_a: RowMaker) -> list[str]:
    """An SSID with a wrong digit, a shared name, a known student, and a row that says nothing."""
    return [
        table_a(SSID="0000000091", LAST_NAME="Garcia", FIRST_NAME="Elena", BIRTHDATE="03/14/2008"),
        table_a(LAST_NAME="Lee", FIRST_NAME="Kim", BIRTHDATE="05/09/2007"),
        table_a(SSID="0000000003"),
        table_a(LAST_NAME="Lee"),
    ]


@pytest.fixture
def run(town: Town, students: pl.DataFrame, rows: list[str]) -> Run:
    town.load({"students": students})
    town.drop("A.csv", "\n".join(rows).encode())
    return town.run()


def opened(town: Town, today: date = TODAY, **how: object) -> Inbox:
    return inbox(town.district, today, **how)  # type: ignore[arg-type] # as given


def lines(found: Inbox) -> list[int]:
    return [row.line for row in found.rows]


def test_an_open_row_is_shown_beside_the_students_like_it(town: Town, run: Run) -> None:
    first, second = opened(town).rows
    assert isinstance(first, InboxRow)
    assert (first.run, first.input, first.line) == (run.pk, "students", 1)
    assert first.reason is not None
    assert first.reason.code == "match.unknown_state_id"
    assert first.values["last_name"] == "Garcia"
    (elena,) = first.near
    assert (elena.local_id, elena.differs) == ("100001", ("state_id",))
    assert elena.values["last_name"] == "García"
    assert [(one.local_id, one.differs) for one in second.near] == [("100004", ()), ("100005", ())]
    assert second.outcome == "ambiguous"


def test_a_decision_answers_a_row_at_once_and_revoking_it_asks_again(town: Town, run: Run) -> None:
    made = match_decisions.link(Place(run, 1), "100001", "Pat", town.clock)
    assert lines(opened(town)) == [2]
    match_decisions.ignore(Place(run, 2), date(2016, 12, 8), "Pat", town.clock)
    assert lines(opened(town)) == []
    assert lines(opened(town, date(2016, 12, 8))) == [2]
    match_decisions.revoke(town.district, made.pk, "Pat")
    assert lines(opened(town)) == [1]


def test_whom_a_row_is_not_is_no_longer_shown(town: Town, run: Run) -> None:
    match_decisions.different(Place(run, 1), "100001", "Pat", town.clock)
    first, _ = opened(town).rows
    assert first.near == []
    match_decisions.different(Place(run, 2), "100004", "Pat", town.clock)
    assert lines(opened(town)) == [1]


def test_it_says_what_is_new_since_the_run_before(
    town: Town, run: Run, rows: list[str], table_a: RowMaker
) -> None:
    (numbers,) = opened(town).syncs
    assert (numbers.open, numbers.new) == (2, 2)
    more = [table_a(SSID="7777777777"), *rows[:3]]
    town.drop("A.csv", "\n".join(more).encode())
    town.run(test=True)
    assert opened(town).syncs == [numbers]
    again = town.run(forced=True)
    found = opened(town)
    (numbers,) = found.syncs
    assert (numbers.run, numbers.open, numbers.new) == (again.pk, 3, 1)
    assert [(row.line, row.new) for row in found.rows] == [(1, True), (2, False), (3, False)]


def test_pages_together_are_the_whole(town: Town, run: Run) -> None:
    first = opened(town, limit=1)
    assert lines(first) == [1]
    rest = opened(town, limit=1, after=first.next)
    assert lines(rest) == [2]
    assert rest.next is None
    assert lines(opened(town, limit=2)) == [1, 2]
    assert lines(opened(town, after="nonsense")) == [1, 2]


def test_rows_about_one_person_are_one_question(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.apply(settings={"students_file": "A.csv", "services_file": "B.csv"})
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="9999999999").encode())
    town.drop(
        "B.csv",
        b"REPT_DATE,SELPA_CODE,STUDENT_ID,SSID,SERVICE,PROVIDER,LOCATION,FREQUENCY,"
        b"DURATION\n,1901,1,9999999999,330,,,,\n,1901,1,9999999999,415,,,,\n,1901,1,8888888888,415,,,,\n",
    )
    run = town.run()
    found = opened(town)
    assert [(row.input, row.line, row.other_rows) for row in found.rows] == [
        ("students", 1, 2),
        ("services", 3, 0),
    ]
    match_decisions.link(Place(run, 3, "services"), "100002", "Pat", town.clock)
    assert [row.input for row in opened(town).rows] == ["students"]


def test_a_district_without_runs_has_nothing_open(town: Town) -> None:
    assert opened(town) == Inbox([], [], None)
    assert opened(town, sync="casemis").rows == []
