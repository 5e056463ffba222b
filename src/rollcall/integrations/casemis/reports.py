"""The reports of a CASEMIS import, with the names and columns of seed 001, and its summary."""

from collections.abc import Mapping, Sequence

import polars as pl

from rollcall.core.files.layouts import Layout
from rollcall.core.files.quoting import split_record
from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.core.files.wrong_rows import wrong_rows
from rollcall.core.integration import LineText, Report
from rollcall.core.plans.context import Context
from rollcall.core.plans.counts import change_counts, row_counts
from rollcall.core.plans.plan import Outcome, Plan
from rollcall.integrations.casemis.layout import TABLE_A, table_b
from rollcall.integrations.casemis.settings import CasemisSettings

NOT_IN_FILE = "CASEMIS_TypeA_NotInFile"

#: A report's columns in order, and where each comes from.
_Columns = Mapping[str, str]
_LINE: _Columns = {"OriginalLineNumber": "line"}
_STUDENT: _Columns = {
    "FirstName": "first_name",
    "LastName": "last_name",
    "Birthdate": "birth_date",
    "Grade": "grade",
}
_SERVICE: _Columns = {
    "SSID": "state_id",
    "StudentID": "special_ed_id",
    "Service": "service_code",
}
_SSID: _Columns = {"SSID": "state_id"}

#: Each report of rows: its name, its input, the outcome it lists and its columns (seed 001).
_ROW_REPORTS: tuple[tuple[str, str, Outcome, _Columns], ...] = (
    (
        "CASEMIS_TypeA_ImportedRecords",
        "students",
        Outcome.MATCHED,
        {**_LINE, **_SSID, "StudentID": "local_id", **_STUDENT},
    ),
    (
        "CASEMIS_TypeA_UnmatchedRecords",
        "students",
        Outcome.UNMATCHED,
        {**_LINE, **_SSID, "StudentID": "special_ed_id", **_STUDENT},
    ),
    (
        "CASEMIS_TypeA_Duplicates",
        "students",
        Outcome.DUPLICATE,
        {**_LINE, **_SSID, **_STUDENT},
    ),
    ("CASEMIS_TypeB_ImportedRecords", "services", Outcome.MATCHED, {**_LINE, **_SERVICE}),
    ("CASEMIS_TypeB_UnmatchedRecords", "services", Outcome.UNMATCHED, {**_LINE, **_SERVICE}),
)


def reports(
    plan: Plan,
    views: Mapping[str, pl.DataFrame],
    line_text: LineText,
    settings: CasemisSettings,
    context: Context,
) -> tuple[Report, ...]:
    """All reports of the inputs the run had, also empty ones; dates as YYYY-MM-DD.

    `views`: "special_education" (local_id, state_id, first_name, last_name, birth_date, grade,
    disability1, exit_date). `line_text` shows records as they were written.
    """
    of_rows = [
        Report(name, _listed(_not_excluded(plan, input), outcome, columns))
        for name, input, outcome, columns in _ROW_REPORTS
        if input in plan.rows
    ]
    missing = Report(NOT_IN_FILE, not_in_file(plan, views["special_education"], context))
    layouts = {"students": ("A", TABLE_A), "services": ("B", table_b(settings.services_columns))}
    refused = [
        Report(f"CASEMIS_Type{letter}_RejectedRecords", _refused(plan, input, layout, line_text))
        for input, (letter, layout) in layouts.items()
        if input in plan.rows
    ]
    return (*of_rows[:3], missing, *of_rows[3:], *refused)


def _not_excluded(plan: Plan, input: str) -> pl.DataFrame:
    """The rows of an input but those a person left out: they were not imported."""
    rows = plan.rows[input]
    if input not in plan.excluded:
        return rows
    return rows.filter(~pl.col("line").is_in(plan.excluded[input]))


def _listed(rows: pl.DataFrame, outcome: Outcome, columns: _Columns) -> pl.DataFrame:
    """The rows of one outcome, as they lie, by line, under the report's column names."""
    listed = rows.filter(pl.col("outcome") == outcome)
    return listed.select(pl.col(source).alias(name) for name, source in columns.items())


def not_in_file(plan: Plan, special_education: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The district's special-education students this run did not update (seed 001, issue 2).

    Those with a primary disability, no exit date or one later than today, and no matched row. What
    counts is the run and not the date of the last update, which fails for two runs on one day.
    """
    rows = plan.rows["students"].select("local_id", "outcome")
    matched = rows.filter(pl.col("outcome") == Outcome.MATCHED)
    here = pl.col("exit_date").is_null() | (pl.col("exit_date") > context.today)
    absent = (
        special_education.filter(pl.col("disability1").is_not_null() & here)
        .join(matched, on="local_id", how="anti")
        .sort("last_name", "first_name", "local_id")
    )
    columns = {**_SSID, **_STUDENT}
    return absent.select(pl.col(source).alias(name) for name, source in columns.items())


def _refused(plan: Plan, input: str, layout: Layout, line_text: LineText) -> pl.DataFrame:
    """Rejected and ambiguous rows in the input's own columns, with what is wrong beside them, so
    that the report can be corrected and imported.
    """
    rows = plan.rows[input]
    rows = rows.filter(pl.col("outcome").is_in([Outcome.REJECTED, Outcome.AMBIGUOUS])).sort("line")
    texts = line_text(input, rows["line"]).select("line", "text")
    with_texts = rows.join(texts, on="line", how="left", maintain_order="left")
    with_texts = with_texts.join(
        wrong_rows(plan.findings.filter(pl.col("input") == input)),
        on="line",
        how="left",
        maintain_order="left",
    )
    beside = with_texts.select("line", "outcome", "error", "what_to_do", "text")
    beside.columns = list(REPORT_COLUMNS)
    return _cells(with_texts["text"].fill_null("").to_list(), layout.names).hstack(beside)


def _cells(texts: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    """The cells of some records, one column a field; empty where a record has too few."""
    width = len(names)
    rows = [(split_record(text) + [""] * width)[:width] for text in texts]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")


def summary(plan: Plan, reports: tuple[Report, ...]) -> list[tuple[str, int]]:
    """The numbers of the completion mail and the page, in the order shown."""
    lines = _input_lines(plan, "students", "special_education", "Students")
    missing = next(report.frame.height for report in reports if report.name == NOT_IN_FILE)
    lines.insert(5, ("Students: not in file", missing))
    if "services" in plan.rows:
        lines += _input_lines(plan, "services", "service", "Services")
    return lines


def _input_lines(plan: Plan, input: str, record: str, title: str) -> list[tuple[str, int]]:
    rows = row_counts(plan.rows[input])
    changes = change_counts([plan.changes[record]] if record in plan.changes else [])
    counts = {
        "read": rows["read"],
        "matched": rows["matched"],
        "unmatched": rows["unmatched"],
        "duplicates": rows["duplicate"],
        "errors": rows["rejected"] + rows["ambiguous"],
        **{done: changes[done] for done in ("added", "updated", "removed", "unchanged")},
    }
    return [(f"{title}: {label}", count) for label, count in counts.items()]
