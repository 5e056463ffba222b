"""What rows of Table A need to be decided, and whom they point to."""

from datetime import date

import polars as pl

from rollcall.core.files.tables import Form, Table
from rollcall.core.findings import no_findings
from rollcall.core.matching.match_decisions import no_decisions
from rollcall.integrations.casemis.carrying import claims, fitting, needed

DAY = date(2007, 5, 9)
TABLE = Table(
    rows=pl.DataFrame(
        {
            "line": [1, 2],
            "state_id": ["0000000001", None],
            "last_name": ["Lee", "Lee"],
            "first_name": ["Kim", "Kim"],
            "birth_date": [date(2008, 1, 1), DAY],
        }
    ),
    rejected=pl.DataFrame({"line": [3], "id": ["0000000009"]}),
    findings=no_findings(),
    offsets=pl.Series("offset", [0, 1, 2]),
    form=Form("utf-8", None, 0),
)
STUDENTS = pl.DataFrame(
    {
        "local_id": ["A", "B", "C"],
        "state_id": ["0000000001", None, None],
        "last_name": ["Lee", "Lee", "Lee"],
        "first_name": ["Kim", "Kim", "Kim"],
        "birth_date": [DAY, DAY, date(1999, 1, 1)],
    }
)
VIEWS = {"students": STUDENTS, "match_decisions": no_decisions()}


def test_students_are_needed_by_ssid_by_birth_date_and_initials_and_by_link() -> None:
    by_id, by_name, linked = needed(TABLE, VIEWS)["students"]
    assert by_id["state_id"].sort().to_list() == ["0000000001", "0000000009"]
    initials = [("l", "k"), ("l", ""), ("", "k"), ("", "")]
    assert set(by_name.rows()) == {(DAY, *pair) for pair in initials}
    assert linked.is_empty()


def test_rows_point_to_their_ids_also_unread_ones_and_to_whom_their_names_fit() -> None:
    pointed = claims(TABLE, VIEWS)
    assert set(pointed.ids) == {"0000000001", "0000000009", None}
    assert set(pointed.local_ids.drop_nulls()) == {"A", "B"}


def test_a_row_without_ssid_fits_students_of_its_name_and_birth_date() -> None:
    assert fitting(TABLE.rows, STUDENTS).to_list() == [2]
    assert fitting(TABLE.rows, STUDENTS.filter(pl.col("birth_date") != DAY)).is_empty()


def test_the_holder_of_an_ssid_is_pointed_to_whatever_their_name() -> None:
    views = {**VIEWS, "students": STUDENTS.with_columns(last_name=pl.lit("Ito"))}
    assert claims(TABLE, views).local_ids.drop_nulls().to_list() == ["A"]
