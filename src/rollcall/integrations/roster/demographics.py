"""Demographics: Rollcall's own file, or the OneRoster file of the same name. Pure.

The header tells the two apart: Rollcall's own file has `local_id`, OneRoster's `sourcedId`.
"""

from dataclasses import replace

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import row_findings
from rollcall.core.plans.plan import Outcome
from rollcall.integrations.roster import codes, oneroster
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.integrations.roster.source import Source, outcomes, own, rejected

INPUT = "demographics"
#: Columns with several codes.
LISTS = ("races", "ancestry", "characteristics", "opt_outs")
#: The races that OneRoster names, as Ed-Fi's RaceDescriptor does (facts section 3.4).
RACES = {
    "native": "American Indian - Alaska Native",
    "asian": "Asian",
    "black": "Black - African American",
    "pacific": "Native Hawaiian - Pacific Islander",
    "white": "White",
}
_YES_NO = {"true": "Y", "false": "N"}
_REASONS = {
    "no_student": codes.NO_STUDENT,
    "duplicate": codes.DUPLICATE,
    "unknown_student": codes.UNKNOWN_STUDENT,
}


def is_own(table: Table | None) -> bool:
    """Whether the file is Rollcall's own."""
    return table is not None and "local_id" in table.rows.columns


def is_oneroster(table: Table | None) -> bool:
    """Whether the file is OneRoster's, whose rows can be joined to its users."""
    return table is not None and not is_own(table) and "source_id" in table.rows.columns


def own_file(table: Table) -> Source:
    """Rollcall's own file: several codes are joined by "; " in whichever form they come."""
    with_id, nameless = _with_id(table, "local_id")
    source = own(INPUT, replace(table, rows=with_id))
    texts = {
        name: pl.col(name).str.replace_all(r"[\s;]*;[\s;]*", "; ").str.strip_chars("; ")
        for name in LISTS
        if name in with_id.columns
    }
    return replace(
        source,
        rows=source.rows.with_columns(
            pl.when(text != "").then(text).alias(name) for name, text in texts.items()
        ),
        decided=pl.concat([source.decided, nameless]),
    )


def oneroster_file(table: Table, users: Table | None, settings: RosterSettings) -> Source:
    """OneRoster's file: which of the students are Hispanic, and their races.

    Birth date and sex belong to the student (`oneroster.students`): a row that says no more is
    accepted and gives no record. A row of no user is unmatched. Several rows about one user are
    duplicates.
    """
    with_id, nameless = _with_id(table, "source_id")
    no_ids = pl.Series([], dtype=pl.String)
    user_ids = users.rows["source_id"] if users is not None else no_ids
    duplicate = with_id["source_id"].is_duplicated()
    unknown = ~duplicate & ~with_id["source_id"].is_in(user_ids.implode())
    used = with_id.filter(~duplicate & ~unknown)
    reported = _ethnicity_and_races(used, users, settings)
    birth_only = used.join(reported, on="line", how="anti")
    decided = [
        rejected(table),
        nameless,
        outcomes(with_id.filter(duplicate), Outcome.DUPLICATE, "duplicate", key="source_id"),
        outcomes(with_id.filter(unknown), Outcome.UNMATCHED, "unknown_student", key="source_id"),
        outcomes(birth_only, Outcome.MATCHED, "accepted", key="source_id"),
    ]
    return Source(INPUT, reported, pl.concat(decided), no_ids, keep_blank=("hispanic", "races"))


def findings(source: Source, table: Table) -> list[pl.DataFrame]:
    """Why rows of this file were skipped before their values were checked."""
    id = "local_id" if is_own(table) else "sourcedId"
    return [
        row_findings(source.decided.filter(pl.col("rule") == rule), code, INPUT, id)
        for rule, code in _REASONS.items()
    ]


def _with_id(table: Table, id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the rows with a student id, the outcomes of the rows without)."""
    rows = table.rows
    if id not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias(id))
    without_id = rows.filter(pl.col(id).is_null()).select("line")
    with_id = rows.filter(pl.col(id).is_not_null())
    return with_id, outcomes(without_id, Outcome.REJECTED, "no_student")


def _ethnicity_and_races(
    rows: pl.DataFrame, users: Table | None, settings: RosterSettings
) -> pl.DataFrame:
    """line, local_id, hispanic, races of the rows that say one of the two about a student."""
    hispanic = pl.lit(None, pl.String)
    if "hispanic_or_latino" in rows.columns:
        answer = pl.col("hispanic_or_latino").str.to_lowercase()
        hispanic = answer.replace_strict(_YES_NO, default=None, return_dtype=pl.String)
    races_marked_true = [
        pl.when(pl.col(column).str.to_lowercase() == "true").then(pl.lit(race))
        for column, race in RACES.items()
        if column in rows.columns
    ]
    races = pl.concat_str(
        pl.lit(None, pl.String), *races_marked_true, separator="; ", ignore_nulls=True
    )
    reported = rows.filter(oneroster.active(rows)).select(
        "line", "source_id", hispanic=hispanic, races=pl.when(races != "").then(races)
    )
    reported = reported.filter(pl.any_horizontal(pl.col("hispanic", "races").is_not_null()))
    if users is None:
        return reported.clear().rename({"source_id": "local_id"})
    students = oneroster.student_ids(users, settings)
    joined = reported.join(students, on="source_id", how="inner", maintain_order="left")
    return joined.select("line", "local_id", "hispanic", "races")
