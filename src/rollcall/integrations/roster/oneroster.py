"""OneRoster 1.1 files read as Rollcall's records (facts section 8). Pure.

Schools are the orgs of type school, students the users of role student, the district's calendars
the academic sessions of type schoolYear. What is marked `tobedeleted` is passed over, and so is
everything else in these files. Enrollments at a school are not in OneRoster.
"""

import re

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.plans.plan import Outcome
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.integrations.roster.source import (
    Source,
    outcomes,
    padded_grade,
    rejected,
)

#: The grades of OneRoster (CEDS) that California codes otherwise.
_GRADES = {"KG": "KN", "PK": "PS", "PR": "PS", "IT": "IN"}
_GENDERS = {"male": "M", "m": "M", "female": "F", "f": "F"}
#: Optional in OneRoster and often left out: an empty one takes nothing away.
_OPTIONAL = ("birth_date", "gender")


def schools(orgs: Table, settings: RosterSettings) -> Source:
    """Schools: code and name. OneRoster knows no further type of a school."""
    rows = _with_code(orgs, settings)
    is_school = _is("kind", "school") & active(rows)
    taken = rows.filter(is_school).select("line", "code", "name")
    return _source("orgs", orgs, taken, _passed(rows.filter(~is_school), "not_a_school"))


def calendars(sessions: Table) -> Source:
    """Calendars of the whole district; the school year comes from its ending year."""
    rows = sessions.rows.with_columns(_ending_year(sessions.rows).alias("ending"))
    is_year = _is("kind", "schoolyear") & active(rows)
    taken = rows.filter(is_year).select(
        "line",
        pl.lit(None, pl.String).alias("school_code"),
        pl.format("{}-{}", pl.col("ending") - 1, "ending").alias("school_year"),
        "first_day",
        "last_day",
    )
    passed = _passed(rows.filter(~is_year), "not_a_school_year")
    return _source("academic_sessions", sessions, taken, passed)


def students(
    users: Table, demographics: Table | None, orgs: Table | None, settings: RosterSettings
) -> Source:
    """Students, with birth date and gender from the demographics and the school from the orgs."""
    rows = users.rows
    is_student = _is("role", "student") & active(rows)
    chosen = rows.filter(is_student)
    taken = chosen.select(
        "line",
        _id(chosen, settings.local_id_from).alias("local_id"),
        *([_state_id(settings).alias("state_id")] if "user_ids" in chosen.columns else []),
        *(name for name in ("last_name", "first_name", "middle_name") if name in chosen.columns),
        *([_grade().alias("grade")] if "grades" in chosen.columns else []),
    )
    if demographics is not None:
        taken = taken.hstack(_personal(chosen, demographics))
    if "org_ids" in chosen.columns:
        taken = taken.hstack(_school_codes(chosen, orgs, settings))
    passed = _passed(rows.filter(~is_student), "not_a_student")
    return _source("users", users, taken, passed, _OPTIONAL)


def student_ids(users: Table, settings: RosterSettings) -> pl.DataFrame:
    """source_id and local_id of the users who are students, the first of each source_id."""
    rows = users.rows.filter(_is("role", "student") & active(users.rows))
    rows = rows.unique("source_id", keep="first", maintain_order=True)
    return rows.select("source_id", _id(rows, settings.local_id_from).alias("local_id"))


def _source(
    input: str,
    table: Table,
    taken: pl.DataFrame,
    passed: pl.DataFrame,
    keep_blank: tuple[str, ...] = (),
) -> Source:
    decided = pl.concat([rejected(table), passed])
    return Source(input, taken, decided, pl.Series([], dtype=pl.String), keep_blank)


def _passed(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    """Rows that were understood and hold nothing to load."""
    return outcomes(rows.select("line", pl.col("source_id").alias("key")), Outcome.MATCHED, rule)


def _is(column: str, word: str) -> pl.Expr:
    return (pl.col(column).str.to_lowercase() == word).fill_null(False)


def active(rows: pl.DataFrame) -> pl.Expr:
    """Everything but what is marked as deleted; without a status column all is active."""
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


def _state_id(settings: RosterSettings) -> pl.Expr:
    """The id of the set type out of a cell such as `{LEA:000123},{SSID:0123456789}`."""
    pattern = rf"(?i)\{{\s*{re.escape(settings.state_id_type)}\s*:\s*([^}}\s][^}}]*)\}}"
    return pl.col("user_ids").str.extract(pattern).str.strip_chars()


def _grade() -> pl.Expr:
    """The first of the grades, coded as California does."""
    first = padded_grade(pl.col("grades").str.split(",").list.first())
    return pl.when(first != "").then(first.replace(_GRADES))


def _personal(chosen: pl.DataFrame, demographics: Table) -> pl.DataFrame:
    """birth_date and gender for each chosen row, null where the demographics do not say."""
    rows = demographics.rows.filter(active(demographics.rows))
    rows = rows.filter(~pl.col("source_id").is_duplicated())
    columns = {
        "birth_date": pl.col("birth_date"),
        "sex": pl.col("sex")
        .str.to_lowercase()
        .replace_strict(_GENDERS, default=None, return_dtype=pl.String)
        .alias("gender"),
    }
    have = rows.select("source_id", *(e for name, e in columns.items() if name in rows.columns))
    joined = chosen.select("source_id").join(
        have, on="source_id", how="left", maintain_order="left"
    )
    return joined.drop("source_id")


def _school_codes(
    chosen: pl.DataFrame, orgs: Table | None, settings: RosterSettings
) -> pl.DataFrame:
    """school_code for each chosen row: its first org that is a school.

    An org that the orgs file does not know counts as a school by its own id, which is then
    reported as unknown; without an orgs file so does every org.
    """
    each = chosen.select("line", pl.col("org_ids").str.split(",").alias("org")).explode("org")
    each = each.with_columns(pl.col("org").str.strip_chars()).filter(pl.col("org") != "")
    if orgs is not None:
        rows = _with_code(orgs, settings).unique("source_id", keep="first", maintain_order=True)
        kinds = rows.select(pl.col("source_id").alias("org"), "code", "kind")
        each = each.join(kinds, on="org", how="left", maintain_order="left")
        each = each.filter(_is("kind", "school") | pl.col("kind").is_null())
        each = each.with_columns(pl.coalesce("code", "org").alias("org"))
    first = each.group_by("line").agg(pl.col("org").first().alias("school_code"))
    joined = chosen.select("line").join(first, on="line", how="left", maintain_order="left")
    return joined.drop("line")


def _ending_year(rows: pl.DataFrame) -> pl.Expr:
    """The year in which the school year ends; from the last day where the file does not say."""
    last = pl.col("last_day").dt.year().cast(pl.Int64)
    if "ending_year" not in rows.columns:
        return last
    return pl.coalesce(pl.col("ending_year").cast(pl.Int64), last)
