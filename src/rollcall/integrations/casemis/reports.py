"""The reports of a CASEMIS import, with the names and columns of seed 001, and its summary."""

from collections.abc import Mapping

import polars as pl

from rollcall.core.files.wrong_rows import rows_to_correct
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
_REFUSED = (str(Outcome.REJECTED), str(Outcome.AMBIGUOUS))

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
    """All reports of the inputs the run had, also empty ones; dates as YYYY-MM-DD. Rows that a
    person skipped were not imported and are in none of the lists.

    `views`: "special_education" (local_id, state_id, first_name, last_name, birth_date, grade,
    disability1, exit_date). `line_text` shows records as they were written.
    """
    row_reports = []
    for name, input, outcome, columns in _ROW_REPORTS:
        if input in plan.rows:
            rows = plan.rows[input].filter(pl.col("outcome") == outcome)
            if input in plan.excluded:
                rows = rows.filter(~pl.col("line").is_in(plan.excluded[input]))
            row_reports.append(Report(name, _under_names(rows, columns)))
    missing = Report(NOT_IN_FILE, not_in_file(plan, views["special_education"], context))
    layouts = {"students": ("A", TABLE_A), "services": ("B", table_b(settings.services_columns))}
    refused_reports = []
    for input, (letter, layout) in layouts.items():
        if input in plan.rows:
            rows = plan.rows[input].filter(pl.col("outcome").is_in(_REFUSED)).sort("line")
            findings = plan.findings.filter(pl.col("input") == input)
            frame = rows_to_correct(rows, line_text(input, rows["line"]), findings, layout.names)
            refused_reports.append(Report(f"CASEMIS_Type{letter}_RejectedRecords", frame))
    return (*row_reports[:3], missing, *row_reports[3:], *refused_reports)


def _under_names(rows: pl.DataFrame, columns: _Columns) -> pl.DataFrame:
    return rows.select(pl.col(source).alias(name) for name, source in columns.items())


def not_in_file(plan: Plan, special_education: pl.DataFrame, context: Context) -> pl.DataFrame:
    """The district's special-education students this run did not update (seed 001, issue 2).

    Those with a primary disability, no exit date or one later than today, and no matched row. Dates
    of the last update would fail for two runs on one day.
    """
    rows = plan.rows["students"].select("local_id", "outcome")
    matched = rows.filter(pl.col("outcome") == Outcome.MATCHED)
    here = pl.col("exit_date").is_null() | (pl.col("exit_date") > context.today)
    absent = (
        special_education.filter(pl.col("disability1").is_not_null() & here)
        .join(matched, on="local_id", how="anti")
        .sort("last_name", "first_name", "local_id")
    )
    return _under_names(absent, {**_SSID, **_STUDENT})


def summary(plan: Plan, reports: tuple[Report, ...]) -> list[tuple[str, int]]:
    """The numbers on the page and in the mail about the finished run, in their order."""
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
        **{kind: changes[kind] for kind in ("added", "updated", "removed", "unchanged")},
    }
    return [(f"{title}: {label}", count) for label, count in counts.items()]
