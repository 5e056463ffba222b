"""Asking about a line: what is said, whom it is held against, and when there is nothing to say."""

from datetime import date

import polars as pl
import pytest
from django.db import connection, transaction
from tests.town import RowMaker, Town

from rollcall.core.plans.diff import field_changes
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.explaining import explain
from rollcall.engine.plans.planning import views_of
from rollcall.engine.students import match_decisions
from rollcall.engine.students.match_decisions import Place
from rollcall.sandbox.casemis.files import Faults, make_table_a
from rollcall.sandbox.districts.california import make_district


def test_a_run_that_ended_before_it_decided_explains_no_row(town: Town) -> None:
    failed = town.run()
    with pytest.raises(Problem) as raised:
        explain(failed, 1)
    assert raised.value.code == "explain.no_plan"


def test_an_input_the_integration_does_not_have_is_named_as_such(town: Town) -> None:
    failed = town.run()
    with pytest.raises(Problem) as raised:
        explain(failed, 1, "nope")
    assert raised.value.code == "input.unknown"


@pytest.mark.parametrize("line", [0, -1, 2])
def test_a_line_the_run_did_not_read_is_named_as_such(
    town: Town, students: pl.DataFrame, table_a: RowMaker, line: int
) -> None:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    run = town.run()
    with pytest.raises(Problem) as raised:
        explain(run, line)
    assert raised.value.code == "explain.no_such_line"


def test_only_students_like_the_row_are_read_and_the_words_are_those_of_all(town: Town) -> None:
    """A row of each kind, with decisions about some of them."""
    frames = make_district(300, 5)
    made = make_table_a(frames["students"], share=0.2, faults=Faults.spread(22))
    town.load({"students": frames["students"]})
    town.drop("A.csv", made.content)
    before = town.run()
    lines = dict(made.expected.unique("fault", maintain_order=True).select("fault", "line").rows())
    decide(town, before, lines)
    run = town.run(test=True)
    plan = plan_store.load(run, registry.integration("casemis").records)
    for line in lines.values():
        told = explain(run, line)
        row = plan.rows["students"].row(line - 1, named=True)
        assert told.reasons == reasons_of_all(run, row)
        changes = field_changes(plan.changes["special_education"]).filter(pl.col("line") == line)
        assert told.changes == changes.rows(named=True)
        found = plan.findings.filter(pl.col("line") == line)
        assert [one["code"] for one in told.findings] == found["code"].to_list()


def decide(town: Town, run: Run, lines: dict[str, int]) -> None:
    """Somebody far from the row is linked, a student of the row's name is ruled out."""
    far = explain(run, lines["none"]).local_id
    assert far is not None
    match_decisions.link(Place(run, lines["unknown_ssid"]), far, "Pat", town.clock)
    namesake = explain(run, lines["name_match"]).local_id
    assert namesake is not None
    match_decisions.different(Place(run, lines["name_match"]), namesake, "Pat", town.clock)


def reasons_of_all(run: Run, row: dict[str, object]) -> list[str]:
    """What the integration says with every student in view."""
    integration = registry.integration("casemis")
    with transaction.atomic():
        connection.ensure_connection()
        views = views_of(run, integration.views, connection.connection)
    return [text for _, text in integration.explain("students", row, views)]


def test_whoever_has_the_rows_names_is_found_among_many_born_that_day(
    town: Town, table_a: RowMaker
) -> None:
    count = 700
    crowd = pl.DataFrame(
        {
            "local_id": [str(100_000 + n) for n in range(count)],
            "last_name": ["Crowd"] * (count - 1) + ["Lee"],
            "first_name": [f"One{n}" for n in range(count - 1)] + ["Kim"],
            "birth_date": [date(2007, 5, 9)] * count,
        }
    )
    town.load({"students": crowd})
    row = table_a(LAST_NAME="Lee", FIRST_NAME="Kim", BIRTHDATE="05/09/2007")
    town.drop("A.csv", row.encode())
    told = explain(town.run(), 1)
    assert told.local_id == "100699"
    assert told.reasons[0].endswith("belong to exactly one student: 100699.")
