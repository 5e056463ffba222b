"""The files that loading records gives people, and the numbers of its summary. Pure."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.files.quoting import split_record
from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.core.findings import Codes
from rollcall.core.integration import LineText, Report
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import ChangeKind, Outcome, Plan
from rollcall.integrations.roster.rules import not_in_file
from rollcall.integrations.roster.settings import RosterSettings

#: The inputs that give the records of a view, the view's key, and its columns in the report.
_HELD = (
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
    refused = (_refused(input, plan, line_text) for input in plan.rows)
    return (
        Report("Records_NotInFile", _not_in_file(plan, views)),
        Report("Records_Duplicates", _duplicates(plan, line_text)),
        *(report for report in refused if report is not None),
    )


def summary(plan: Plan, reports: tuple[Report, ...]) -> list[tuple[str, int]]:
    """For each record type how many are added, updated and unchanged; then what was left out."""
    lines = []
    for changes in plan.changes.values():
        title = changes.record.title
        lines += [
            (f"{title} added", changes.count(ChangeKind.ADD)),
            (f"{title} updated", changes.count(ChangeKind.UPDATE)),
            (f"{title} unchanged", changes.unchanged),
        ]
    outcomes = [frame["outcome"] for frame in plan.rows.values()]
    unmatched = [kind for kind in Outcome if kind is not Outcome.MATCHED]
    lines += [(f"Rows {kind}", sum(int((o == kind).sum()) for o in outcomes)) for kind in unmatched]
    return [*lines, ("Records not in file", reports[0].frame.height)]


def _not_in_file(plan: Plan, views: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Schools and students held that no row was about."""
    schema = {name: pl.Date() if name == "birth_date" else pl.String() for name in _NOT_IN_FILE}
    parts = [pl.DataFrame(schema=schema)]
    for record, view, inputs, key in _HELD:
        for input in inputs:
            if _gives_records(plan, input):
                missing = not_in_file(views[view], plan.rows[input], key).sort(key)
                parts.append(missing.with_columns(pl.lit(record).alias("Record")))
    return pl.concat(parts, how="diagonal").select(_NOT_IN_FILE)


def _gives_records(plan: Plan, input: str) -> bool:
    """Whether the run had this input and used it."""
    return input in plan.rows and "not_used" not in plan.rows[input]["rule"].unique()


def _duplicates(plan: Plan, line_text: LineText) -> pl.DataFrame:
    """Every row that is about the same record as another one, as it was written."""
    names = ("Input", "Key", "OriginalLineNumber", "OriginalText")
    schema = dict.fromkeys(names, pl.String()) | {"OriginalLineNumber": pl.UInt32()}
    parts = [pl.DataFrame(schema=schema)]
    for input, rows in plan.rows.items():
        twice = rows.filter(pl.col("outcome") == Outcome.DUPLICATE).sort("key", "line")
        if twice.height:
            text = line_text(input, twice["line"])
            parts.append(
                twice.join(text, on="line", how="left", maintain_order="left").select(
                    pl.lit(input).alias("Input"),
                    pl.col("key").alias("Key"),
                    pl.col("line").alias("OriginalLineNumber"),
                    pl.col("text").alias("OriginalText"),
                )
            )
    return pl.concat(parts)


def _refused(input: str, plan: Plan, line_text: LineText) -> Report | None:
    """The rows of an input that were not loaded, but for duplicates; None when there are none."""
    rows = plan.rows[input].filter(pl.col("outcome").is_in(_REFUSED))
    if rows.is_empty():
        return None
    written = line_text(input, rows["line"])
    cells = _cells(written, rows["header"][0].to_list())
    wrong = _errors(plan.findings.filter(pl.col("input") == input))
    beside = (
        rows.select("line", "outcome")
        .join(wrong, on="line", how="left", maintain_order="left")
        .join(written, on="line", how="left", maintain_order="left")
        .select("line", "outcome", "error", "what_to_do", "text")
        .rename(
            dict(
                zip(("line", "outcome", "error", "what_to_do", "text"), REPORT_COLUMNS, strict=True)
            )
        )
    )
    return Report(f"Records_RejectedRecords_{input}", cells.hstack(beside))


def _cells(written: pl.DataFrame, header: list[str]) -> pl.DataFrame:
    """The cells of each line under the file's own names; empty where a line has too few."""
    split = [split_record(text) for text in written["text"]]
    padded = [(cells + [""] * len(header))[: len(header)] for cells in split]
    names = [name for name in header if name not in REPORT_COLUMNS]
    places = [header.index(name) for name in names]
    columns = {n: [cells[p] for cells in padded] for n, p in zip(names, places, strict=True)}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String()))


def _errors(findings: pl.DataFrame) -> pl.DataFrame:
    """line, error, what_to_do: all that was found about each row, in words."""
    codes = findings["code"].unique().to_list()
    text = {code: Codes.get(code).text for code in codes}
    advice = {code: Codes.get(code).what_to_do for code in codes}
    field = pl.when(pl.col("field").fill_null("") != "").then(pl.col("field") + ": ")
    worded = findings.filter(pl.col("line").is_not_null()).select(
        "line",
        error=field.fill_null("") + pl.col("code").replace_strict(text, return_dtype=pl.String),
        what_to_do=pl.col("code").replace_strict(advice, return_dtype=pl.String),
    )
    joined = (pl.col(name).unique(maintain_order=True).str.join("; ") for name in _WORDS)
    return worded.group_by("line", maintain_order=True).agg(*joined)


_WORDS = ("error", "what_to_do")
