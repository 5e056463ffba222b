"""The rows of a run that are still an open question: whom they are about nobody knows yet."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.matching.match import decided, identities
from rollcall.core.matching.match_decisions import IDENTITY, IGNORED
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome

OPEN = (Outcome.UNMATCHED, Outcome.AMBIGUOUS)
#: `input`: its place among the integration's inputs. `others`: how many further rows are about the
#: same person, so that one decision answers them too. IDENTITY is as the matcher folds it.
OPEN_SCHEMA: dict[str, pl.DataType] = {
    "input": pl.Int8(),
    **OUTCOME_SCHEMA,
    **IDENTITY,
    "others": pl.UInt32(),
}


def undecided(inputs: Mapping[int, pl.DataFrame]) -> pl.DataFrame:
    """Of each person whom an unmatched or ambiguous row is about the first row: OPEN_SCHEMA.

    `inputs`: by place, the open rows of an outcome frame (OUTCOME_SCHEMA and the columns that say
    whom a row is about). Rows that name nobody are left out: nothing can be decided about them.
    """
    parts = [
        rows.select(pl.lit(place, OPEN_SCHEMA["input"]).alias("input"), *OUTCOME_SCHEMA).hstack(
            identities(rows).select(list(IDENTITY))
        )
        for place, rows in inputs.items()
    ]
    every = pl.concat([pl.DataFrame(schema=OPEN_SCHEMA).drop("others"), *parts])
    identified = every.filter(pl.any_horizontal(pl.col(list(IDENTITY)).is_not_null()))
    first = identified.sort("input", "line").group_by(list(IDENTITY), maintain_order=True)
    counted = first.agg(pl.all().first(), others=pl.len() - 1)
    return counted.select(pl.col(name).cast(dtype) for name, dtype in OPEN_SCHEMA.items())


def still_open(rows: pl.DataFrame, decisions: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Those of `rows` (OPEN_SCHEMA) that the decisions in force now leave open.

    `there`: the local_id of those linked students who are there. A decision that was made since the
    run counts as if it had been: the row waits for the next run only.
    """
    placed = rows.with_row_index("place")
    lines = placed.select("place", *OUTCOME_SCHEMA).drop("line").rename({"place": "line"})
    # What an earlier decision made of the row does not count: it may have been revoked.
    neutral = lines.with_columns(pl.col("rule").replace(IGNORED, "open"))
    keys = placed.select(pl.col("place").alias("line"), *IDENTITY)
    settled = decided(neutral.select(list(OUTCOME_SCHEMA)), keys, there, decisions)
    open_rows = settled.filter(pl.col("outcome").is_in(OPEN) & (pl.col("rule") != IGNORED))
    return placed.join(open_rows, left_on="place", right_on="line", how="semi").drop("place")


def new_since(rows: pl.DataFrame, before: pl.DataFrame) -> pl.Series:
    """Which of `rows` are about somebody none of the rows `before` was about (both OPEN_SCHEMA)."""
    seen_before = before.select(*IDENTITY, known=pl.lit(True))
    joined = rows.select(list(IDENTITY)).join(
        seen_before, on=list(IDENTITY), how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["known"].is_null().alias("new")
