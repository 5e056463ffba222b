"""Pages of a run's rows and changes: together they are what the plan says, each thing once."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from tests.town import RowMaker, Town
from tests.town_fixtures import five_students, table_a_line

from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.plans import browsing, plan_store
from rollcall.engine.plans.browsing import ChangeFilter, Page, RowFilter

PLANS = ("10", "15", "20", "99", "")


@pytest.fixture(scope="module")
def run(shared_town: Town) -> Run:
    """A run that adds, updates and leaves alone, with rows of every outcome. It is looked at."""
    town, table_a = shared_town, table_a_line
    town.load({"students": five_students().with_columns(school_code=pl.lit("S1"))})
    first = [table_a(SSID=f"000000000{n}", PLAN_TYPE="10", GRADE="03") for n in (1, 3)]
    town.drop("A.csv", "\n".join(first).encode())
    town.run()
    rows = [
        table_a(SSID="0000000001", PLAN_TYPE="20", GRADE="03"),
        table_a(SSID="0000000003", PLAN_TYPE="10", GRADE="03"),
        table_a(SSID="0000000004", PLAN_TYPE="30", SCH_CODE="0000007"),
        table_a(SSID="0000000009", PLAN_TYPE="30"),
        table_a(PLAN_TYPE="99"),
        table_a(SSID="0000000005"),
        table_a(SSID="0000000005"),
    ]
    town.drop("A.csv", "\n".join(rows).encode())
    return town.run()


def all_of(page: Callable[[int], Page], start: int) -> list[dict[str, Any]]:
    """Every row of every page, one after the other."""
    found: list[dict[str, Any]] = []
    at: int | None = start
    while at is not None:
        told = page(at)
        found += told.rows
        at = told.next
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_the_pages_together_are_all_rows_by_line(run: Run, size: int) -> None:
    rows = all_of(lambda at: browsing.rows(run, "students", after=at, size=size), 0)
    assert [row["line"] for row in rows] == list(range(1, 8))


def test_rows_are_filtered_by_outcome_rule_line_and_id(run: Run) -> None:
    def lines(**only: Any) -> list[int]:
        return [r["line"] for r in browsing.rows(run, "students", RowFilter(**only)).rows]

    assert lines(outcome="matched") == [1, 2, 3]
    assert lines(outcome="duplicate") == [6, 7]
    assert lines(rule="same_state_id") == [6, 7]
    assert lines(line=4) == [4]
    assert lines(id="100003") == [2]
    assert lines(id="0000000009") == [4]
    assert lines(outcome="matched", id="0000000009") == []


def test_the_counts_are_those_of_the_run(run: Run) -> None:
    counted: dict[str, int] = {}
    for one in browsing.row_counts(run, "students"):
        counted[one["outcome"]] = counted.get(one["outcome"], 0) + one["count"]
    assert counted == {k: v for k, v in run.counts["students"].items() if k in counted}
    assert sum(counted.values()) == run.counts["students"]["read"]


def test_a_change_is_told_field_by_field_with_its_student(run: Run) -> None:
    page = browsing.changes(run, "special_education", ChangeFilter(kind="update"))
    (change,) = page.rows
    assert change["fields"] == [{"field": "plan_type", "before": "10", "after": "20"}]
    assert (change["input"], change["line"], change["key"]) == (
        "students",
        1,
        {"local_id": "100001"},
    )
    assert (change["student"]["last_name"], change["excluded"]) == ("García", False)


def test_changes_are_filtered_by_kind_field_school_line_and_student(run: Run) -> None:
    def lines(**only: Any) -> list[int]:
        page = browsing.changes(run, "special_education", ChangeFilter(**only))
        return [change["line"] for change in page.rows]

    assert lines() == [1, 3]
    assert lines(kind="add") == [3]
    assert lines(field="plan_type") == [1, 3]
    assert lines(field="school_code") == [3]
    assert lines(school="0000007") == [3]
    assert lines(school="S1") == [1]
    assert lines(line=1) == [1]
    assert lines(local_id="100004") == [3]


def test_changes_are_counted_by_kind_and_field(run: Run) -> None:
    record = "special_education"
    assert browsing.kind_counts(run, record) == {"add": 1, "update": 1}
    assert browsing.kind_counts(run, record, ChangeFilter(field="school_code")) == {"add": 1}
    assert browsing.field_counts(run, record) == {"plan_type": 2, "school_code": 1}
    assert browsing.field_counts(run, record, "update") == {"plan_type": 1}


def test_an_undo_shows_what_it_puts_back(shared_town: Town, run: Run) -> None:
    from rollcall.engine.runs.undoing import start_undo

    town = shared_town
    undone = town.execute(start_undo(run, "approver", town.clock, test=True))
    kinds = browsing.kind_counts(undone, "special_education")
    assert kinds == {"update": 1, "remove": 1}
    page = browsing.changes(undone, "special_education", ChangeFilter(kind="update"))
    assert page.rows[0]["fields"] == [{"field": "plan_type", "before": "20", "after": "10"}]


def test_a_run_that_decided_nothing_says_so(town: Town) -> None:
    with pytest.raises(Problem) as raised:
        browsing.inputs(town.run())
    assert raised.value.code == "explain.no_plan"


def test_an_unknown_input_is_named(run: Run) -> None:
    with pytest.raises(Problem) as raised:
        browsing.rows(run, "nope")
    assert raised.value.code == "input.unknown"


def test_removals_without_a_line_come_last_and_every_change_once(
    town: Town, students: pl.DataFrame, table_a: RowMaker
) -> None:
    town.apply(settings={"students_file": "A.csv", "services_file": "B.csv"})
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    for codes in (["330", "415"], ["340"]):
        lines = [f",,,0000000001,{code},,,," for code in codes]
        town.drop("B.csv", "\n".join(lines).encode())
        last = town.run(forced=True)
    told = all_of(lambda at: browsing.changes(last, "service", after=at, size=1), -1)
    assert [(one["change"], one["line"]) for one in told] == [
        ("add", 1),
        ("remove", None),
        ("remove", None),
    ]
    assert {one["key"]["service_code"] for one in told} == {"330", "340", "415"}
    assert all(field["after"] is None for one in told[1:] for field in one["fields"])


@pytest.mark.parametrize("after", [-1, 0, 1])
def test_pages_go_on_behind_the_last_place(run: Run, after: int) -> None:
    page = browsing.changes(run, "special_education", after=after, size=1)
    assert [one["place"] for one in page.rows] == [after + 1][: 1 - after]


@given(plans=st.lists(st.sampled_from(PLANS), min_size=1, max_size=6), size=st.integers(1, 4))
@examples(max_examples=4, deadline=None)
def test_whatever_the_file_the_pages_are_the_plan(
    town_of_five: tuple[Town, RowMaker], plans: list[str], size: int
) -> None:
    town, table_a = town_of_five
    rows = [table_a(SSID=f"000000000{n}", PLAN_TYPE=p) for n, p in enumerate(plans, 1)]
    town.drop("A.csv", "\n".join(rows).encode())
    run = town.run(test=True)
    integration = registry.integration("casemis")
    if not run.plan_sha256:
        return
    plan = plan_store.load(run, integration.records)
    seen = all_of(lambda at: browsing.rows(run, "students", after=at, size=size), 0)
    assert [row["line"] for row in seen] == plan.rows["students"]["line"].to_list()
    told = all_of(lambda at: browsing.changes(run, "special_education", after=at, size=size), -1)
    expected = plan.changes["special_education"].after.select("change", "line", "local_id")
    assert [(t["change"], t["line"], t["local_id"]) for t in told] == expected.rows()


def test_rows_far_apart_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """A piece of a stored file has so many rows that a small file never has two."""
    monkeypatch.setattr(plan_store, "GROUP", 2)
    assert [row["line"] for row in browsing.rows(run, "students").rows] == list(range(1, 8))
    picked = browsing.rows(run, "students", RowFilter(outcome="duplicate"), size=1)
    assert ([row["line"] for row in picked.rows], picked.next) == ([6], 6)
