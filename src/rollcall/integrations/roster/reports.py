"""The reports of loading records, and the numbers of its summary. Pure."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.files.wrong_rows import rows_to_correct
from rollcall.core.integration import LineText, Report
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import ChangeKind, Outcome, Plan
from rollcall.integrations.roster.rules import not_in_file
from rollcall.integrations.roster.settings import RosterSettings

#: A record type, its view, the inputs that give its records, and its key.
_VIEWS = (
    ("school", "schools", ("schools", "orgs"), "code"),
    ("student", "students", ("students", "users"), "local_id"),
)
_NOT_IN_FILE = (
    "Record",
    "code",
    "name",
    "local_id",
    "state_id",
    "last_name",
    "first_name",
    "birth_date",
    "grade",
    "school_code",
)
_REFUSED = (str(Outcome.REJECTED), str(Outcome.UNMATCHED), str(Outcome.AMBIGUOUS))


def reports(
    plan: Plan,
    views: Mapping[str, pl.DataFrame],
    line_text: LineText,
    settings: RosterSettings,
    context: Context,
) -> tuple[Report, ...]:
    """Records_NotInFile, Records_Duplicates, and a Records_RejectedRecords_<input> for each input
    with rows that were refused, in the input's own columns, to be corrected and sent again.
    """
    refused = {
        input: rows.filter(pl.col("outcome").is_in(_REFUSED)) for input, rows in plan.rows.items()
    }
    return (
        Report("Records_NotInFile", _not_in_file(plan, views)),
        Report("Records_Duplicates", _duplicates(plan, line_text)),
        *(
            Report(
                f"Records_RejectedRecords_{input}",
                rows_to_correct(
                    rows,
                    line_text(input, rows["line"]),
                    plan.findings.filter(pl.col("input") == input),
                    rows["header"][0].to_list(),
                ),
            )
            for input, rows in refused.items()
            if rows.height
        ),
    )


def summary(plan: Plan, reports: tuple[Report, ...]) -> list[tuple[str, int]]:
    """How many records of each type are added, updated and unchanged; then the skipped rows."""
    lines = []
    for changes in plan.changes.values():
        title = changes.record.title
        lines += [
            (f"{title} added", changes.count(ChangeKind.ADD)),
            (f"{title} updated", changes.count(ChangeKind.UPDATE)),
            (f"{title} unchanged", changes.unchanged),
        ]
    outcomes = [frame["outcome"] for frame in plan.rows.values()]
    lines += [
        (f"Rows {kind}", sum(int((outcome == kind).sum()) for outcome in outcomes))
        for kind in Outcome
        if kind is not Outcome.MATCHED
    ]
    return [*lines, ("Records not in file", reports[0].frame.height)]


def _not_in_file(plan: Plan, views: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Stored schools and students that no row was about."""
    schema = {name: pl.Date() if name == "birth_date" else pl.String() for name in _NOT_IN_FILE}
    parts = [pl.DataFrame(schema=schema)]
    for record, view, inputs, key in _VIEWS:
        for input in inputs:
            if input in plan.rows and "not_used" not in plan.rows[input]["rule"].unique():
                missing = not_in_file(views[view], plan.rows[input], key).sort(key)
                parts.append(missing.with_columns(pl.lit(record).alias("Record")))
    return pl.concat(parts, how="diagonal").select(_NOT_IN_FILE)


def _duplicates(plan: Plan, line_text: LineText) -> pl.DataFrame:
    """Every row that is about the same record as another row, as it was written."""
    names = ("Input", "Key", "OriginalLineNumber", "OriginalText")
    schema = dict.fromkeys(names, pl.String()) | {"OriginalLineNumber": pl.UInt32()}
    parts = [pl.DataFrame(schema=schema)]
    for input, rows in plan.rows.items():
        duplicates = rows.filter(pl.col("outcome") == Outcome.DUPLICATE).sort("key", "line")
        if duplicates.height:
            text = line_text(input, duplicates["line"])
            parts.append(
                duplicates.join(text, on="line", how="left", maintain_order="left").select(
                    pl.lit(input).alias("Input"),
                    pl.col("key").alias("Key"),
                    pl.col("line").alias("OriginalLineNumber"),
                    pl.col("text").alias("OriginalText"),
                )
            )
    return pl.concat(parts)
