"""The views that integrations decide by: the district's own, and those the integrations declare."""

from collections.abc import Iterable, Mapping

import polars as pl

from rollcall.core.matching.match_decisions import MATCH_DECISIONS_SCHEMA
from rollcall.core.plans.views import View, view_of
from rollcall.records.types import DEMOGRAPHICS, ENROLLMENT, PROGRAM

#: `core.matching.names.initial` of a column.
_INITIAL = """CASE WHEN ascii({0}) < 128 AND (ascii({0}) | 32) BETWEEN 97 AND 122
    THEN chr(ascii({0}) | 32) ELSE '' END"""


DISTRICT_VIEWS: Mapping[str, View] = {
    "schools": View(
        records=("school",),
        query="SELECT code, name, type, state_id FROM school WHERE district_id = {district}",
        schema={
            "code": pl.String(),
            "name": pl.String(),
            "type": pl.String(),
            "state_id": pl.String(),
        },
    ),
    "students": View(
        records=("student",),
        query="""SELECT local_id, state_id, last_name, first_name, birth_date, grade, school_code
            FROM student WHERE district_id = {district}""",
        schema={
            "local_id": pl.String(),
            "state_id": pl.String(),
            "last_name": pl.String(),
            "first_name": pl.String(),
            "birth_date": pl.Date(),
            "grade": pl.String(),
            "school_code": pl.String(),
        },
        keys={
            "last_initial": _INITIAL.format("last_name"),
            "first_initial": _INITIAL.format("first_name"),
        },
    ),
    # A null school_code is the whole district.
    "calendar": View(
        records=("calendar",),
        query="""SELECT school_code, school_year, first_day, last_day, instructional_days
            FROM calendar WHERE district_id = {district} AND school_year = {school_year}""",
        schema={
            "school_code": pl.String(),
            "school_year": pl.String(),
            "first_day": pl.Date(),
            "last_day": pl.Date(),
            "instructional_days": pl.Int16(),
        },
    ),
    # Who each student is to the state. `holders`: how many students of the district have the
    # state id, 0 without one; of a few students by its index, of all by counting those shared.
    "identities": View(
        records=("student",),
        query="""SELECT local_id, state_id, last_name, first_name, middle_name, generation_suffix,
                birth_date, gender, grade, school_code, (
                    SELECT count(*) FROM student o WHERE o.district_id = {district}
                        AND o.state_id COLLATE "C" = student.state_id COLLATE "C"
                ) AS holders
            FROM student WHERE district_id = {district}""",
        query_for_all="""SELECT local_id, state_id, last_name, first_name, middle_name,
                generation_suffix, birth_date, gender, grade, school_code,
                CASE WHEN state_id IS NULL THEN 0 ELSE coalesce(shared.holders, 1) END
            FROM student LEFT JOIN (
                SELECT state_id, count(*) AS holders FROM student
                WHERE district_id = {district} AND state_id IS NOT NULL
                GROUP BY state_id HAVING count(*) > 1
            ) AS shared USING (state_id)
            WHERE district_id = {district}""",
        schema={
            "local_id": pl.String(),
            "state_id": pl.String(),
            "last_name": pl.String(),
            "first_name": pl.String(),
            "middle_name": pl.String(),
            "generation_suffix": pl.String(),
            "birth_date": pl.Date(),
            "gender": pl.String(),
            "grade": pl.String(),
            "school_code": pl.String(),
            "holders": pl.Int64(),
        },
    ),
    "enrollments": view_of(ENROLLMENT),
    "demographics": view_of(DEMOGRAPHICS),
    "programs": view_of(PROGRAM),
    # What people decided about rows (core.matching.match_decisions).
    "match_decisions": View(
        records=("match_decision",),
        query="""SELECT integration, kind, state_id, last_name, first_name, birth_date, local_id,
                until, made_by, made_on
            FROM match_decision WHERE district_id = {district}""",
        schema=MATCH_DECISIONS_SCHEMA,
    ),
}

_VIEWS: dict[str, View] = dict(DISTRICT_VIEWS)


def install(own_views: Iterable[Mapping[str, View]]) -> None:
    """Make the integrations' own views known beside the district's. ValueError when two have one
    name.
    """
    _VIEWS.clear()
    for views in (DISTRICT_VIEWS, *own_views):
        if twice := sorted(_VIEWS.keys() & views.keys()):
            raise ValueError(f"two views have the name {', '.join(twice)}")
        _VIEWS.update(views)


def view_named(name: str) -> View:
    """The view of that name; KeyError when nobody declares it."""
    return _VIEWS[name]
