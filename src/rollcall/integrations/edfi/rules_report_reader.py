"""Reading what the state's portal says of the records it has accepted (level 2). Pure.

The state applies its rules to what it holds and shows the outcome in its portal only; people save
the error summary there as CSV and give it to Rollcall (seed 000; columns: facts section 3.7). Other
columns, the student's name among them, are not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from rollcall.core.files.layouts import (
    BadField,
    Field,
    Kind,
    Layout,
    ReadOptions,
)
from rollcall.core.files.read import UnreadableInput, read_table, shape_of
from rollcall.core.files.tables import REJECTED_SCHEMA, Table
from rollcall.core.files.unreadable import EMPTY
from rollcall.core.files.validate import column_type
from rollcall.core.findings import Severity, no_findings
from rollcall.core.sending.outbound import RULES_SCHEMA, RulesReport, RulesResult
from rollcall.integrations.edfi.catalog import DISTRICT_CHECKS, ENROLLMENT_CHECKS, STUDENT_CHECKS

#: The name of the input in findings.
INPUT = "errors"

#: The portal's error summary, an error a row. Read by name, in any order, upper or lower case.
ERRORS = Layout(
    "edfi_errors",
    "Error summary of the state's portal",
    (
        Field("Component", "component", Kind.TEXT, help="what the rule is about"),
        Field("Severity", "severity", Kind.TEXT, help="Error or Warning", required=True),
        Field("ErrorCode", "rule", Kind.TEXT, help="the state's rule"),
        Field("ErrorText", "text", Kind.TEXT, help="the state's words", required=True),
        Field("StudentUniqueId", "state_id", Kind.TEXT, help="MARSS number of the student"),
        Field("School", "school", Kind.TEXT, help="school of the enrollment"),
        Field("SchoolId", "school_id", Kind.TEXT, help="the school's Ed-Fi id"),
        Field("DateEnrolled", "entry_date", Kind.DATE, help="entry date of the enrollment"),
        Field("DateWithdrawn", "exit_date", Kind.DATE, help="exit date of the enrollment"),
        Field("Grade", "grade", Kind.TEXT, help="grade of the enrollment"),
    ),
    by_name=True,
)

#: The portal's list of reports, a report a row. Without who asked for it.
REPORTS = Layout(
    "edfi_reports",
    "Report summary of the state's portal",
    (
        Field("SchoolYear", "school_year", Kind.TEXT, help="calendar year the school year ends in"),
        Field("EdOrgId", "organization_id", Kind.TEXT, help="Ed-Fi id of the district"),
        Field("RequestedWhen", "requested", Kind.TEXT, help="when it was asked for"),
        Field("Collection", "collection", Kind.TEXT, help="fall or end of year", required=True),
        Field("Status", "status", Kind.TEXT, help="how far it has come"),
        Field("CompletedWhen", "completed", Kind.TEXT, help="when it was done"),
        Field("ErrorCount", "errors", Kind.TEXT, help="how many errors"),
        Field("WarningCount", "warnings", Kind.TEXT, help="how many warnings"),
        Field("TotalCount", "total", Kind.TEXT, help="how many of both"),
    ),
    by_name=True,
)

#: What the portal says, a row for each error and student. `rule` and `text` are the state's own,
#: `number` its error number, `code` the finding code of the same rule in the pre-check (null: the
#: pre-check does not have it); `local_id` null: about no student.
PROBLEMS_SCHEMA: Mapping[str, pl.DataType] = {
    "line": pl.UInt32(),
    "local_id": pl.String(),
    "severity": pl.String(),
    "rule": pl.String(),
    "number": pl.String(),
    "code": pl.String(),
    "text": pl.String(),
    "component": pl.String(),
    "school": pl.String(),
    "school_id": pl.String(),
    "entry_date": pl.Date(),
    "exit_date": pl.Date(),
    "grade": pl.String(),
}

#: The finding code of each of the state's rules that the pre-check has.
_OURS = {
    check.rule: check.code
    for check in (*STUDENT_CHECKS, *ENROLLMENT_CHECKS, *DISTRICT_CHECKS)
    if check.rule
}


@dataclass(frozen=True)
class Told:
    """What an error summary says. `problems`: PROBLEMS_SCHEMA, by line. `unmatched`: line and
    state_id of the rows about a student whom the district does not have, or has several of.
    """

    problems: pl.DataFrame
    unmatched: pl.DataFrame


def read_errors(data: bytes) -> Table:
    """The rows of an error summary, with findings for what cannot be read (columns of ERRORS).

    A date that cannot be read leaves its row. A header without rows says that there are no errors.
    Raises UnreadableInput.
    """
    return _read(data, ERRORS, "state_id")


def read_reports(data: bytes) -> Table:
    """The rows of a report summary (columns of REPORTS; the counts are numbers or null)."""
    table = _read(data, REPORTS, "organization_id")
    counts = pl.col("errors", "warnings", "total").cast(pl.Int64, strict=False)
    return replace(table, rows=table.rows.with_columns(counts))


def problems(rows: pl.DataFrame, identities: pl.DataFrame) -> Told:
    """Whom the rows of an error summary are about, and which rule each is.

    `rows`: those of `read_errors`. `identities`: the view of that name, whole or the students with
    these state ids. MARSS numbers are compared without leading zeros, which a spreadsheet drops.
    """
    by_number = identities.select("local_id", number_of=_bare("state_id"))
    owners = by_number.drop_nulls().filter(~pl.col("number_of").is_duplicated())
    about = rows.with_columns(number_of=_bare("state_id")).join(
        owners, on="number_of", how="left", maintain_order="left"
    )
    lost = pl.col("number_of").is_not_null() & pl.col("local_id").is_null()
    return Told(
        problems=_explained(about.filter(~lost)).select(list(PROBLEMS_SCHEMA)),
        unmatched=about.filter(lost).select("line", "state_id"),
    )


def told(data: bytes, identities: pl.DataFrame) -> RulesResult:
    """What an error summary says, as the engine takes it. Raises UnreadableInput."""
    table = read_errors(data)
    problems_found = problems(table.rows, identities)
    return RulesResult(
        problems=problems_found.problems.select(list(RULES_SCHEMA)),
        strangers=problems_found.unmatched,
        unreadable=table.rejected.height,
    )


#: The portal's report (facts section 3.7).
REPORT = RulesReport(
    title="Error summary (level 2)",
    help="In the state's portal, run the data quality check of the collection, open its report of "
    "errors and save it as CSV.",
    read=told,
)


def summary(problems: pl.DataFrame) -> pl.DataFrame:
    """The problems by rule: severity, rule, number, code, text (of one of them), students and rows
    (how many): errors first, then the most frequent.
    """
    by_rule = problems.group_by("severity", "rule", "number", "code", maintain_order=True).agg(
        pl.col("text").first(),
        students=pl.col("local_id").drop_nulls().n_unique(),
        rows=pl.len(),
    )
    order = [pl.col("severity"), -pl.col("rows").cast(pl.Int64), pl.col("number"), pl.col("rule")]
    return by_rule.sort(order, maintain_order=True)


def _read(data: bytes, layout: Layout, id_field: str) -> Table:
    """A file with all columns of its layout; those that it does not have are null."""
    options = ReadOptions(bad_field=BadField.KEEP)
    try:
        table = read_table([data], layout, options, input=INPUT, id_field=id_field)
    except UnreadableInput as problem:
        if problem.code != EMPTY:
            raise
        return _without_rows(data, layout, options)
    absent = {n: kind for n, kind in _types(layout).items() if n not in table.rows.columns}
    return replace(
        table,
        rows=table.rows.with_columns(pl.lit(None, kind).alias(n) for n, kind in absent.items()),
    )


def _types(layout: Layout) -> dict[str, pl.DataType]:
    return {str(field.column): column_type(field) for field in layout.stored}


def _without_rows(data: bytes, layout: Layout, options: ReadOptions) -> Table:
    """What a file with a header only holds. Raises UnreadableInput when there is no header."""
    form = shape_of(data, layout, options, input=INPUT).form
    extra_column = {"kept": pl.List(pl.String())}
    return Table(
        rows=pl.DataFrame(schema={"line": pl.UInt32(), **_types(layout), **extra_column}),
        rejected=pl.DataFrame(schema=REJECTED_SCHEMA),
        findings=no_findings(),
        offsets=pl.Series("offset", [], pl.UInt64),
        form=form,
    )


def _bare(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.strip_chars_start("0")


def _explained(about: pl.DataFrame) -> pl.DataFrame:
    """The rows with severity, error number and our code in words of ours."""
    warning = pl.col("severity").str.to_lowercase().str.starts_with("w")
    number = pl.coalesce(
        pl.col("text").str.extract(r"^\s*([0-9]{1,3})\."),
        pl.col("rule").str.extract(r"^([0-9]{1,3})$"),
    )
    return about.with_columns(
        severity=pl.when(warning)
        .then(pl.lit(Severity.WARNING.value))
        .otherwise(pl.lit(Severity.ERROR.value)),
        number=number.str.strip_chars_start("0"),
        code=pl.col("rule").replace_strict(_OURS, default=None, return_dtype=pl.String),
    )
