"""The students nearest to a row."""

from datetime import date

import polars as pl

from rollcall.core.matching.similar_students import Near, nearest

BORN = date(2005, 3, 9)
STUDENTS = pl.DataFrame(
    {
        "local_id": ["1001", "1002", "1003"],
        "state_id": ["1000000001", "1000000002", None],
        "last_name": ["Nuñez", "Lee", "Lee"],
        "first_name": ["José", "Ann", "Anne"],
        "birth_date": [BORN, BORN, BORN],
    }
)


def test_the_nearest_come_first_with_the_fields_that_differ() -> None:
    row = {"state_id": None, "last_name": "LEE", "first_name": "Anne", "birth_date": BORN}
    assert nearest(row, STUDENTS) == [Near("1003", ()), Near("1002", ("first_name",))]


def test_only_fields_the_row_has_count() -> None:
    (near,) = nearest({"state_id": "1000000021"}, STUDENTS.head(1))
    assert near == Near("1001", ("state_id",))
    assert near.sentence == "Student 1001 is near: only the state id differs."


def test_nobody_is_near_a_row_that_says_nothing() -> None:
    assert nearest({}, STUDENTS) == []
    assert nearest({"last_name": "Lee"}, STUDENTS.clear()) == []
