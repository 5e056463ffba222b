"""The records of a small Minnesota district, as the frames that Ed-Fi documents are made from."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.records.views import view_named

YEAR = "2025-2026"
CONTEXT = Context(school_year=YEAR, today=date(2025, 10, 1))
SETTINGS = EdfiSettings(local_education_agency_id="10625000")

Row = Mapping[str, Any]


def student(local_id: str = "1001", **changes: Any) -> Row:
    """A row of the view "identities"."""
    return {
        "local_id": local_id,
        "state_id": f"{625000000000 + int(local_id):013}",
        "last_name": "Xiong",
        "first_name": "Mai",
        "birth_date": date(2014, 5, 6),
        "gender": "F",
        "grade": "5",
        "school_code": "410",
        "holders": 1,
        **changes,
    }


def enrollment(local_id: str = "1001", **changes: Any) -> Row:
    """A row of the view "enrollments"."""
    return {
        "local_id": local_id,
        "school_code": "410",
        "school_year": YEAR,
        "entry_date": date(2025, 9, 2),
        "grade": "5",
        "entry_type": "0",
        "aid_category": "00",
        "resident_district": "10625000",
        "percent_enrolled": "100",
        "special_education_status": "1",
        "homebound": "N",
        "special_pupil": "N",
        **changes,
    }


def demographic(local_id: str = "1001", **changes: Any) -> Row:
    """A row of the view "demographics"."""
    return {
        "local_id": local_id,
        "hispanic": "N",
        "races": "Asian",
        "ancestry": "as-hmong",
        "home_language": "21",
        **changes,
    }


def program(local_id: str = "1001", **changes: Any) -> Row:
    """A row of the view "programs"."""
    return {
        "local_id": local_id,
        "school_code": "410",
        "school_year": YEAR,
        "program_type": "English Learner",
        "program_name": "English Learner",
        "begin_date": date(2025, 9, 2),
        **changes,
    }


SCHOOLS: tuple[Row, ...] = (
    {"code": "410", "name": "Lake", "state_id": "10625410"},
    {"code": "530", "name": "River", "state_id": "10625530"},
    {"code": "999", "name": "Home"},
)
CALENDAR: tuple[Row, ...] = (
    {"school_year": YEAR, "instructional_days": 165},
    {"school_code": "530", "school_year": YEAR, "instructional_days": 170},
)


def frame(view: str, rows: list[Row] | tuple[Row, ...]) -> pl.DataFrame:
    """Rows as the view of that name has them; columns not given have no value."""
    schema = view_named(view).schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def views(
    students: list[Row] | None = None,
    enrollments: list[Row] | None = None,
    demographics: list[Row] | None = None,
    programs: list[Row] | None = None,
    schools: tuple[Row, ...] = SCHOOLS,
    calendar: tuple[Row, ...] = CALENDAR,
) -> dict[str, pl.DataFrame]:
    """The views of one student, Mai Xiong, at Lake; or of these rows."""
    return {
        "identities": frame("identities", [student()] if students is None else students),
        "enrollments": frame("enrollments", [enrollment()] if enrollments is None else enrollments),
        "demographics": frame(
            "demographics", [demographic()] if demographics is None else demographics
        ),
        "programs": frame("programs", [] if programs is None else programs),
        "schools": frame("schools", schools),
        "calendar": frame("calendar", calendar),
    }
