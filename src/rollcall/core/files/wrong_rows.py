"""What is wrong with each row, in words, and the rows to correct."""

from collections.abc import Sequence

import polars as pl

from rollcall.core.files.quoting import split_record
from rollcall.core.files.safe_cells import REPORT_COLUMNS
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


def rows_to_correct(
    rows: pl.DataFrame, texts: pl.DataFrame, findings: pl.DataFrame, names: Sequence[str]
) -> pl.DataFrame:
    """`rows` (line, outcome) in the input's own columns, with what is wrong beside them
    (REPORT_COLUMNS), so that the report can be corrected and imported.

    `texts`: line and text, as written; a record with too few cells gets empty ones. `findings`: of
    this input. `names`: the input's columns in order.
    """
    report = rows.select("line", "outcome")
    for frame in (wrong_rows(findings), texts):
        report = report.join(frame, on="line", how="left", maintain_order="left")
    report = report.select("line", "outcome", "error", "what_to_do", "text")
    report.columns = list(REPORT_COLUMNS)
    records = [split_record(text) for text in report["OriginalText"].fill_null("")]
    cells = {
        name: [record[place] if place < len(record) else "" for record in records]
        for place, name in enumerate(names)
        if name not in REPORT_COLUMNS
    }
    return pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String())).hstack(report)
