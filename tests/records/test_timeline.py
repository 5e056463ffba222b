"""What happened to one student's records, field by field."""

import polars as pl
from tests.records.database import students

from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records.copying import Database
from rollcall.records.timeline import timeline


def test_each_field_has_its_row_with_before_after_and_who(conn: Database, district: int) -> None:
    students(conn, district, "1", "2")
    SpecialEducation.objects.create(district_id=district, local_id="1", gender="F")
    conn.execute("SET LOCAL rollcall.run = '7'")
    conn.execute(
        "UPDATE special_education SET gender = NULL, percent_in_regular_class = 80,"
        " exit_date = '2017-01-31'"
    )
    rows = timeline(conn, district, "1").select(
        "record", "kind", "field", "before", "after", "run_id"
    )
    assert rows.rows() == [
        ("special_education", "update", "exit_date", None, "2017-01-31", 7),
        ("special_education", "update", "gender", "F", None, 7),
        ("special_education", "update", "percent_in_regular_class", None, "80", 7),
        ("special_education", "add", "gender", None, "F", None),
        ("special_education", "add", "local_id", None, "1", None),
        ("student", "add", "local_id", None, "1", None),
    ]


def test_pages_of_changes_follow_each_other(conn: Database, district: int) -> None:
    students(conn, district, "1")
    for gender in ("F", "M", "X"):
        conn.execute("UPDATE student SET gender = %s, grade = %s", [gender, gender])
    whole = timeline(conn, district, "1")
    first = timeline(conn, district, "1", limit=2)
    assert first["after"].to_list() == ["X", "X", "M", "M"]
    rest = timeline(conn, district, "1", before=first["id"][-1], limit=9)
    assert pl.concat([first, rest]).equals(whole)


def test_a_student_without_changes_has_an_empty_timeline(conn: Database, district: int) -> None:
    assert timeline(conn, district, "nobody").is_empty()
