"""OneRoster 1.1 files read as Rollcall's records (facts section 8). Pure.

Schools are the orgs of type school, students the users of role student, the district's calendars
the academic sessions of type schoolYear. Rows marked `tobedeleted` and all other rows are ignored.
OneRoster has no enrollments at a school.
"""

import re

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.plans.plan import Outcome
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.integrations.roster.source import Source, outcomes, padded_grade, rejected

#: OneRoster's grades (CEDS) that have another code in California.
_GRADES = {"KG": "KN", "PK": "PS", "PR": "PS", "IT": "IN"}
_GENDERS = {"male": "M", "m": "M", "female": "F", "f": "F"}
#: Optional in OneRoster and often left out: an empty cell removes no value.
_OPTIONAL = ("birth_date", "gender")


def schools(orgs: Table, settings: RosterSettings) -> Source:
    """Schools: code and name. OneRoster has no further type of a school."""
    rows = _with_code(orgs, settings)
    is_school = _is("kind", "school") & active(rows)
    return _source(
        "orgs",
        orgs,
        rows.filter(is_school).select("line", "code", "name"),
        rows.filter(~is_school),
        "not_a_school",
    )


def calendars(sessions: Table) -> Source:
    """The district's calendars. A school year comes from its ending year, or from its last day
    where the file does not say it.
    """
    ending = pl.col("last_day").dt.year().cast(pl.Int64)
    if "ending_year" in sessions.rows.columns:
        ending = pl.coalesce(pl.col("ending_year").cast(pl.Int64), ending)
    rows = sessions.rows.with_columns(ending=ending)
    is_year = _is("kind", "schoolyear") & active(rows)
    years = rows.filter(is_year).select(
        "line",
        pl.lit(None, pl.String).alias("school_code"),
        pl.format("{}-{}", pl.col("ending") - 1, "ending").alias("school_year"),
        "first_day",
        "last_day",
    )
    not_years = rows.filter(~is_year)
    return _source("academic_sessions", sessions, years, not_years, "not_a_school_year")


def students(
    users: Table, demographics: Table | None, orgs: Table | None, settings: RosterSettings
) -> Source:
    """Students, with birth date and gender from the demographics and the school from the orgs."""
    is_student = _is("role", "student") & active(users.rows)
    rows = users.rows.filter(is_student)
    # An id of the chosen type out of a cell such as `{LEA:000123},{SSID:0123456789}`.
    state_id = rf"(?i)\{{\s*{re.escape(settings.state_id_type)}\s*:\s*([^}}\s][^}}]*)\}}"
    grade = padded_grade(pl.col("grades").str.split(",").list.first())
    optional = {
        "user_ids": pl.col("user_ids").str.extract(state_id).str.strip_chars().alias("state_id"),
        **{name: pl.col(name) for name in ("last_name", "first_name", "middle_name")},
        "grades": pl.when(grade != "").then(grade.replace(_GRADES)).alias("grade"),
    }
    records = rows.select(
        "line",
        _id(rows, settings.local_id_from).alias("local_id"),
        *(value for column, value in optional.items() if column in rows.columns),
    )
    if demographics is not None:
        records = records.hstack(_birth_and_gender(rows, demographics))
    if "org_ids" in rows.columns:
        records = records.hstack(_school_codes(rows, orgs, settings))
    not_students = users.rows.filter(~is_student)
    return _source("users", users, records, not_students, "not_a_student", _OPTIONAL)


def student_ids(users: Table, settings: RosterSettings) -> pl.DataFrame:
    """source_id and local_id of the users who are students, the first of each source_id."""
    rows = users.rows.filter(_is("role", "student") & active(users.rows))
    rows = rows.unique("source_id", keep="first", maintain_order=True)
    return rows.select("source_id", _id(rows, settings.local_id_from).alias("local_id"))


def _source(
    input: str,
    table: Table,
    records: pl.DataFrame,
    ignored: pl.DataFrame,
    rule: str,
    keep_blank: tuple[str, ...] = (),
) -> Source:
    """The records of a table; the `ignored` rows were read and have nothing to load."""
    nothing_to_load = outcomes(ignored, Outcome.MATCHED, rule, key="source_id")
    decided = pl.concat([rejected(table), nothing_to_load])
    return Source(input, records, decided, pl.Series([], dtype=pl.String), keep_blank)


def _is(column: str, word: str) -> pl.Expr:
    return (pl.col(column).str.to_lowercase() == word).fill_null(False)


def active(rows: pl.DataFrame) -> pl.Expr:
    """Which rows are not marked as deleted; without a status column none is."""
    if "status" not in rows.columns:
        return pl.lit(True)
    return ~_is("status", "tobedeleted")


def _id(rows: pl.DataFrame, chosen: str) -> pl.Expr:
    """The identifier, or the sourcedId where that is chosen or there is no identifier."""
    if chosen == "sourcedId" or "identifier" not in rows.columns:
        return pl.col("source_id")
    return pl.coalesce("identifier", "source_id")


def _with_code(orgs: Table, settings: RosterSettings) -> pl.DataFrame:
    return orgs.rows.with_columns(_id(orgs.rows, settings.school_code_from).alias("code"))


def _birth_and_gender(students: pl.DataFrame, demographics: Table) -> pl.DataFrame:
    """birth_date and gender for each student, null where the demographics do not say."""
    rows = demographics.rows.filter(active(demographics.rows))
    rows = rows.filter(~pl.col("source_id").is_duplicated())
    sex = pl.col("sex").str.to_lowercase()
    columns = {
        "birth_date": pl.col("birth_date"),
        "sex": sex.replace_strict(_GENDERS, default=None, return_dtype=pl.String).alias("gender"),
    }
    values = rows.select(
        "source_id", *(value for name, value in columns.items() if name in rows.columns)
    )
    ids = students.select("source_id")
    return ids.join(values, on="source_id", how="left", maintain_order="left").drop("source_id")


def _school_codes(
    students: pl.DataFrame, orgs: Table | None, settings: RosterSettings
) -> pl.DataFrame:
    """school_code for each student: the first org that is a school.

    An org that is not in the orgs file counts as a school by its own id, which is then reported as
    unknown; without an orgs file so does every org.
    """
    org = pl.col("org_ids").str.split(",").alias("org")
    memberships = students.select("line", org).explode("org")
    memberships = memberships.with_columns(pl.col("org").str.strip_chars())
    memberships = memberships.filter(pl.col("org") != "")
    if orgs is not None:
        rows = _with_code(orgs, settings).unique("source_id", keep="first", maintain_order=True)
        kinds = rows.select(pl.col("source_id").alias("org"), "code", "kind")
        memberships = memberships.join(kinds, on="org", how="left", maintain_order="left")
        memberships = memberships.filter(_is("kind", "school") | pl.col("kind").is_null())
        memberships = memberships.with_columns(pl.coalesce("code", "org").alias("org"))
    first = memberships.group_by("line").agg(pl.col("org").first().alias("school_code"))
    lines = students.select("line")
    return lines.join(first, on="line", how="left", maintain_order="left").drop("line")
