"""Demographics: Rollcall's own file, or the OneRoster file of the same name. Pure.

Which of the two a file is, its header says: the own one has `local_id`, OneRoster's `sourcedId`.
"""

from dataclasses import replace

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.plans.plan import Outcome
from rollcall.integrations.roster import codes, oneroster
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.integrations.roster.source import Source, outcomes, own, rejected, row_findings

INPUT = "demographics"
#: Columns that hold several codes.
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
    """Rollcall's own file: lists in one form, whoever wrote them ("Asian;White")."""
    with_id, nameless = _with_id(table, "local_id")
    source = own(INPUT, replace(table, rows=with_id))
    there = [name for name in LISTS if name in with_id.columns]
    return replace(
        source,
        rows=source.rows.with_columns(_list(name) for name in there),
        decided=pl.concat([source.decided, nameless]),
    )


def oneroster_file(table: Table, users: Table | None, settings: RosterSettings) -> Source:
    """OneRoster's file: who is Hispanic and of which races, of the students of the users.

    Birth date and sex are the student's (`oneroster.students`): a row that tells no more is
    accepted and gives no record. Rows of no user are unmatched, and of rows about one user none is
    used.
    """
    with_id, nameless = _with_id(table, "source_id")
    twice = with_id["source_id"].is_duplicated()
    user_ids = users.rows["source_id"] if users is not None else pl.Series([], dtype=pl.String)
    strange = ~twice & ~with_id["source_id"].is_in(user_ids.implode())
    used = with_id.filter(~twice & ~strange)
    reported = _told(used, users, settings)
    silent = used.join(reported, on="line", how="anti")
    decided = [
        rejected(table),
        nameless,
        _outcomes(with_id.filter(twice), Outcome.DUPLICATE, "duplicate"),
        _outcomes(with_id.filter(strange), Outcome.UNMATCHED, "unknown_student"),
        _outcomes(silent, Outcome.MATCHED, "accepted"),
    ]
    none_refused = pl.Series([], dtype=pl.String)
    return Source(
        INPUT, reported, pl.concat(decided), none_refused, keep_blank=("hispanic", "races")
    )


def findings(source: Source, table: Table) -> list[pl.DataFrame]:
    """Why rows were left out before they were looked at one by one."""
    id = "local_id" if is_own(table) else "sourcedId"
    return [
        row_findings(source.decided.filter(pl.col("rule") == rule), code, INPUT, id)
        for rule, code in _REASONS.items()
    ]


def _with_id(table: Table, id: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(the rows that say whom they are about, the outcome of the others)."""
    rows = table.rows
    if id not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias(id))
    nameless = rows.filter(pl.col(id).is_null()).select("line")
    with_id = rows.filter(pl.col(id).is_not_null())
    return with_id, outcomes(nameless, Outcome.REJECTED, "no_student")


def _list(name: str) -> pl.Expr:
    """Codes joined by "; "; none is no value."""
    text = pl.col(name).str.replace_all(r"[\s;]*;[\s;]*", "; ").str.strip_chars("; ")
    return pl.when(text != "").then(text).alias(name)


def _outcomes(rows: pl.DataFrame, outcome: Outcome, rule: str) -> pl.DataFrame:
    return outcomes(rows.select("line", pl.col("source_id").alias("key")), outcome, rule)


def _told(rows: pl.DataFrame, users: Table | None, settings: RosterSettings) -> pl.DataFrame:
    """line, local_id, hispanic, races of the rows that say one of the two about a student."""
    reported = rows.filter(oneroster.active(rows)).select(
        "line", "source_id", _hispanic(rows.columns), _races(rows.columns)
    )
    reported = reported.filter(pl.any_horizontal(pl.col("hispanic", "races").is_not_null()))
    if users is None:
        return reported.clear().rename({"source_id": "local_id"})
    students = oneroster.student_ids(users, settings)
    joined = reported.join(students, on="source_id", how="inner", maintain_order="left")
    return joined.select("line", "local_id", "hispanic", "races")


def _hispanic(columns: list[str]) -> pl.Expr:
    answer = pl.lit(None, pl.String)
    if "hispanic_or_latino" in columns:
        text = pl.col("hispanic_or_latino").str.to_lowercase()
        answer = text.replace_strict(_YES_NO, default=None, return_dtype=pl.String)
    return answer.alias("hispanic")


def _races(columns: list[str]) -> pl.Expr:
    """Those that are true; none is no value."""
    true = [
        pl.when(pl.col(column).str.to_lowercase() == "true").then(pl.lit(name))
        for column, name in RACES.items()
        if column in columns
    ]
    text = pl.concat_str(pl.lit(None, pl.String), *true, separator="; ", ignore_nulls=True)
    return pl.when(text != "").then(text).alias("races")
