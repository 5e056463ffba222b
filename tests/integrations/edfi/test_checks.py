"""The pre-check as a whole: what it holds back, and that it says the same of a student in any
company.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edfi_frames import (
    CONTEXT,
    SETTINGS,
    YEAR,
    Row,
    demographic,
    enrollment,
    program,
    student,
    views,
)
from tests.examples import examples

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.context import Context
from rollcall.core.sending.outbound import CHECKS_SCHEMA
from rollcall.integrations.edfi.catalog import (
    DISTRICT_CHECKS,
    ENROLLMENT_CHECKS,
    STUDENT_CHECKS,
)
from rollcall.integrations.edfi.check_declarations import Collection
from rollcall.integrations.edfi.checks import Checked, check, collection
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.integrations.edfi.settings import EdfiSettings

EVERY = (*STUDENT_CHECKS, *ENROLLMENT_CHECKS, *DISTRICT_CHECKS)
#: Facts section 3.7, each rule that is restated there.
_IN_BOTH = """
    6521 6212 6524 6571 6331 6227 6229 62381 62382 6239 6205 6206 62071 62072 6516 6226 6141 6601
    6179 6180 6297 6298 6419 6420 6421 6422 6423 6424 6399 6403 6404 6405 6323 6418 6599 6430 6431
    6432 6600 6402 6269 6337 6518 6530
"""
_IN_ONE = "20.10.6525 30.10.6519 30.10.6362 30.10.6363 30.10.6522 30.10.6361 30.10.6284 30.10.6335"
_ANCESTRY = """
    10.1.2 10.2.1 10.3.1 10.4.1 10.1.3 10.2.2 10.3.2 10.4.2 10.1.4 10.2.3 10.3.3 10.4.3 10.4.4
