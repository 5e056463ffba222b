"""The frames that integrations decide by: what each is read from, and its columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.core.matching.match_decisions import MATCH_DECISIONS_SCHEMA
from rollcall.core.plans.record_types import RecordType
from rollcall.records.types import DEMOGRAPHICS, ENROLLMENT, PROGRAM


@dataclass(frozen=True)
class View:
    """A frame that integrations decide by: the record types it reads, its query and columns.

    `keys`: further columns by which rows can be asked for, and what they are in the query's terms.
    `query_for_all`: a query that gives the same, sooner where all is asked for.
    """

    records: tuple[str, ...]
    query: sql.SQL
    schema: Mapping[str, DataType]
    keys: Mapping[str, str] = field(default_factory=dict)
    query_for_all: sql.SQL | None = None


#: `core.matching.names.initial` of a column.
_INITIAL = """CASE WHEN ascii({0}) < 128 AND (ascii({0}) | 32) BETWEEN 97 AND 122
    THEN chr(ascii({0}) | 32) ELSE '' END"""


def _held(record: RecordType) -> View:
    """All records of a type, key and columns; of the school year where the type has one."""
    columns = ", ".join(record.schema)
    year = " AND school_year = {school_year}" if "school_year" in record.key else ""
    # The names are ours, from the models; no value of anyone else's goes into this text.
    query = f"SELECT {columns} FROM {record.name} WHERE district_id = {{district}}{year}"  # noqa: S608
    return View(records=(record.name,), query=sql.SQL(query), schema=record.schema)


VIEWS: dict[str, View] = {
    "schools": View(
        records=("school",),
        query=sql.SQL(
            "SELECT code, name, type, state_id FROM school WHERE district_id = {district}"
        ),
        schema={
            "code": pl.String(),
            "name": pl.String(),
            "type": pl.String(),
            "state_id": pl.String(),
        },
    ),
    "students": View(
        records=("student",),
        query=sql.SQL(
            """SELECT local_id, state_id, last_name, first_name, birth_date, grade, school_code
            FROM student WHERE district_id = {district}"""
        ),
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
    # The standing of each special-education record; the grade is the student's.
    "special_education": View(
        records=("special_education", "student"),
        query=sql.SQL(
            """SELECT local_id, state_id, first_name, last_name, birth_date, student.grade,
                disability1, special_education.exit_date
            FROM special_education
            JOIN student USING (district_id, local_id)
            WHERE district_id = {district}"""
        ),
        schema={
            "local_id": pl.String(),
            "state_id": pl.String(),
            "first_name": pl.String(),
            "last_name": pl.String(),
            "birth_date": pl.Date(),
            "grade": pl.String(),
            "disability1": pl.String(),
            "exit_date": pl.Date(),
        },
    ),
    # A null school_code is the whole district.
    "calendar": View(
        records=("calendar",),
        query=sql.SQL(
            """SELECT school_code, school_year, first_day, last_day, instructional_days
            FROM calendar WHERE district_id = {district} AND school_year = {school_year}"""
        ),
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
        query=sql.SQL(
            """SELECT local_id, state_id, last_name, first_name, middle_name, generation_suffix,
                birth_date, gender, grade, school_code, (
                    SELECT count(*) FROM student o WHERE o.district_id = {district}
                        AND o.state_id COLLATE "C" = student.state_id COLLATE "C"
                ) AS holders
            FROM student WHERE district_id = {district}"""
        ),
        query_for_all=sql.SQL(
            """SELECT local_id, state_id, last_name, first_name, middle_name, generation_suffix,
                birth_date, gender, grade, school_code,
                CASE WHEN state_id IS NULL THEN 0 ELSE coalesce(shared.holders, 1) END
            FROM student LEFT JOIN (
                SELECT state_id, count(*) AS holders FROM student
                WHERE district_id = {district} AND state_id IS NOT NULL
                GROUP BY state_id HAVING count(*) > 1
            ) AS shared USING (state_id)
            WHERE district_id = {district}"""
        ),
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
    "enrollments": _held(ENROLLMENT),
    "demographics": _held(DEMOGRAPHICS),
    "programs": _held(PROGRAM),
    # What people decided about rows (core.matching.match_decisions).
    "match_decisions": View(
        records=("match_decision",),
        query=sql.SQL(
            """SELECT integration, kind, state_id, last_name, first_name, birth_date, local_id,
                until, made_by, made_on
            FROM match_decision WHERE district_id = {district}"""
        ),
        schema=MATCH_DECISIONS_SCHEMA,
    ),
}
