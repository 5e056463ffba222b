"""What a person's decision makes of a row, case by case."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from rollcall.core.matching.match import identities, match_findings, match_students
from rollcall.core.matching.match_decisions import MATCH_DECISIONS_SCHEMA, standing
from rollcall.core.matching.names import fold_name

BORN = date(2005, 3, 9)
TODAY = date(2016, 12, 5)
ID = {"state_id": pl.String(), "last_name": pl.String(), "first_name": pl.String()}
SCHEMA = {**ID, "birth_date": pl.Date()}
STUDENTS = pl.DataFrame(
    [
        ("1001", "1000000001", "Nuñez", "José", BORN),
        ("1002", "1000000002", "Lee", "Ann", BORN),
        ("1003", None, "Lee", "Ann", BORN),
        ("1005", "1000000005", "Same", "Id", BORN),
        ("1006", "1000000005", "Same", "Id Too", BORN),
    ],
    schema={"local_id": pl.String(), **SCHEMA},
    orient="row",
)
Row = tuple[str | None, str | None, str | None, date | None]

UNKNOWN_ID: Row = ("9999999999", "Nunez", "Jose", BORN)
KNOWN_ID: Row = ("1000000001", None, None, None)
SHARED_ID: Row = ("1000000005", None, None, None)
UNKNOWN_NAME: Row = (None, "Nobody", "Here", BORN)
KNOWN_NAME: Row = (None, "NUÑEZ", "JOSE", BORN)
SHARED_NAME: Row = (None, "Lee", "Ann", BORN)


def decision(row: Row, kind: str, local_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A decision about whom `row` is about."""
    state_id, last, first, born = row
    who: dict[str, Any] = {"state_id": state_id}
    if not state_id:
        names = {"last_name": fold_name(last or ""), "first_name": fold_name(first or "")}
        who = {**names, "birth_date": born}
    return {"integration": "casemis", "kind": kind, "local_id": local_id, **who, **more}


def decide(rows: list[Row], *decisions: dict[str, Any], refused: Any = ()) -> list[Any]:
    """(outcome, rule, whom) of each row."""
    table = pl.DataFrame(
        [(line, *row) for line, row in enumerate(rows, 1)],
        schema={"line": pl.UInt32(), **SCHEMA},
        orient="row",
    )
    unread = pl.DataFrame(refused, schema={"line": pl.UInt32(), "id": pl.String()}, orient="row")
    made = pl.DataFrame(list(decisions), schema=MATCH_DECISIONS_SCHEMA)
    found = match_students(table, STUDENTS, unread, standing(made, "casemis", TODAY))
    return [
        (r["outcome"], r["rule"], r["candidates"] or r["local_id"])
        for r in found.iter_rows(named=True)
    ]


@pytest.mark.parametrize(
    ("row", "student", "expected"),
    [
        # A link decides where the row alone does not.
        (UNKNOWN_ID, "1002", ("matched", "link", "1002")),
        (SHARED_ID, "1006", ("matched", "link", "1006")),
        (UNKNOWN_NAME, "1001", ("matched", "link", "1001")),
        (SHARED_NAME, "1003", ("matched", "link", "1003")),
        # A state id is followed; a name is not, against a person's word.
        (KNOWN_ID, "1001", ("matched", "state_id", "1001")),
        (KNOWN_ID, "1002", ("matched", "state_id_over_link", "1001")),
        (SHARED_ID, "1001", ("ambiguous", "shared_state_id", ["1005", "1006"])),
        (KNOWN_NAME, "1001", ("matched", "name_birth_date", "1001")),
        (KNOWN_NAME, "1002", ("matched", "link", "1002")),
        (SHARED_NAME, "1001", ("matched", "link", "1001")),
        # A link to somebody who is gone.
        (UNKNOWN_ID, "gone", ("unmatched", "linked_student_gone", None)),
        (KNOWN_ID, "gone", ("matched", "state_id_over_link", "1001")),
        (SHARED_ID, "gone", ("ambiguous", "shared_state_id", ["1005", "1006"])),
        (UNKNOWN_NAME, "gone", ("unmatched", "linked_student_gone", None)),
        (KNOWN_NAME, "gone", ("unmatched", "linked_student_gone", None)),
    ],
)
def test_a_link(row: Row, student: str, expected: Any) -> None:
    assert decide([row], decision(row, "link", student)) == [expected]


