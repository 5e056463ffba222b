"""Explaining one row's match."""

from datetime import date

import polars as pl

from rollcall.core.matching.explain_match import explain_match

BORN = date(2005, 3, 9)
STUDENTS = pl.DataFrame(
    {
        "local_id": ["1001", "1002", "1003"],
        "state_id": ["1000000001", "1000000002", "5555555555"],
        "last_name": ["Nuñez", "Lee", "Lee"],
        "first_name": ["José", "Ann", "Ann"],
        "birth_date": [BORN, BORN, BORN],
    }
)
ROW = {"state_id": None, "last_name": "Nunez", "first_name": "Jose", "birth_date": BORN}


def test_a_matched_row_says_by_which_rule() -> None:
    ((rule, text),) = explain_match(ROW, STUDENTS)
    assert rule == "name_birth_date"
    assert text.endswith("exactly one student: 1001.")


def test_an_ambiguous_row_names_the_students() -> None:
    ((rule, text),) = explain_match({**ROW, "last_name": "lee", "first_name": "ann"}, STUDENTS)
    assert rule == "shared_name"
    assert text.endswith("Students: 1002, 1003.")


def test_an_unmatched_row_is_shown_the_nearest_students_and_what_differs() -> None:
    told = explain_match({**ROW, "state_id": "1000000010"}, STUDENTS)
    assert told[0][0] == "unknown_state_id"
    assert told[1] == ("near", "Student 1001 is near: only the state id differs.")
    swapped = explain_match({**ROW, "birth_date": date(2005, 9, 3)}, STUDENTS)
    assert ("near", "Student 1001 is near: only the birth date differs.") in swapped


def test_nobody_is_near_a_stranger() -> None:
    stranger = {"state_id": "9876543219", "last_name": "Quux", "first_name": "Zyx"}
    assert [rule for rule, _ in explain_match(stranger, STUDENTS)] == ["unknown_state_id"]
    assert [rule for rule, _ in explain_match({}, STUDENTS.clear())] == ["nothing_to_match_on"]


def test_what_the_run_decided_with_other_rows_in_view_comes_first() -> None:
    told = explain_match({**ROW, "rule": "same_student"}, STUDENTS)
    assert [rule for rule, _ in told] == ["same_student", "name_birth_date"]


def test_sentences_hold_no_names() -> None:
    for _, text in explain_match({**ROW, "birth_date": None}, STUDENTS):
        assert "nunez" not in text.casefold()
