"""What is wrong with each row, in words."""

import polars as pl

from rollcall.core.findings import Codes


def wrong_rows(findings: pl.DataFrame) -> pl.DataFrame:
    """line, error, what_to_do of each row that has findings: all that is wrong, in a sentence each.

    `findings`: those of one input (FINDINGS_SCHEMA).
    """
    declared = Codes.all()
    words = pl.DataFrame(
        {
            "code": [code.code for code in declared],
            "text": [code.text.rstrip(".") for code in declared],
            "what_to_do": [code.what_to_do for code in declared],
        }
    )
    field = pl.concat_str(pl.col("field"), pl.lit(": "))
    detail = pl.when(pl.col("detail") != "").then(pl.format(" ({})", "detail"))
    error = pl.concat_str(field, "text", detail, ignore_nulls=True)
    reasons = findings.filter(pl.col("line").is_not_null()).join(
        words, on="code", how="left", maintain_order="left"
    )
    return reasons.group_by("line").agg(
        error.str.join("; ").alias("error"),
        pl.col("what_to_do").unique(maintain_order=True).str.join(" "),
    )
