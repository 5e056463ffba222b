"""An undo puts back what the run wrote, and leaves what anything else has changed since."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from tests.records.database import one, put, students
from tests.records.samples import changes_between

from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.casemis.integration import SERVICE, SPECIAL_EDUCATION
from rollcall.records import undo, write
from rollcall.records.copying import Database
from rollcall.records.types import CALENDAR, ENROLLMENT, STUDENT

TODAY = date(2017, 2, 24)


def rows(record: RecordType, *some: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(some, schema=record.schema)


@pytest.fixture
def run(conn: Database, district: int) -> int:
    """A run that updated student 1's record, removed 2's and added 3's."""
    students(conn, district, "1", "2", "3")
    now = rows(
        SPECIAL_EDUCATION, {"local_id": "1", "grade": "07"}, {"local_id": "2", "gender": "F"}
    )
    then = rows(SPECIAL_EDUCATION, {"local_id": "1", "grade": "08"}, {"local_id": "3"})
    put(conn, district, SPECIAL_EDUCATION, now)
    changes = changes_between(SPECIAL_EDUCATION, now, then)
    write.apply(conn, district, changes, run_id=7, today=TODAY)
    return 7


def kinds(conn: Database, district: int, run: int) -> dict[str, str]:
    changes, _ = undo.undo_changes(conn, district, run)
    return {
        f"{one_type.record.name} {local_id}": kind
        for one_type in changes
        for kind, local_id in one_type.after.select("change", "local_id").rows()
    }


def kept(conn: Database, district: int, run: int) -> list[tuple[Any, ...]]:
    _, frame = undo.undo_changes(conn, district, run)
    return frame.select("record", "local_id", "changed_by_run", "changed_by").rows()


def test_an_undo_is_the_inverse_of_each_change(conn: Database, district: int, run: int) -> None:
    (changes,), kept = undo.undo_changes(conn, district, run)
    after = {row["local_id"]: row for row in changes.after.rows(named=True)}
    assert {local_id: row["change"] for local_id, row in after.items()} == {
        "1": "update",
        "2": "add",
        "3": "remove",
    }
    assert after["1"]["grade"] == "07"
    assert after["2"]["gender"] == "F"
    assert changes.before["local_id"].sort().to_list() == ["1", "3"]
    assert changes.population == 2
    assert kept.is_empty()


@pytest.mark.parametrize(
    ("edit", "local_id"),
    [
        ("UPDATE special_education SET race1 = '600' WHERE local_id = '1'", "1"),
        ("DELETE FROM special_education WHERE local_id = '3'", "3"),
        ("INSERT INTO special_education (district_id, local_id) VALUES ({}, '2')", "2"),
    ],
)
def test_a_record_changed_since_is_kept(
    conn: Database, district: int, run: int, edit: str, local_id: str
) -> None:
    conn.execute("SET LOCAL rollcall.run = ''")
    conn.execute("SET LOCAL rollcall.person = 'ann'")
    conn.execute(edit.format(district).encode())
    assert kept(conn, district, run) == [("special_education", local_id, None, "ann")]
    assert len(kinds(conn, district, run)) == 2
    assert f"special_education {local_id}" not in kinds(conn, district, run)


def test_a_record_changed_by_a_later_run_is_kept(conn: Database, district: int, run: int) -> None:
    conn.execute("SET LOCAL rollcall.run = '8'")
    conn.execute("UPDATE special_education SET grade = '07' WHERE local_id = '1'")
    assert kept(conn, district, run) == [("special_education", "1", 8, "run")]


def test_other_records_of_the_same_student_do_not_matter(
    conn: Database, district: int, run: int
) -> None:
    conn.execute("SET LOCAL rollcall.run = ''")
    conn.execute("UPDATE student SET grade = '12'")
    assert kept(conn, district, run) == []


