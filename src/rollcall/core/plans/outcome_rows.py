"""The outcome frame of an input: a row for every record read, with the columns its reports show."""

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome


def outcome_rows(
    table: Table, outcomes: pl.DataFrame, rows: pl.DataFrame, shown: tuple[str, ...]
) -> pl.DataFrame:
    """The outcomes of the readable `rows`, in their order, with the columns `shown`, and those that
    were rejected, whose id is a `state_id`. The rule of a rejected record is the code of its first
    error. By line.
    """
    values = (
        pl.col(name) if name == "birth_date" else pl.col(name).cast(pl.String) for name in shown
    )
    readable = outcomes.hstack(rows.select(values))
    lesser = [code.code for code in Codes.all() if code.severity is not Severity.ERROR]
    errors = table.findings.filter(~pl.col("code").is_in(lesser))
    first = errors.group_by("line").agg(pl.col("code").first())
    rejected = table.rejected.join(first, on="line", how="left").select(
        "line",
        pl.exclude("line", "id", "code"),
        outcome=pl.lit(Outcome.REJECTED, pl.String),
        rule=pl.col("code").fill_null("rejected"),
        local_id=pl.lit(None, pl.String),
        candidates=pl.lit(None, OUTCOME_SCHEMA["candidates"]),
        state_id="id",
    )
    return pl.concat([readable, rejected], how="diagonal").sort("line")
