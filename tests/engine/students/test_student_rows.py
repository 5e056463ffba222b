"""What concerned a student: the last rows, and the timeline with the lines that made it."""

import polars as pl
import pytest
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.engine.models import Run
from rollcall.engine.plans.explaining import explain
from rollcall.engine.students.editing import edit
from rollcall.engine.students.student_page import student_page
from rollcall.engine.students.student_rows import history, last_rows
from rollcall.records.models import Student


@pytest.fixture
def run(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    town.load({"students": students})
    rows = [
        table_a(SSID="0000000003", PLAN_TYPE="10"),
        table_a(SSID="0000000001", PLAN_TYPE="10"),
        table_a(LAST_NAME="Lee", FIRST_NAME="Kim", BIRTHDATE="05/09/2007"),
    ]
    town.drop("A.csv", "\n".join(rows).encode())
    return town.run()


def places(town: Town, local_id: str) -> list[tuple[int, int, str | None]]:
    return [(one.run.pk, one.line, one.input) for one in last_rows(town.district, local_id)]


def test_the_last_row_of_a_student_is_found_and_explained(town: Town, run: Run) -> None:
    assert places(town, "100001") == [(run.pk, 2, "students")]
    assert places(town, "100004") == [(run.pk, 3, "students")]
    assert places(town, "100002") == []
    (place,) = last_rows(town.district, "100001")
    assert explain(place.run, place.line, place.input).local_id == "100001"


def test_a_student_no_longer_in_the_files_is_found_where_they_were_changed(
    town: Town, run: Run, table_a: RowMaker
) -> None:
    for plan_type in ("20", "30", "70", "80"):
        town.drop("A.csv", table_a(SSID="0000000003", PLAN_TYPE=plan_type).encode())
        last = town.run()
    assert places(town, "100001") == [(run.pk, 2, "students")]
    assert places(town, "100003") == [(last.pk, 1, "students")]


def test_the_timeline_names_run_and_line_and_person(town: Town, run: Run) -> None:
    elena = Student.objects.get(district=town.district, local_id="100001")
    edit(town.district, "student", elena.pk, {"grade": "04"}, elena.digest, "Pat")
    told = history(town.district, "100001")
    assert told.select("record", "field", "person", "run_id", "line").row(0) == (
        *("student", "grade", "Pat", None, None),
    )
    made = told.filter((pl.col("record") == "special_education") & (pl.col("field") == "plan_type"))
    said = made.select("run_id", "input", "line", "after").rows()
    assert said == [(run.pk, "students", 2, "10")]
    first = history(town.district, "100001", limit=1)
    rest = history(town.district, "100001", before=first["id"][-1])
    assert pl.concat([first, rest]).equals(told)


def test_a_page_about_a_student_has_it_all(town: Town, run: Run) -> None:
    elena = Student.objects.get(district=town.district, local_id="100001")
    told = student_page(town.district, elena.pk)
    assert told["ids"] == {"district": "100001", "state": "0000000001"}
    assert told["student"]["digest"] == elena.digest
    assert [one["plan_type"] for one in told["records"]["special_education"]] == ["10"]
    assert told["rows"][0]["line"] == 2
    with pytest.raises(Problem):
        student_page(town.district, 0)
