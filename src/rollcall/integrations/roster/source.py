"""Rows about records of one type, from any input, and their outcomes."""

from dataclasses import dataclass

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome

#: Row outcomes here: the common columns and the record's key as text, such as "000123" or
#: "000123, 0000103, 2016-2017, 2016-08-15".
ROWS_SCHEMA = {**OUTCOME_SCHEMA, "key": pl.String()}


@dataclass(frozen=True)
class Source:
    """Rows of one input about records of one type.

    `rows`: line, the columns of the record type that the input has, and `kept` where it has one.
    `decided`: rows that have an outcome already (ROWS_SCHEMA): unreadable rows, teachers, terms.
    `refused`: ids of unreadable rows where there is one. `keep_blank`: columns in which an empty
    cell leaves the stored value.
    """

    input: str
    rows: pl.DataFrame
    decided: pl.DataFrame
    refused: pl.Series
    keep_blank: tuple[str, ...] = ()


def own(input: str, table: Table) -> Source:
    """One of Rollcall's own files: its columns are the record's already."""
    rows = table.rows.cast({pl.Enum: pl.String})
    if "grade" in rows.columns:
        rows = rows.with_columns(padded_grade(pl.col("grade")).alias("grade"))
    return Source(input, rows, rejected(table), table.rejected["id"].drop_nulls())


def with_header(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows with the file's column names beside each row that was not accepted, as `header`
    (List[String]): the reports show such rows in their own columns.
    """
    names = pl.Series([list(table.form.header or ())], dtype=pl.List(pl.String))
    refused = pl.col("outcome") != Outcome.MATCHED
    return rows.with_columns(pl.when(refused).then(pl.lit(names).first()).alias("header"))


def rejected(table: Table) -> pl.DataFrame:
    """The outcome of the rows that could not be read."""
    return outcomes(table.rejected, Outcome.REJECTED, "unreadable", key="id")


def outcomes(rows: pl.DataFrame, outcome: Outcome, rule: str, key: str = "key") -> pl.DataFrame:
    """ROWS_SCHEMA with one outcome for every row. `rows`: line, and where there are such columns
    local_id and the one named by `key`.
    """
    values = {
        "outcome": pl.lit(str(outcome)),
        "rule": pl.lit(rule),
        "local_id": pl.col("local_id") if "local_id" in rows.columns else pl.lit(None, pl.String),
        "candidates": pl.lit(None, OUTCOME_SCHEMA["candidates"]),
        "key": pl.col(key) if key in rows.columns else pl.lit(None, pl.String),
    }
    return rows.select("line", **values).select(list(ROWS_SCHEMA))


def padded_grade(grade: pl.Expr) -> pl.Expr:
    """Grades in one form: "1" as spreadsheets leave it becomes "01"; letters are upper case."""
    text = grade.str.strip_chars().str.to_uppercase()
    return pl.when(text.str.contains(r"^[0-9]$")).then(pl.lit("0") + text).otherwise(text)