@pytest.mark.parametrize(
    ("row", "others", "expected"),
    [
        (KNOWN_ID, ["1001"], ("unmatched", "different_person", None)),
        (KNOWN_NAME, ["1001"], ("unmatched", "different_person", None)),
        (SHARED_ID, ["1005"], ("matched", "state_id", "1006")),
        (SHARED_NAME, ["1002"], ("matched", "name_birth_date", "1003")),
        (SHARED_NAME, ["1002", "1003"], ("unmatched", "different_person", None)),
        (SHARED_NAME, ["1001"], ("ambiguous", "shared_name", ["1002", "1003"])),
        (UNKNOWN_ID, ["1001"], ("unmatched", "unknown_state_id", None)),
    ],
)
def test_a_different_person(row: Row, others: list[str], expected: Any) -> None:
    decisions = [decision(row, "different", other) for other in others]
    assert decide([row], *decisions) == [expected]


def test_never_is_stronger_than_a_link() -> None:
    both = [decision(UNKNOWN_ID, kind, "1001") for kind in ("link", "different")]
    assert decide([UNKNOWN_ID], *both) == [("unmatched", "unknown_state_id", None)]


def test_the_holder_of_an_id_is_ruled_out_and_another_is_linked() -> None:
    ruled_out = decision(KNOWN_ID, "different", "1001")
    linked = decision(KNOWN_ID, "link", "1002")
    assert decide([KNOWN_ID], ruled_out, linked) == [("matched", "link", "1002")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (UNKNOWN_ID, ("unmatched", "ignored", None)),
        (SHARED_NAME, ("ambiguous", "ignored", ["1002", "1003"])),
        (KNOWN_NAME, ("matched", "name_birth_date", "1001")),
    ],
)
def test_ignoring_changes_the_rule_and_never_the_outcome(row: Row, expected: Any) -> None:
    until = date(2016, 12, 6)
    assert decide([row], decision(row, "ignore", until=until)) == [expected]
    over = decide([row], decision(row, "ignore", until=TODAY))
    assert over == decide([row])
    assert over[0][0] == expected[0]


def test_a_decision_holds_for_everybody_the_matcher_takes_for_the_same() -> None:
    accented: Row = ("", "Nobodý", "HERE", BORN)
    assert decide([accented], decision(UNKNOWN_NAME, "link", "1001"))[0][1] == "link"
    other_day: Row = (None, "Nobody", "Here", TODAY)
    assert decide([other_day], decision(UNKNOWN_NAME, "link", "1001"))[0][1] == "unknown_name"


def test_another_integrations_decisions_do_not_count() -> None:
    other = {**decision(UNKNOWN_ID, "link", "1001"), "integration": "meals"}
    assert decide([UNKNOWN_ID], other)[0][1] == "unknown_state_id"


def test_rows_that_a_link_leads_to_one_student_are_duplicates() -> None:
    link = decision(UNKNOWN_NAME, "link", "1001")
    same = ("duplicate", "same_student", None)
    assert decide([UNKNOWN_NAME, KNOWN_ID], link) == [same, same]
    assert decide([UNKNOWN_NAME, UNKNOWN_NAME], link) == [same, same]
    linked = decision(UNKNOWN_ID, "link", "1001")
    assert decide([KNOWN_NAME], linked, refused=[(7, UNKNOWN_ID[0])]) == [same]


def test_what_was_decided_against_the_file_is_a_finding() -> None:
    rows = pl.DataFrame([(1, *KNOWN_ID)], schema={"line": pl.UInt32(), **SCHEMA}, orient="row")
    link = decision(KNOWN_ID, "link", "1002")
    made = pl.DataFrame([link], schema=MATCH_DECISIONS_SCHEMA)
    found = match_students(rows, STUDENTS, decisions=made)
    assert match_findings(found, "students")["code"].to_list() == ["match.state_id_over_link"]


def test_a_row_is_known_by_its_id_alone_else_by_names_and_birth_date_together() -> None:
    table = pl.DataFrame(
        [(1, *UNKNOWN_ID), (2, "", "Nuñez", "José", BORN), (3, None, "Lee", None, BORN)],
        schema={"line": pl.UInt32(), **SCHEMA},
        orient="row",
    )
    assert identities(table).rows() == [
        (1, "9999999999", None, None, None),
        (2, None, "nunez", "jose", BORN),
        (3, None, None, None, None),
    ]
    assert identities(table.select("line", "state_id"))["state_id"].to_list() == [
        "9999999999",
        None,
        None,
    ]
