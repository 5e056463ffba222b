"""Which documents a district's records call for (facts 3.2, 3.3 and 3.8). Pure.

A student is sent who has a MARSS number that no other student has and, in the year, an enrollment
at a school with a state ID, that does not end before it begins. A document is made from its own
student's records and the district's schools and calendars, so a few students give the same
documents as all of them.
"""

from collections.abc import Mapping

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.core.school_year import SchoolYear
from rollcall.core.sending.outbound import Documents
from rollcall.integrations.edfi import wellformed
from rollcall.integrations.edfi.canonical_values import canonical
from rollcall.integrations.edfi.checks import check, check_district
from rollcall.integrations.edfi.resources import (
    CALENDARS,
    DEMOGRAPHICS,
    PROGRAM_ASSOCIATIONS,
    RESOURCES,
    SCHOOL_ASSOCIATIONS,
    STUDENTS,
)
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.integrations.edfi.spelling import spelled

#: The views `documents` reads (rollcall.records.views.VIEWS).
VIEWS = ("identities", "enrollments", "demographics", "programs", "schools", "calendar")
#: Facts 3.4; any other gender is _NEITHER.
_SEX = {"M": "Male", "MALE": "Male", "F": "Female", "FEMALE": "Female"}
_NEITHER = "Not Selected"
#: This percentage means that attendance is counted in hours (facts 3.7, rule 6363).
_BY_HOURS = "999"

Views = Mapping[str, pl.DataFrame]


def documents(views: Views, settings: EdfiSettings, context: Context) -> Documents:
    """The documents of all students in `views`, or of the few they are narrowed to.

    Documents that the API is sure to refuse are left out, with findings in `checks`. Held back are
    their students, and those with an enrollment of the year without a document.
    """
    if settings.extension:
        views = spelled(views, context.school_year)
    enrolled = _enrolled(views)
    sendable = enrolled.filter(_sendable())
    values = _values(views, sendable, settings, context)
    frames = {
        resource.name: canonical(values[resource.name], resource, settings.extension)
        for resource in RESOURCES
    }
    checked = check(views, frames, settings, context)
    faults, unfit = wellformed.check(frames, RESOURCES)
    held_back = [enrolled.filter(~_sendable()), checked.held_back]
    sent = dict(frames)
    for refused in (checked.blocked, unfit):
        for name, keys in refused.items():
            sent[name] = sent[name].join(keys, on=keys.columns, how="anti", nulls_equal=True)
    held_back += [
        frames[name].join(keys, on=keys.columns, how="semi", nulls_equal=True)
        for name, keys in unfit.items()
    ]
    local_ids = pl.concat([frame.select("local_id") for frame in held_back])
    return Documents(
        frames=sent,
        checks=pl.concat([checked.checks, faults]),
        held_back=local_ids.drop_nulls().unique().sort("local_id"),
    )


def check_all(views: Views, settings: EdfiSettings, context: Context) -> pl.DataFrame:
    """Findings of the checks over all students of the district in `views` (CHECKS_SCHEMA)."""
    if settings.extension:
        views = spelled(views, context.school_year)
    return check_district(views, settings, context)


def _enrolled(views: Views) -> pl.DataFrame:
    """Every enrollment of the year with its student as the state has them (student_unique_id is
    null without a MARSS number of their own) and the school's id (null: none).
    """
    gender = pl.col("gender").str.strip_chars().str.to_uppercase()
    students = views["identities"].select(
        *("local_id", "first_name", "middle_name", "birth_date"),
        student_unique_id=pl.when(pl.col("holders") <= 1).then("state_id"),
        last_surname="last_name",
        generation_code_suffix="generation_suffix",
        sex=pl.when(gender != "").then(gender.replace_strict(_SEX, default=_NEITHER)),
        student_grade="grade",
    )
    joined = views["enrollments"].join(students, on="local_id")
    return joined.join(_schools(views), on="school_code", how="left").with_columns(
        grade=pl.coalesce("grade", "student_grade")
    )


def _schools(views: Views) -> pl.DataFrame:
    return views["schools"].select(school_code="code", school_id="state_id")


