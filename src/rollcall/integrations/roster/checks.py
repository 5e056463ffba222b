"""Reasons not to accept a row, checked on all rows at once. Pure."""

from dataclasses import dataclass

import polars as pl

from rollcall.core.findings import all_findings, finding, no_findings, row_findings
from rollcall.core.plans.plan import Outcome
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.roster import codes
from rollcall.integrations.roster.source import Source, outcomes

#: The rule of rows that give a record.
ACCEPTED = "accepted"


@dataclass(frozen=True)
class Check:
    """A reason not to accept a row: where `fails` is true, the row has this outcome and finding."""

    rule: str
    code: str
    fails: pl.Expr
    field: str | None = None
    outcome: Outcome = Outcome.REJECTED


@dataclass(frozen=True)
class CheckedSource:
    """The rows of one source after its checks.

    `accepted`: line, all columns of the record type (null where the source has no such column) and
    `kept` where the source has it. `rows`: the outcome of every row (ROWS_SCHEMA).
    """

    record: RecordType
    source: Source
    accepted: pl.DataFrame
    rows: pl.DataFrame
    findings: pl.DataFrame


def check_rows(source: Source, record: RecordType, *checks: Check) -> CheckedSource:
    """Give each row its outcome: that of the first check that fails, else `matched`.

    Rows with one key are duplicates, all of them; so are rows with the id of a refused row.
    """
    checks = (_duplicate(record, source.refused), *checks)
    failures = [pl.when(check.fails).then(pl.lit(check.rule)) for check in checks]
    key = [pl.col(name).cast(pl.String) for name in record.key]
    checked = _all_columns(source.rows, record).with_columns(
        rule=pl.coalesce(*failures, pl.lit(ACCEPTED)),
        key=pl.concat_str(*key, separator=", ", ignore_nulls=True),
    )
    accepted = checked.filter(pl.col("rule") == ACCEPTED)
    frames = [source.decided, outcomes(accepted, Outcome.MATCHED, ACCEPTED)]
    findings = [_nothing_to_load(source)]
    for check in checks:
        failed = checked.filter(pl.col("rule") == check.rule)
        frames.append(outcomes(failed, check.outcome, check.rule))
        findings.append(row_findings(failed, check.code, source.input, check.field, pl.col("key")))
    return CheckedSource(
        record,
        source,
        accepted=accepted.drop("rule", "key"),
        rows=pl.concat(frames).sort("line"),
        findings=all_findings(findings),
    )


def student_checks(state_id_digits: int) -> tuple[Check, ...]:
    """A student needs a name, and a state ID with this number of digits (0 = any) or none."""
    nameless = pl.col("last_name").is_null() | pl.col("first_name").is_null()
    name = Check("no_name", codes.NO_NAME, nameless, "last_name")
    if not state_id_digits:
        return (name,)
    fits = pl.col("state_id").str.contains(rf"^[0-9]{{{state_id_digits}}}$")
    return (name, Check("state_id", codes.STATE_ID, ~fits, "state_id"))


def year_checks(rule: str, code: str, first: str, last: str) -> tuple[Check, ...]:
    """The record needs a school year, two years in a row with four digits each
    (core.school_year says the same of one text), and the day `last` not before `first`.
    """
    begin = pl.col("school_year").str.extract(r"^([0-9]{4})-[0-9]{4}$").cast(pl.Int64)
    end = pl.col("school_year").str.extract(r"^[0-9]{4}-([0-9]{4})$").cast(pl.Int64)
    wrong_year = (end - begin != 1).fill_null(True)
    return (
        Check("school_year", codes.SCHOOL_YEAR, wrong_year, "school_year"),
        Check(rule, code, pl.col(last) < pl.col(first), last),
    )


def known_student(local_ids: pl.Series) -> Check:
    """The student of the row needs one of these ids."""
    unknown = ~pl.col("local_id").is_in(local_ids.implode())
    return Check("unknown_student", codes.UNKNOWN_STUDENT, unknown, "local_id", Outcome.UNMATCHED)


def _duplicate(record: RecordType, refused: pl.Series) -> Check:
    """Several rows with one key, refused rows included where their id could be read."""
    key = list(record.key)
    if len(key) == 1:
        same = pl.col(key[0]).is_duplicated() | pl.col(key[0]).is_in(refused.implode())
    else:
        same = pl.struct(key).is_duplicated()
    return Check("duplicate", codes.DUPLICATE, same, outcome=Outcome.DUPLICATE)


def _nothing_to_load(source: Source) -> pl.DataFrame:
    """One finding with the number of rows that have nothing to load."""
    count = source.decided.filter(
        (pl.col("outcome") == Outcome.MATCHED) & (pl.col("rule") != ACCEPTED)
    ).height
    if not count:
        return no_findings()
    return finding(codes.PASSED_OVER, input=source.input, detail=f"{count} rows")


def _all_columns(rows: pl.DataFrame, record: RecordType) -> pl.DataFrame:
    """The rows with all columns of the record; those the source does not have are null."""
    absent = {name: kind for name, kind in record.schema.items() if name not in rows.columns}
    rows = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in absent.items())
    kept_column = ["kept"] if "kept" in rows.columns else []
    return rows.select("line", *record.schema, *kept_column)
