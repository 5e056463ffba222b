"""Reading the report of the state's rules (level 2) that its portal gives. Pure.

The state applies its rules to the records it has accepted and shows the errors in its portal only.
People save the error summary there as CSV and upload it to Rollcall (seed 000; columns: facts
section 3.7). Other columns, such as the student's name, are not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from rollcall.core.files.layouts import BadField, Field, Kind, Layout, ReadOptions
from rollcall.core.files.read import UnreadableInput, read_table, shape_of
from rollcall.core.files.tables import REJECTED_SCHEMA, Table
from rollcall.core.files.unreadable import EMPTY
from rollcall.core.files.validate import column_type
from rollcall.core.findings import Severity, no_findings
from rollcall.core.sending.outbound import RULES_SCHEMA, RulesReport, RulesResult
from rollcall.integrations.edfi.catalog import DISTRICT_CHECKS, ENROLLMENT_CHECKS, STUDENT_CHECKS

#: The name of the input in findings.
INPUT = "errors"

#: The portal's error summary, one row per error. Columns are found by name, in any order and case.
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
        Field("SchoolId", "school_id", Kind.TEXT, help="the school's Ed-Fi ID"),
        Field("DateEnrolled", "entry_date", Kind.DATE, help="entry date of the enrollment"),
        Field("DateWithdrawn", "exit_date", Kind.DATE, help="exit date of the enrollment"),
        Field("Grade", "grade", Kind.TEXT, help="grade of the enrollment"),
    ),
    by_name=True,
)

#: The portal's errors, a row for each error and student. `rule` and `text` are the state's,
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
_CODES = {
    check.rule: check.code
    for check in (*STUDENT_CHECKS, *ENROLLMENT_CHECKS, *DISTRICT_CHECKS)
    if check.rule
}


@dataclass(frozen=True)
class MatchedErrors:
    """`problems`: PROBLEMS_SCHEMA, by line. `unmatched`: line and state_id of the rows about a
    student whom the district does not have, or with whose number it has several.
    """

    problems: pl.DataFrame
    unmatched: pl.DataFrame


def read_errors(data: bytes) -> Table:
    """The rows of an error summary with all columns of ERRORS (null where the file does not have
    them), and findings for unreadable values.

    A row with an unreadable date is read without it. A header without rows means no errors. Raises
    UnreadableInput.
    """
    options = ReadOptions(bad_field=BadField.KEEP)
    types = {str(field.column): column_type(field) for field in ERRORS.stored}
    try:
        table = read_table([data], ERRORS, options, input=INPUT, id_field="state_id")
    except UnreadableInput as problem:
        if problem.code != EMPTY:
            raise
        return Table(
            rows=pl.DataFrame(schema={"line": pl.UInt32(), **types, "kept": pl.List(pl.String())}),
            rejected=pl.DataFrame(schema=REJECTED_SCHEMA),
            findings=no_findings(),
            offsets=pl.Series("offset", [], pl.UInt64),
            form=shape_of(data, ERRORS, options, input=INPUT).form,
        )
    absent = {name: dtype for name, dtype in types.items() if name not in table.rows.columns}
    rows = table.rows.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in absent.items()
    )
    return replace(table, rows=rows)


def match_errors(rows: pl.DataFrame, identities: pl.DataFrame) -> MatchedErrors:
    """The student and the rule of each row of an error summary.

    `rows`: those of `read_errors`. `identities`: the view of that name, with all students or those
    with these state ids. MARSS numbers are compared without leading zeros, which a spreadsheet
    drops.
    """
    by_number = identities.select("local_id", marss=_without_zeros("state_id")).drop_nulls()
    students = by_number.filter(~pl.col("marss").is_duplicated())
    number = pl.coalesce(
        pl.col("text").str.extract(r"^\s*([0-9]{1,3})\."),
        pl.col("rule").str.extract(r"^([0-9]{1,3})$"),
    )
    is_warning = pl.col("severity").str.to_lowercase().str.starts_with("w")
    errors = (
        rows.with_columns(marss=_without_zeros("state_id"))
        .join(students, on="marss", how="left", maintain_order="left")
        .with_columns(
            severity=pl.when(is_warning)
            .then(pl.lit(Severity.WARNING.value))
            .otherwise(pl.lit(Severity.ERROR.value)),
            number=number.str.strip_chars_start("0"),
            code=pl.col("rule").replace_strict(_CODES, default=None, return_dtype=pl.String),
        )
    )
    unmatched = pl.col("marss").is_not_null() & pl.col("local_id").is_null()
    return MatchedErrors(
        problems=errors.filter(~unmatched).select(list(PROBLEMS_SCHEMA)),
        unmatched=errors.filter(unmatched).select("line", "state_id"),
    )


def _without_zeros(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.strip_chars_start("0")


def read_report(data: bytes, identities: pl.DataFrame) -> RulesResult:
    """An error summary as the engine takes it. Raises UnreadableInput."""
    table = read_errors(data)
    matched = match_errors(table.rows, identities)
    return RulesResult(
        problems=matched.problems.select(list(RULES_SCHEMA)),
        strangers=matched.unmatched,
        unreadable=table.rejected.height,
    )


#: The portal's report (facts section 3.7).
REPORT = RulesReport(
    title="Error summary (level 2)",
    help="In the state's portal, run the data quality check of the collection, open its report of "
    "errors and save it as CSV.",
    read=read_report,
)
