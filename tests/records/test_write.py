"""A plan is written exactly as planned, or not at all."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.records.database import connect, one, put, students, unmade
from tests.records.samples import EXAMPLES, IDS, SAMPLED, changes_between, frames

from rollcall.core.plans.plan import Changes
from rollcall.core.plans.record_types import RecordType
from rollcall.core.problems import Problem
from rollcall.integrations.casemis.integration import SPECIAL_EDUCATION
from rollcall.records import read, stamps, undo, write
from rollcall.records.copying import Database
from rollcall.records.problems import BROKEN_LINK, BUSY, STALE_PLAN, RecordsBusy, StalePlan
from rollcall.records.types import ENROLLMENT, STUDENT

TODAY = date(2017, 2, 24)


def held(conn: Database, district: int, record: RecordType) -> pl.DataFrame:
    return read.every(conn, record, district)


def apply(conn: Database, district: int, changes: Changes, run: int = 7) -> dict[str, int]:
    counts = write.apply(conn, district, changes, run_id=run, today=TODAY)
    write.settle(conn)
    return counts


def rows(record: RecordType, *some: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(some, schema=record.schema)


@EXAMPLES
@given(data=st.data(), record=st.sampled_from(SAMPLED))
def test_applying_gives_what_was_planned_and_undoing_gives_what_was_before(
    conn: Database, district: int, data: st.DataObject, record: RecordType
) -> None:
    now, then = data.draw(frames(record), label="now"), data.draw(frames(record), label="then")
    with unmade():
        if record is not STUDENT:
            students(conn, district, *IDS)
        put(conn, district, record, now)
        counts = apply(conn, district, changes := changes_between(record, now, then))
        assert_frame_equal(held(conn, district, record), then, check_row_order=False)
        assert counts["add"] + counts["update"] + counts["remove"] == changes.after.height

        undone, kept = undo.undo_changes(conn, district, 7)
        assert kept.is_empty()
        for one_type in undone:
            apply(conn, district, one_type, run=8)
        assert_frame_equal(held(conn, district, record), now, check_row_order=False)


@EXAMPLES
@given(data=st.data(), record=st.sampled_from(SAMPLED))
def test_applying_twice_is_applying_once_or_a_stale_plan(
    conn: Database, district: int, data: st.DataObject, record: RecordType
) -> None:
    now, then = data.draw(frames(record), label="now"), data.draw(frames(record), label="then")
    with unmade():
        if record is not STUDENT:
            students(conn, district, *IDS)
        put(conn, district, record, now)
        apply(conn, district, changes := changes_between(record, now, then))
        logged = one(conn, "SELECT count(*) FROM change_log")
        with suppress(StalePlan), transaction.atomic():
            apply(conn, district, changes)
        assert_frame_equal(held(conn, district, record), then, check_row_order=False)
        assert one(conn, "SELECT count(*) FROM change_log") == logged


NOW = rows(SPECIAL_EDUCATION, {"local_id": "1", "grade": "07"}, {"local_id": "2"})
THEN = rows(SPECIAL_EDUCATION, {"local_id": "1", "grade": "08"}, {"local_id": "3"})


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE special_education SET gender = 'F' WHERE local_id = '1'",  # to be updated
        "DELETE FROM special_education WHERE local_id = '1'",
        "UPDATE special_education SET gender = 'F' WHERE local_id = '2'",  # to be removed
        "DELETE FROM special_education WHERE local_id = '2'",
        "UPDATE special_education SET local_id = '3' WHERE local_id = '2'",  # to be added
    ],
)
def test_a_record_that_is_not_as_planned_makes_the_plan_stale(
    conn: Database, district: int, edit: str
) -> None:
    students(conn, district, "1", "2", "3")
    put(conn, district, SPECIAL_EDUCATION, NOW)
    changes = changes_between(SPECIAL_EDUCATION, NOW, THEN)
    conn.execute(edit.encode())
    with pytest.raises(StalePlan) as refused, transaction.atomic():
        apply(conn, district, changes)
    assert refused.value.code == STALE_PLAN


def test_another_districts_records_are_left_alone(conn: Database, district: int) -> None:
    from tests.records.database import new_district

    other = new_district("other")
    for pk in (district, other):
        students(conn, pk, "1", "2", "3")
        put(conn, pk, SPECIAL_EDUCATION, NOW)
    apply(conn, district, changes_between(SPECIAL_EDUCATION, NOW, THEN))
    assert_frame_equal(held(conn, other, SPECIAL_EDUCATION), NOW, check_row_order=False)


def test_what_a_run_writes_carries_its_number(conn: Database, district: int) -> None:
    students(conn, district, "1", "2", "3")
    put(conn, district, SPECIAL_EDUCATION, NOW)
    write.sign(conn, person="ann")
    apply(conn, district, changes_between(SPECIAL_EDUCATION, NOW, THEN), run=12)
    query = "SELECT kind, person, source FROM change_log WHERE run_id = 12 ORDER BY kind"
    by = [(kind, "ann", "run") for kind in ("add", "remove", "update")]
    assert conn.execute(query).fetchall() == by


def test_record_types_may_be_written_in_any_order(conn: Database, district: int) -> None:
    none = rows(ENROLLMENT), rows(STUDENT)
    enrollment = rows(ENROLLMENT, {"local_id": "9", "school_year": "2016-2017"})
    student = rows(STUDENT, {"local_id": "9"})
    both = [
        changes_between(ENROLLMENT, none[0], enrollment),
        changes_between(STUDENT, none[1], student),
    ]
    for changes in both:
        write.apply(conn, district, changes, run_id=1, today=TODAY)
    write.settle(conn)
    assert held(conn, district, STUDENT).height == 1


def test_a_record_without_its_student_is_refused(conn: Database, district: int) -> None:
    enrollment = rows(ENROLLMENT, {"local_id": "9", "school_year": "2016-2017"})
    changes = changes_between(ENROLLMENT, rows(ENROLLMENT), enrollment)
    with pytest.raises(Problem) as refused, transaction.atomic():
        apply(conn, district, changes)
    assert refused.value.code == BROKEN_LINK


def test_stamps_say_when_a_run_last_processed_a_record(conn: Database, district: int) -> None:
    students(conn, district, "1", "2", "3")
    put(conn, district, SPECIAL_EDUCATION, NOW)
    no_changes = changes_between(SPECIAL_EDUCATION, NOW, NOW)
    first = pl.DataFrame({"local_id": ["1"]})
    assert apply(conn, district, replace(no_changes, stamp=first), run=1)["stamp"] == 1
    earlier = stamps.read_stamps(conn, district, "special_education")

    both = pl.DataFrame({"local_id": ["1", "2", "2"]})
    later = replace(no_changes, stamp=both)
    assert write.apply(conn, district, later, run_id=2, today=date(2017, 3, 1))["stamp"] == 2
    on = stamps.read_stamps(conn, district, "special_education").sort("local_id")
    assert on["updated_on"].to_list() == [date(2017, 3, 1), date(2017, 3, 1)]
    assert one(conn, "SELECT count(*) FROM change_log WHERE run_id IS NOT NULL") == 0

    stamps.restore_stamps(conn, district, "special_education", earlier, 2)
    assert stamps.read_stamps(conn, district, "special_education").equals(earlier)


def test_a_later_stamp_outlives_the_undo_of_an_earlier_run(conn: Database, district: int) -> None:
    students(conn, district, "1", "2")
    put(conn, district, SPECIAL_EDUCATION, NOW)
    ids = pl.Series("local_id", ["1", "2"])
    stamps.write_stamps(conn, district, "special_education", ids, TODAY, 1)
    nothing = stamps.read_stamps(conn, district, "special_education").clear()
    stamps.write_stamps(conn, district, "special_education", ids[:1], TODAY, 2)
    stamps.restore_stamps(conn, district, "special_education", nothing, 1)
    left = stamps.read_stamps(conn, district, "special_education", ids)
    assert left.select("local_id", "run_id").rows() == [("1", 2)]


def test_lock_gives_up_when_another_session_keeps_writing(committed: int) -> None:
    with connect() as theirs, connect() as ours:
        students(theirs, committed, "1")
        with pytest.raises(RecordsBusy) as refused:
            write.lock(ours, ["student"], timeout=0.05)
        assert refused.value.code == BUSY
        ours.rollback()
        theirs.rollback()
        write.lock(ours, ["special_education", "student"], timeout=0.05)
        with pytest.raises(RecordsBusy):
            write.lock(theirs, ["student"], timeout=0.05)