"""
RESTATED = {*(f"10.10.{own}" for own in _IN_BOTH.split()), *_IN_ONE.split(), *_ANCESTRY.split()}
#: No record holds the hours of the school year.
NOT_CHECKED = {"30.10.6363"}
STRICT = SETTINGS.model_copy(update={"refuse_on_errors": True})


def documents(records: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """By resource the documents these records call for, with the columns the pre-check reads; of a
    student and an enrollment that the state could not know as well.
    """
    people = records["identities"].select(
        "local_id", student_unique_id="state_id", grade_of="grade"
    )
    schools = records["schools"].select(school_code="code", school_id="state_id")
    places = records["enrollments"].join(people, on="local_id").join(schools, on="school_code")
    at = places.with_columns(
        education_organization_id="school_id",
        program_education_organization_id=pl.lit("10625000"),
        entry_grade_level="grade",
        exit_withdraw_type="exit_type",
        state_aid_category="aid_category",
    )
    said = records["demographics"]
    programs = records["programs"].drop("school_code", "school_year").join(at, on="local_id")
    frames = {
        "students": people,
        "studentSchoolAssociations": at,
        "studentEducationOrganizationAssociations": at.join(said, on="local_id", how="left"),
        "studentProgramAssociations": programs,
    }
    return {one.name: _whole(frames[one.name], one) for one in RESOURCES if one.name in frames}


def _whole(frame: pl.DataFrame, resource: Any) -> pl.DataFrame:
    schema = resource.record.schema
    absent = {name: kind for name, kind in schema.items() if name not in frame.columns}
    return frame.with_columns(pl.lit(None, kind).alias(n) for n, kind in absent.items()).select(
        list(schema)
    )


def checked(
    students: list[Row],
    enrollments: list[Row],
    demographics: list[Row] | None = None,
    programs: list[Row] | None = None,
    settings: EdfiSettings = SETTINGS,
) -> Checked:
    records = views(
        students=students,
        enrollments=enrollments,
        demographics=[demographic(row["local_id"]) for row in students]
        if demographics is None
        else demographics,
        programs=programs,
    )
    return check(records, documents(records), settings, CONTEXT)


def blocked(found: Checked) -> dict[str, int]:
    return {name: keys.height for name, keys in found.blocked.items() if keys.height}


def test_every_rule_of_the_facts_is_declared() -> None:
    assert {one.rule for one in EVERY if one.rule} == RESTATED - NOT_CHECKED


def test_every_check_is_about_a_column_of_its_resource() -> None:
    columns = {one.name: set(one.record.schema) for one in RESOURCES}
    wrong = [one.code for one in EVERY if one.field and one.field not in columns[one.resource]]
    assert wrong == []


def test_every_rule_of_the_state_carries_its_error_number() -> None:
    by_rule = {one.rule: one.code for one in EVERY if one.rule}
    assert by_rule["10.10.6521"] == "edfi.marss_55_6521"
    assert by_rule["10.3.3"] == "edfi.marss_424_3_3"
    assert Codes.get(by_rule["10.10.6600"]).severity is Severity.WARNING


def test_nothing_is_wrong_with_a_usual_student() -> None:
    found = checked([student()], [enrollment()], programs=[program()])
    assert found.checks.is_empty()
    assert found.checks.schema == CHECKS_SCHEMA
    assert blocked(found) == {}
    assert found.held_back.is_empty()


@pytest.mark.parametrize(
    ("code", "differs"),
    [
        ("edfi.no_state_id", {"state_id": None}),
        ("edfi.state_id_digits", {"state_id": "062500000001"}),
        ("edfi.state_id_digits", {"state_id": "06250000000001"}),
        ("edfi.state_id_digits", {"state_id": "062500000000A"}),
        ("edfi.shared_state_id", {"holders": 2}),
        ("edfi.no_last_name", {"last_name": None}),
        ("edfi.no_first_name", {"first_name": None}),
        ("edfi.no_birth_date", {"birth_date": None}),
        ("edfi.no_gender", {"gender": None}),
    ],
)
def test_a_student_whom_the_api_would_refuse_is_held_back(code: str, differs: Row) -> None:
    found = checked(
        [student("1"), student("2", **differs)],
        [enrollment("1"), enrollment("2")],
        programs=[program("2")],
    )
    assert found.checks.rows() == [("2", "students", found.checks["field"][0], code, "")]
    assert blocked(found) == {
        "students": 1,
        "studentSchoolAssociations": 1,
        "studentEducationOrganizationAssociations": 1,
        "studentProgramAssociations": 1,
    }
    assert found.held_back["local_id"].to_list() == ["2"]


@pytest.mark.parametrize(
    ("code", "differs"),
    [
        ("edfi.marss_55_6521", {"exit_date": date(2025, 8, 1)}),
        ("edfi.marss_27_6212", {"entry_date": date(2026, 7, 1)}),
        ("edfi.entry_before_year", {"entry_date": date(2025, 5, 31)}),
    ],
)
def test_an_enrollment_that_the_api_would_refuse_is_held_back(code: str, differs: Row) -> None:
    found = checked([student()], [enrollment(), enrollment(school_code="530", **differs)])
    assert code in found.checks["code"].to_list()
    assert blocked(found) == {"studentSchoolAssociations": 1}
    assert found.blocked["studentSchoolAssociations"]["school_id"].to_list() == ["10625530"]
    assert found.held_back["local_id"].to_list() == ["1001"]


@pytest.mark.parametrize(
    ("code", "differs"),
    [
        ("edfi.no_school_id", {"school_code": "999"}),
        ("edfi.no_school_id", {"school_code": None}),
        ("edfi.no_entry_date", {"entry_date": None}),
    ],
)
def test_an_enrollment_that_no_document_can_be_made_of_is_told(code: str, differs: Row) -> None:
    found = checked([student()], [enrollment(**differs)])
    assert found.checks["code"].to_list() == [code]
    assert found.held_back["local_id"].to_list() == ["1001"]


def test_a_grade_is_the_enrollments_or_else_the_students() -> None:
    assert checked([student(grade="5")], [enrollment(grade=None)]).checks.is_empty()
    without = checked([student(grade=None)], [enrollment(grade=None)])
    assert without.checks["code"].to_list() == ["edfi.no_grade"]


@pytest.mark.parametrize(
    ("resource", "field", "changes"),
    [
        ("studentSchoolAssociations", "entry_grade_level", {"enrollment": {"grade": "HK"}}),
        ("studentSchoolAssociations", "entry_type", {"enrollment": {"entry_type": "77"}}),
        ("studentSchoolAssociations", "exit_withdraw_type", {"enrollment": {"exit_type": "100"}}),
        (
            "studentEducationOrganizationAssociations",
            "home_language",
            {"demographic": {"home_language": "?"}},
        ),
        ("studentProgramAssociations", "program_type", {"program": {"program_type": "MCCC-EI"}}),
    ],
)
def test_a_code_that_the_year_does_not_have_keeps_its_document_back(
    resource: str, field: str, changes: Mapping[str, Row]
) -> None:
    found = checked(
        [student()],
        [enrollment(**changes.get("enrollment", {}))],
        [demographic(**changes.get("demographic", {}))],
        [program(**changes.get("program", {}))],
    )
    (row,) = found.checks.filter(pl.col("code") == "edfi.not_a_code").rows()
    assert row[1:3] == (resource, field)
    assert YEAR in row[4]
    assert blocked(found) == {resource: 1}


def test_a_list_is_wrong_when_one_of_its_codes_is_and_the_code_is_not_told() -> None:
    found = checked([student()], [enrollment()], [demographic(races="Asian; Martian")])
    (row,) = found.checks.rows()
    assert row[2:] == ("races", "edfi.not_a_code", f"Race {YEAR}")


def test_a_code_with_a_namespace_of_its_own_is_left_to_the_state() -> None:
    own = "uri://ed-fi.org/RaceDescriptor#Martian"
    found = checked([student()], [enrollment()], [demographic(races=f"Asian; {own}")])
    assert found.checks.is_empty()


def test_an_error_of_the_states_rules_holds_nothing_back_unless_a_setting_says_so() -> None:
    rows = [enrollment(), enrollment(school_code="530", resident_district="10535000")]
    assert blocked(checked([student()], rows)) == {}
    assert blocked(checked([student()], rows, settings=STRICT)) == {"studentSchoolAssociations": 1}
    race = [demographic(races=None, ancestry=None)]
    strict = checked([student()], rows[:1], race, settings=STRICT)
    assert blocked(strict) == {"studentEducationOrganizationAssociations": 1}


def test_a_warning_never_holds_back() -> None:
    found = checked([student(last_name="X")], [enrollment()], settings=STRICT)
    assert found.checks["code"].to_list() == ["edfi.marss_202_6600"]
    assert blocked(found) == {}


def test_a_check_can_be_left_out_or_made_a_warning() -> None:
    rows = ([student(gender=None)], [enrollment()])
    off = SETTINGS.model_copy(update={"checks_off": ("edfi.no_gender",)})
    told_only = SETTINGS.model_copy(update={"checks_as_warnings": ("edfi.no_gender",)})
    assert checked(*rows, settings=off).checks.is_empty()
    assert blocked(checked(*rows, settings=told_only)) == {}
    assert checked(*rows, settings=told_only).checks["code"].to_list() == ["edfi.no_gender"]


def test_another_state_has_no_pre_check() -> None:
    other = SETTINGS.model_copy(update={"extension": False})
    found = checked([student(state_id="1", gender=None)], [enrollment(grade="HK")], settings=other)
    assert found.checks.is_empty()
    assert blocked(found) == {}


def test_a_student_who_is_not_enrolled_is_not_looked_at() -> None:
    assert checked([student(), student("2", state_id=None)], [enrollment()]).checks.is_empty()


@pytest.mark.parametrize(
    ("today", "fixed", "expected"),
    [
        (date(2025, 7, 1), "auto", Collection.FALL),
        (date(2025, 12, 31), "auto", Collection.FALL),
        (date(2026, 1, 1), "auto", Collection.END_OF_YEAR),
        (date(2026, 8, 1), "auto", Collection.END_OF_YEAR),  # last year's, being finished
        (date(2026, 3, 1), "fall", Collection.FALL),
        (date(2025, 10, 1), "end_of_year", Collection.END_OF_YEAR),
    ],
)
def test_the_collection_that_counts(today: date, fixed: str, expected: Collection) -> None:
    given = SETTINGS.model_copy(update={"collection": fixed})
    assert collection(given, Context(YEAR, today)) is expected


#: Things that go wrong, alone or together.
_STUDENTS = st.sampled_from(
    [{}, {"holders": 2}, {"last_name": "Lee  2"}, {"birth_date": date(2023, 1, 1)}]
)
_ENROLLMENTS = st.lists(
    st.fixed_dictionaries(
        {
            "school_code": st.sampled_from(["410", "530", "999"]),
            "entry_date": st.sampled_from([date(2025, 9, 2), date(2026, 1, 5), date(2026, 8, 1)]),
            "exit_type": st.sampled_from([None, "40", "8", "99"]),
            "special_education_status": st.sampled_from(["1", "4", "7"]),
            "grade": st.sampled_from(["5", "HK", None]),
        }
    ),
    max_size=3,
    unique_by=lambda row: (row["school_code"], row["entry_date"]),
)
_TOLD = st.sampled_from([None, {}, {"races": None}, {"races": "Martian"}, {"hispanic": "Y"}])


@examples(30)
@given(st.lists(st.tuples(_STUDENTS, _ENROLLMENTS, _TOLD), min_size=2, max_size=5), st.data())
def test_of_some_students_it_says_what_it_says_of_all(
    people: list[tuple[Row, list[Row], Row | None]], data: st.DataObject
) -> None:
    names = [str(1000 + n) for n in range(len(people))]
    records = views(
        students=[student(n, **p[0]) for n, p in zip(names, people, strict=True)],
        enrollments=[
            enrollment(n, **row) for n, p in zip(names, people, strict=True) for row in p[1]
        ],
        demographics=[
            demographic(n, **p[2]) for n, p in zip(names, people, strict=True) if p[2] is not None
        ],
    )
    some = data.draw(st.sets(st.sampled_from(names), min_size=1))
    fewer = {
        name: frame.filter(pl.col("local_id").is_in(list(some)))
        if "local_id" in frame.columns
        else frame
        for name, frame in records.items()
    }
    whole = check(records, documents(records), STRICT, Context(YEAR, date(2026, 3, 2)))
    part = check(fewer, documents(fewer), STRICT, Context(YEAR, date(2026, 3, 2)))
    assert part.checks.rows() == whole.checks.filter(pl.col("local_id").is_in(list(some))).rows()
    assert part.held_back.rows() == [row for row in whole.held_back.rows() if row[0] in some]
    assert sent(part, documents(fewer)) == {
        row for row in sent(whole, documents(records)) if row[1] in some
    }


def sent(found: Checked, frames: Mapping[str, pl.DataFrame]) -> set[tuple[Any, ...]]:
    """(resource, local_id, the rest) of the documents that are not blocked."""
    return {
        (name, *row)
        for name, frame in frames.items()
        for row in without(frame, found.blocked.get(name))
        .select("local_id", pl.exclude("local_id"))
        .rows()
    }


def without(frame: pl.DataFrame, keys: pl.DataFrame | None) -> pl.DataFrame:
    return frame if keys is None else frame.join(keys, on=keys.columns, how="anti")
