"""What a plan asks of a partner, one submission a document."""

from datetime import date

import polars as pl

from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.sending.desired_submissions import DESIRED_SCHEMA, desired_submissions
from rollcall.integrations.edfi.resources import RESOURCES, SCHOOL_ASSOCIATIONS, STUDENTS

ADD, UPDATE, REMOVE = ChangeKind.ADD, ChangeKind.UPDATE, ChangeKind.REMOVE
Row = tuple[str, str, str, str]
SEPTEMBER = date(2025, 9, 2)


def changes(*rows: Row) -> dict[str, Changes]:
    """Changes of enrollments: what, local id, the state's number, school."""
    record = SCHOOL_ASSOCIATIONS.record
    said = ["change", "local_id", "student_unique_id", "school_id"]
    after = pl.DataFrame(rows, schema=said, orient="row").with_columns(
        entry_date=pl.lit(SEPTEMBER), line=pl.lit(None, pl.UInt32)
    )
    after = after.with_columns(
        pl.lit(None, dtype).alias(name)
        for name, dtype in record.schema.items()
        if name not in after.columns
    ).select("change", "line", *record.schema)
    return {record.name: Changes(record, after, after.clear(), 0, 0)}


def told(*rows: Row) -> list[tuple[str, str, str | None, bool]]:
    """Kind, school of the key, school of the old key, and whether there is a document."""
    found = desired_submissions(changes(*rows), RESOURCES)
    assert dict(found.schema) == DESIRED_SCHEMA
    return sorted(
        (one["kind"], _school(one["key"]), _school(one["old_key"]), one["flat"] is not None)
        for one in found.iter_rows(named=True)
    )


def _school(key: str | None) -> str:
    return "" if key is None else key.split("\x1f")[1]


def test_what_is_added_or_updated_has_its_document_and_digest() -> None:
    planned = changes((ADD, "1", "U", "10"))
    (one,) = desired_submissions(planned, RESOURCES).iter_rows(named=True)
    after = planned[SCHOOL_ASSOCIATIONS.name].after
    assert one["digest"] == digest(after, SCHOOL_ASSOCIATIONS.record)[0]
    assert one["flat"].startswith(one["key"])
    assert one["local_id"] == "1"


def test_what_goes_has_none() -> None:
    assert told((REMOVE, "1", "U", "10")) == [(REMOVE, "10", "", False)]


def test_a_students_one_document_that_goes_and_one_that_comes_are_a_change_of_key() -> None:
    assert told((REMOVE, "1", "U", "10"), (ADD, "1", "U", "20")) == [(UPDATE, "20", "10", True)]


def test_an_update_beside_it_is_no_part_of_it() -> None:
    rows = ((REMOVE, "1", "U", "10"), (ADD, "1", "U", "20"), (UPDATE, "1", "U", "30"))
    assert told(*rows) == [(UPDATE, "20", "10", True), (UPDATE, "30", "", True)]


def test_of_two_students_or_of_several_documents_nothing_changes_its_key() -> None:
    assert told((REMOVE, "1", "U", "10"), (ADD, "2", "V", "20")) == [
        (ADD, "20", "", True),
        (REMOVE, "10", "", False),
    ]
    assert told((REMOVE, "1", "U", "10"), (ADD, "1", "U", "20"), (ADD, "1", "U", "30")) == [
        (ADD, "20", "", True),
        (ADD, "30", "", True),
        (REMOVE, "10", "", False),
    ]


def test_a_student_with_another_number_begins_anew() -> None:
    assert told((REMOVE, "1", "U", "10"), (ADD, "1", "V", "10")) == [
        (ADD, "10", "", True),
        (REMOVE, "10", "", False),
    ]


def test_resources_without_changes_have_no_submissions() -> None:
    assert desired_submissions({}, [STUDENTS]).is_empty()
