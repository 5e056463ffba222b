"""Which documents a district's records call for (facts 3.2, 3.3, 3.8)."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edfi_frames import (
    CALENDAR,
    CONTEXT,
    SCHOOLS,
    SETTINGS,
    Row,
    demographic,
    enrollment,
    program,
    student,
    views,
)
from tests.examples import examples

from rollcall.core.sending.outbound import Documents
from rollcall.integrations.edfi.resources import (
    CALENDARS,
    DEMOGRAPHICS,
    PROGRAM_ASSOCIATIONS,
    RESOURCES,
    SCHOOL_ASSOCIATIONS,
    STUDENTS,
)
from rollcall.integrations.edfi.rules import documents
from rollcall.integrations.edfi.settings import EdfiSettings

MARSS = "0625000001001"


def made(settings: EdfiSettings = SETTINGS, **records: Any) -> Documents:
    return documents(views(**records), settings, CONTEXT)


def only(found: Documents, name: str) -> dict[str, Any]:
    """The one document of a resource."""
    (row,) = found.frames[name].rows(named=True)
    return row


def counts(found: Documents) -> list[int]:
    return [found.frames[one.name].height for one in RESOURCES]


def codes(found: Documents) -> set[str]:
    return set(found.checks["code"])


def held_back(found: Documents) -> list[str]:
    return found.held_back["local_id"].to_list()


def test_a_student_with_everything() -> None:
    found = made(programs=[program()])
    assert counts(found) == [1, 1, 1, 1, 1]
    assert held_back(found) == []
    assert only(found, STUDENTS.name) == {
        "student_unique_id": MARSS,
        "birth_date": date(2014, 5, 6),
        "birth_sex": "Female",
        "first_name": "Mai",
        "last_surname": "Xiong",
        "middle_name": None,
        "generation_code_suffix": None,
        "local_id": "1001",
    }


def test_references_name_the_school_and_a_program_is_the_districts() -> None:
    found = made(programs=[program()])
    assert only(found, DEMOGRAPHICS.name)["education_organization_id"] == "10625410"
    row = only(found, PROGRAM_ASSOCIATIONS.name)
    assert row["education_organization_id"] == "10625410"
    assert row["program_education_organization_id"] == "10625000"


def test_the_year_is_the_one_the_school_year_ends_in() -> None:
    assert only(made(), SCHOOL_ASSOCIATIONS.name)["school_year"] == "2026"
    assert only(made(), CALENDARS.name)["school_year"] == "2026"


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("M", "Male"), ("male", "Male"), (" F ", "Female"), ("X", "Not Selected"), ("", None)],
)
def test_sex(gender: str, sex: str | None) -> None:
    found = documents(
        views([student(gender=gender)]), SETTINGS.model_copy(update={"extension": False}), CONTEXT
    )
    assert only(found, STUDENTS.name)["birth_sex"] == sex
    assert only(found, DEMOGRAPHICS.name)["sex"] == sex


def test_each_school_of_the_year_has_its_demographics_and_its_enrollments() -> None:
    again = enrollment(entry_date=date(2026, 1, 5))
    moved = enrollment(school_code="530", entry_date=date(2026, 3, 2))
    found = made(enrollments=[enrollment(), again, moved])
    assert counts(found)[2:4] == [3, 2]


@pytest.mark.parametrize(
    ("percent", "given", "unit"),
    [("100", None, "Days"), ("999", None, "Hours"), ("999", "Days", "Days")],
)
def test_days_or_hours(percent: str, given: str | None, unit: str) -> None:
    found = made(enrollments=[enrollment(percent_enrolled=percent, attendance_unit=given)])
    assert only(found, SCHOOL_ASSOCIATIONS.name)["membership_attendance_unit"] == unit


def test_who_has_no_membership_has_no_unit() -> None:
    found = made(enrollments=[enrollment(percent_enrolled=None)])
    assert only(found, SCHOOL_ASSOCIATIONS.name)["membership_attendance_unit"] is None


def test_the_students_grade_stands_in_for_the_enrollments() -> None:
    assert (
        only(made(enrollments=[enrollment(grade=None)]), SCHOOL_ASSOCIATIONS.name)[
            "entry_grade_level"
        ]
        == "5"
    )


def test_values_have_one_form() -> None:
    found = made(
        students=[student(last_name=" Xiong ", middle_name="  ")],
        enrollments=[enrollment(attendance="0020.50", membership="21.0")],
        demographics=[demographic(races="White;Asian; White")],
    )
    row = only(found, SCHOOL_ASSOCIATIONS.name)
    assert (row["attendance"], row["membership"]) == ("20.5", "21")
    assert only(found, DEMOGRAPHICS.name)["races"] == "Asian; White"
    named = only(found, STUDENTS.name)
    assert (named["last_surname"], named["middle_name"]) == ("Xiong", None)


@pytest.mark.parametrize(
    ("students", "enrollments"),
    [
        ([student(state_id=None, holders=0)], [enrollment()]),
        ([student(holders=2)], [enrollment()]),
        ([student()], [enrollment(school_code="999")]),
        ([student()], [enrollment(school_code=None)]),
        ([student()], [enrollment(entry_date=None)]),
        ([student()], [enrollment(exit_date=date(2025, 9, 1))]),
    ],
    ids=["no number", "shared number", "no school id", "no school", "no entry", "exit before"],
)
def test_who_cannot_be_sent_is_not_and_is_held_back(
    students: list[Row], enrollments: list[Row]
) -> None:
    found = made(students=students, enrollments=enrollments)
    assert counts(found) == [0, 0, 0, 0, 0]
    assert held_back(found) == ["1001"]
    assert found.checks.height


def test_who_is_not_enrolled_is_not_sent_and_not_held_back() -> None:
    found = made(enrollments=[])
    assert (counts(found), held_back(found), found.checks.rows()) == ([0, 0, 0, 0, 0], [], [])


def test_one_who_leaves_on_the_day_of_entry_is_sent() -> None:
    day = date(2025, 9, 2)
    found = made(enrollments=[enrollment(entry_date=day, exit_date=day, exit_type="20")])
    assert only(found, SCHOOL_ASSOCIATIONS.name)["exit_withdraw_date"] == day


def test_a_bad_enrollment_does_not_keep_a_good_one_back() -> None:
    bad = enrollment(school_code="530", entry_date=None)
    found = made(enrollments=[enrollment(), bad])
    assert counts(found)[2:4] == [1, 1]
    assert held_back(found) == ["1001"]


def test_two_records_that_make_one_document_make_none() -> None:
    schools = (*SCHOOLS, {"code": "411", "state_id": "10625410"})
    found = made(enrollments=[enrollment(), enrollment(school_code="411")], schools=schools)
    assert found.frames[SCHOOL_ASSOCIATIONS.name].is_empty()
    assert codes(found) == {"edfi.same_document"}
    assert held_back(found) == ["1001"]


def test_text_for_a_number_is_not_sent() -> None:
    found = made(enrollments=[enrollment(resident_district="St Paul")])
    assert found.frames[SCHOOL_ASSOCIATIONS.name].is_empty()
    assert "edfi.not_a_number" in codes(found)
    assert found.checks.filter(code="edfi.not_a_number").select("resource", "field").rows() == [
        (SCHOOL_ASSOCIATIONS.name, "resident_local_education_agency")
    ]


@pytest.mark.parametrize("missing", ["program_name", "program_type", "begin_date", "school_code"])
def test_a_program_without_its_key_is_not_sent(missing: str) -> None:
    found = made(programs=[program("1001", **{missing: None}), program(program_name="Other")])
    assert only(found, PROGRAM_ASSOCIATIONS.name)["program_name"] == "Other"
    assert codes(found) == {"edfi.no_key"}
    assert held_back(found) == ["1001"]


def test_one_calendar_a_school_and_grade_with_its_own_days_or_the_districts() -> None:
    both = [
        enrollment("1001"),
        enrollment("1002"),
        enrollment("1003", grade="6"),
        enrollment("1004", school_code="530"),
    ]
    people = [student(one) for one in ("1001", "1002", "1003", "1004")]
    found = made(students=people, enrollments=both)
    shown = found.frames[CALENDARS.name].select("school_id", "calendar_code", "instructional_days")
    assert sorted(shown.rows()) == [
        ("10625410", "MARSS-A 5", "165"),
        ("10625410", "MARSS-A 6", "165"),
        ("10625530", "MARSS-A 5", "170"),
    ]


def test_without_a_calendar_none_is_sent() -> None:
    assert counts(made(calendar=()))[1] == 0
    assert counts(made(calendar=CALENDAR[1:]))[1] == 0


def test_of_two_schools_with_one_id_the_first_ones_calendar_counts() -> None:
    schools = (*SCHOOLS, {"code": "540", "state_id": "10625530"}, {"code": "520"})
    days = (*CALENDAR, {**CALENDAR[1], "school_code": "540", "instructional_days": 99})
    found = made(enrollments=[enrollment(school_code="540")], schools=schools, calendar=days)
    assert only(found, CALENDARS.name)["instructional_days"] == "170"


def test_another_state_has_no_fields_of_minnesotas() -> None:
    found = made(SETTINGS.model_copy(update={"extension": False}))
    row = only(found, SCHOOL_ASSOCIATIONS.name)
    assert (row["state_aid_category"], row["percent_enrolled"]) == (None, None)
    assert row["entry_grade_level"] == "5"
    assert only(found, DEMOGRAPHICS.name)["first_name"] is None


PEOPLE = ["1", "2", "3", "4"]
some_students = st.lists(
    st.fixed_dictionaries(
        {
            "state_id": st.sampled_from([None, MARSS, *(f"062500000000{n}" for n in range(6))]),
            "gender": st.sampled_from([None, "M", "X"]),
            "birth_date": st.sampled_from([None, date(2014, 5, 6)]),
        }
    ),
    min_size=len(PEOPLE),
    max_size=len(PEOPLE),
)
some_enrollments = st.lists(
    st.fixed_dictionaries(
        {
            "local_id": st.sampled_from(PEOPLE),
            "school_code": st.sampled_from([None, "410", "411", "530", "999"]),
            "entry_date": st.sampled_from([None, date(2025, 9, 2), date(2026, 1, 5)]),
            "exit_date": st.sampled_from([None, date(2025, 12, 1)]),
            "grade": st.sampled_from([None, "5", "6", "unknown"]),
            "membership": st.sampled_from([None, "x", "90"]),
        }
    ),
    max_size=8,
)
some_programs = st.lists(
    st.fixed_dictionaries(
        {
            "local_id": st.sampled_from(PEOPLE),
            "program_name": st.sampled_from([None, "English Learner"]),
        }
    ),
    max_size=4,
)


def sorted_rows(frame: pl.DataFrame) -> list[Any]:
    return sorted(frame.rows(), key=repr)


@examples(25)
@given(some_students, some_enrollments, some_programs, st.sets(st.sampled_from(PEOPLE)))
def test_a_few_students_give_the_documents_that_all_of_them_do(
    students: list[Row], enrollments: list[Row], programs: list[Row], few: set[str]
) -> None:
    ids = [row["state_id"] for row in students]
    whole = views(
        [
            student(one, **row, holders=ids.count(row["state_id"]) if row["state_id"] else 0)
            for one, row in zip(PEOPLE, students, strict=True)
        ],
        [enrollment(**row) for row in enrollments],
        [demographic(one) for one in PEOPLE[1:]],
        [program(**row) for row in programs],
        schools=(*SCHOOLS, {"code": "411", "state_id": "10625410"}),
    )
    asked = pl.col("local_id").is_in(sorted(few))
    narrowed = {
        name: frame.filter(asked) if "local_id" in frame.columns else frame
        for name, frame in whole.items()
    }
    every, some = (documents(given, SETTINGS, CONTEXT) for given in (whole, narrowed))
    for one in RESOURCES:
        expected, found = every.frames[one.name], some.frames[one.name]
        if one is CALENDARS:
            assert set(found.rows()) <= set(expected.rows())
        else:
            assert sorted_rows(found) == sorted_rows(expected.filter(asked))
        assert not found.select(list(one.record.key)).is_duplicated().any()
    assert sorted_rows(some.checks.filter(asked)) == sorted_rows(every.checks.filter(asked))
    assert set(some.checks.rows()) <= set(every.checks.rows())
    assert some.held_back.rows() == every.held_back.filter(asked).rows()
