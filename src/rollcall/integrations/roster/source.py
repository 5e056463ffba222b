"""Rows about records of one type, wherever they come from, and what became of them."""

from dataclasses import dataclass

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import FINDINGS_SCHEMA
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome

#: Row outcomes here: the common columns and the key of the record in words ("000123").
ROWS_SCHEMA = {**OUTCOME_SCHEMA, "key": pl.String()}


@dataclass(frozen=True)
class Source:
    """Rows of one input about records of one type.

    `rows`: line, the columns of the record type that the input has, and `kept` where it has one.
    `decided`: rows that are no candidates any more (ROWS_SCHEMA): refused ones, teachers, terms.
    `refused`: ids of refused rows where they could be read. `keep_blank`: columns in which an empty
    cell leaves the value held.
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
    bad = pl.col("outcome") != Outcome.MATCHED
    return rows.with_columns(pl.when(bad).then(pl.lit(names).first()).alias("header"))


def rejected(table: Table) -> pl.DataFrame:
    """The outcome of the rows that could not be read."""
    rows = table.rejected.select("line", pl.col("id").alias("key"))
    return outcomes(rows, Outcome.REJECTED, "unreadable")


def outcomes(rows: pl.DataFrame, outcome: Outcome, rule: str) -> pl.DataFrame:
    """ROWS_SCHEMA saying the same of every row; `rows`: line, perhaps key and local_id."""
    missing = [name for name in ("local_id", "key") if name not in rows.columns]
    return rows.with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in missing),
        pl.lit(str(outcome)).alias("outcome"),
        pl.lit(rule).alias("rule"),
        pl.lit(None, OUTCOME_SCHEMA["candidates"]).alias("candidates"),
    ).select(list(ROWS_SCHEMA))


def row_findings(
    rows: pl.DataFrame,
    code: str,
    input: str,
    field: str | None = None,
    detail: pl.Expr | None = None,
) -> pl.DataFrame:
    """A finding for each row of `rows` (line); `detail` may use its other columns."""
    return rows.select(
        pl.lit(input).alias("input"),
        pl.col("line"),
        pl.lit(field, pl.String).alias("field"),
        pl.lit(code).alias("code"),
        (pl.lit("") if detail is None else detail.fill_null("")).alias("detail"),
    ).select(list(FINDINGS_SCHEMA))


def padded_grade(grade: pl.Expr) -> pl.Expr:
    """Grades in one form: "1" as spreadsheets leave it becomes "01"; letters are upper case."""
    text = grade.str.strip_chars().str.to_uppercase()
    return pl.when(text.str.contains(r"^[0-9]$")).then(pl.lit("0") + text).otherwise(text)