def test_an_undo_can_be_undone(conn: Database, district: int, run: int) -> None:
    for changes in undo.undo_changes(conn, district, run)[0]:
        write.apply(conn, district, changes, run_id=8, today=TODAY)
    assert len(kept(conn, district, run)) == 3
    assert kinds(conn, district, 8) == {
        "special_education 1": "update",
        "special_education 2": "remove",
        "special_education 3": "add",
    }


def test_a_field_set_twice_goes_back_to_its_first_value(
    conn: Database, district: int, run: int
) -> None:
    for grade in ("09", None, "10"):
        conn.execute("UPDATE special_education SET grade = %s WHERE local_id = '1'", [grade])
    (changes,), _ = undo.undo_changes(conn, district, run)
    assert changes.after.row(by_predicate=pl.col("local_id") == "1", named=True)["grade"] == "07"


def test_what_the_run_added_and_removed_again_is_nothing(
    conn: Database, district: int, run: int
) -> None:
    conn.execute("DELETE FROM special_education WHERE local_id = '3'")
    assert "special_education 3" not in kinds(conn, district, run)


def load(conn: Database, district: int, run: int) -> None:
    """A run that adds student 9 with an enrollment, and removes student 1 with hers."""
    students(conn, district, "1")
    hers = rows(ENROLLMENT, {"local_id": "1", "school_year": "2016-2017", "school_code": "a"})
    put(conn, district, ENROLLMENT, hers)
    his = rows(ENROLLMENT, {"local_id": "9", "school_year": "2016-2017"})
    one, nine = rows(STUDENT, {"local_id": "1"}), rows(STUDENT, {"local_id": "9"})
    for record, now, then in ((STUDENT, one, nine), (ENROLLMENT, hers, his)):
        changes = changes_between(record, now, then)
        write.apply(conn, district, changes, run_id=run, today=TODAY)
    write.settle(conn)
    conn.execute("SET LOCAL rollcall.run = ''")


def test_students_and_their_records_are_undone_together(conn: Database, district: int) -> None:
    load(conn, district, 5)
    for changes in undo.undo_changes(conn, district, 5)[0]:
        write.apply(conn, district, changes, run_id=6, today=TODAY)
    write.settle(conn)
    assert one(
        conn, "SELECT array_agg(local_id) FROM student JOIN enrollment USING (local_id)"
    ) == ["1"]


def test_an_added_student_who_has_other_records_now_is_kept(conn: Database, district: int) -> None:
    load(conn, district, 5)
    put(conn, district, SPECIAL_EDUCATION, rows(SPECIAL_EDUCATION, {"local_id": "9"}))
    assert [row[:2] for row in kept(conn, district, 5)] == [("student", "9")]
    assert kinds(conn, district, 5)["enrollment 9"] == "remove"


def test_a_removed_record_whose_student_is_gone_is_kept_so(conn: Database, district: int) -> None:
    students(conn, district, "1")
    service = rows(SERVICE, {"local_id": "1", "school_year": "2016-2017", "occurrence": 1})
    put(conn, district, SERVICE, service)
    removed = changes_between(SERVICE, service, service.clear())
    write.apply(conn, district, removed, run_id=5, today=TODAY)
    conn.execute("SET LOCAL rollcall.run = ''")
    conn.execute("DELETE FROM student")
    assert [row[:2] for row in kept(conn, district, 5)] == [("service", "1")]
    assert kinds(conn, district, 5) == {}


def test_a_record_without_a_student_is_undone_too(conn: Database, district: int) -> None:
    calendar = rows(CALENDAR, {"school_year": "2016-2017", "first_day": date(2016, 8, 15)})
    added = changes_between(CALENDAR, calendar.clear(), calendar)
    write.apply(conn, district, added, run_id=5, today=TODAY)
    ((changes,), _) = undo.undo_changes(conn, district, 5)
    assert changes.after["change"].to_list() == ["remove"]


def test_a_run_that_wrote_nothing_has_nothing_to_undo(conn: Database, district: int) -> None:
    changes, kept = undo.undo_changes(conn, district, 99)
    assert changes == ()
    assert kept.is_empty()