def _sendable() -> pl.Expr:
    """Whether the state accepts an enrollment at all (facts 3.8: PowerSchool)."""
    complete = pl.all_horizontal(
        pl.col(name).is_not_null() for name in ("student_unique_id", "school_id", "entry_date")
    )
    return complete & (pl.col("exit_date") >= pl.col("entry_date")).fill_null(True)


def _values(
    views: Views, sendable: pl.DataFrame, settings: EdfiSettings, context: Context
) -> dict[str, pl.DataFrame]:
    """By resource the documents' values, in no order of columns."""
    year = str(SchoolYear.parse(context.school_year).end)
    students = sendable.unique("local_id").with_columns(birth_sex="sex")
    programs = (
        views["programs"]
        .join(students.select("local_id", "student_unique_id"), on="local_id")
        .join(_schools(views), on="school_code", how="left")
    )
    return {
        STUDENTS.name: students,
        CALENDARS.name: _calendars(views, sendable, settings, year),
        SCHOOL_ASSOCIATIONS.name: _school_associations(sendable, year),
        DEMOGRAPHICS.name: _demographics(views, sendable),
        # Facts 3.2: the student is at a school, the program is the district's.
        PROGRAM_ASSOCIATIONS.name: programs.with_columns(
            education_organization_id="school_id",
            program_education_organization_id=pl.lit(settings.local_education_agency_id),
        ),
    }


def _school_associations(sendable: pl.DataFrame, year: str) -> pl.DataFrame:
    counted = pl.any_horizontal(
        pl.col("attendance", "membership", "percent_enrolled").is_not_null()
    )
    by_hours = pl.col("percent_enrolled") == _BY_HOURS
    unit = pl.when(by_hours).then(pl.lit("Hours")).when(counted).then(pl.lit("Days"))
    return sendable.with_columns(
        school_year=pl.lit(year),
        entry_grade_level="grade",
        exit_withdraw_date="exit_date",
        exit_withdraw_type="exit_type",
        state_aid_category="aid_category",
        resident_local_education_agency="resident_district",
        membership_attendance_unit=pl.coalesce("attendance_unit", unit),
        transportation_category="transportation",
        transporting_local_education_agency="transporting_district",
        homebound_service_indicator="homebound",
        special_pupil_indicator="special_pupil",
        special_education_evaluation_status="special_education_status",
    )


def _demographics(views: Views, sendable: pl.DataFrame) -> pl.DataFrame:
    """One for each school a student is enrolled at in the year (facts 3.2: the school's id)."""
    reported = views["demographics"].select(
        *("local_id", "races", "home_language"),
        hispanic_latino_ethnicity="hispanic",
        ancestry_ethnic_origins="ancestry",
        student_characteristics="characteristics",
        opt_out_indicators="opt_outs",
    )
    students = sendable.unique(["local_id", "school_id"])
    with_school = students.with_columns(education_organization_id="school_id")
    return with_school.join(reported, on="local_id", how="left")


def _calendars(
    views: Views, sendable: pl.DataFrame, settings: EdfiSettings, year: str
) -> pl.DataFrame:
    """One for each school and grade with students, if the school or else the district has a
    calendar. Of two schools with one id the first counts.
    """
    days = views["calendar"].select("school_code", pl.col("instructional_days").cast(pl.String))
    district = days.filter(pl.col("school_code").is_null())
    schools = _schools(views).sort("school_code")
    own = schools.join(days, on="school_code", maintain_order="left")
    shared = schools.join(district.drop("school_code"), how="cross", maintain_order="left")
    calendars = pl.concat([own, shared], how="diagonal").unique("school_id", keep="first")
    taught = sendable.select("school_id", "grade").drop_nulls().unique()
    return taught.join(calendars, on="school_id").with_columns(
        calendar_code=pl.concat_str(pl.lit(f"{settings.calendar_type} "), "grade"),
        school_year=pl.lit(year),
        calendar_type=pl.lit(settings.calendar_type),
        grade_levels="grade",
        local_id=pl.lit(None, pl.String),
    )
