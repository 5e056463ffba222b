"""Reasons not to accept a row, checked on all rows at once. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from rollcall.core.findings import all_findings, finding, no_findings
from rollcall.core.plans.plan import Outcome
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.roster import codes
from rollcall.integrations.roster.source import ROWS_SCHEMA, Source, outcomes, row_findings

#: The rule of rows that give a record.
ACCEPTED = "accepted"


@dataclass(frozen=True)
class Check:
    """A reason not to accept a row: where `fails` holds, the row has this outcome and finding."""

    rule: str
    outcome: Outcome
    code: str
    fails: pl.Expr
    field: str | None = None


@dataclass(frozen=True)
class Sifted:
    """The rows of one source after its checks.

    `accepted`: line, all columns of the record type (null where the source has no such column) and
    `kept` where the source has it. `rows`: what became of every row (ROWS_SCHEMA).
    """

    record: RecordType
    source: Source
    accepted: pl.DataFrame
    rows: pl.DataFrame
    findings: pl.DataFrame


def sift(source: Source, record: RecordType, *checks: Check) -> Sifted:
    """Give each row its outcome: that of the first check that fails, else `matched`.

    Rows with one key are duplicates, all of them; so are rows whose record a refused row is about.
    """
    every = (_duplicate(record, source.refused), *checks)
    rows = _complete(source.rows, record)
    marked = rows.with_columns(_first_failure(every), _key(record).alias("key"))
    good = outcomes(_part(marked, ACCEPTED), Outcome.MATCHED, ACCEPTED)
    bad = [outcomes(_part(marked, check.rule), check.outcome, check.rule) for check in every]
    return Sifted(
        record,
        source,
        accepted=marked.filter(pl.col("rule") == ACCEPTED).drop("rule", "key"),
        rows=pl.concat([source.decided, good, *bad]).select(list(ROWS_SCHEMA)).sort("line"),
        findings=all_findings([*_findings(marked, source, every), _passed_over(source)]),
    )


def student_checks(state_id_digits: int) -> tuple[Check, ...]:
    """A student needs a name, and a state id of so many digits (0 = any) or none."""
    nameless = pl.col("last_name").is_null() | pl.col("first_name").is_null()
    name = _rejected("no_name", codes.NO_NAME, nameless, "last_name")
    if not state_id_digits:
        return (name,)
    fits = pl.col("state_id").str.contains(rf"^[0-9]{{{state_id_digits}}}$")
    return (name, _rejected("state_id", codes.STATE_ID, ~fits, "state_id"))


def enrollment_checks(students: pl.Series) -> tuple[Check, ...]:
    """An enrollment needs a school year, dates in order and one of the known `students`."""
    backwards = pl.col("exit_date") < pl.col("entry_date")
    return (
        _school_year(),
        _rejected("exit_before_entry", codes.EXIT_BEFORE_ENTRY, backwards, "exit_date"),
        known_student(students),
    )


def program_checks(students: pl.Series) -> tuple[Check, ...]:
    """A program needs a school year, dates in order and one of the known `students`."""
    backwards = pl.col("end_date") < pl.col("begin_date")
    return (
        _school_year(),
        _rejected("end_before_begin", codes.END_BEFORE_BEGIN, backwards, "end_date"),
        known_student(students),
    )


def known_student(students: pl.Series) -> Check:
    """The record of a student needs one of the known `students`."""
    stranger = ~pl.col("local_id").is_in(students.implode())
    return Check("unknown_student", Outcome.UNMATCHED, codes.UNKNOWN_STUDENT, stranger, "local_id")


def calendar_checks() -> tuple[Check, ...]:
    """A calendar needs a school year and its days in order."""
    backwards = pl.col("last_day") < pl.col("first_day")
    order = _rejected("last_before_first", codes.LAST_BEFORE_FIRST, backwards, "last_day")
    return (_school_year(), order)


def _duplicate(record: RecordType, refused: pl.Series) -> Check:
    """Several rows with one key, refused ones included where their id could be read."""
    key = list(record.key)
    if len(key) == 1:
        same = pl.col(key[0]).is_duplicated() | pl.col(key[0]).is_in(refused.implode())
    else:
        same = pl.struct(key).is_duplicated()
    return Check("duplicate", Outcome.DUPLICATE, codes.DUPLICATE, same)


def _school_year() -> Check:
    """Two years in a row, four digits each (core.school_year says the same of one text)."""
    first = pl.col("school_year").str.extract(r"^([0-9]{4})-[0-9]{4}$").cast(pl.Int64)
    second = pl.col("school_year").str.extract(r"^[0-9]{4}-([0-9]{4})$").cast(pl.Int64)
    wrong = (second - first != 1).fill_null(True)
    return _rejected("school_year", codes.SCHOOL_YEAR, wrong, "school_year")


def _rejected(rule: str, code: str, fails: pl.Expr, field: str) -> Check:
    return Check(rule, Outcome.REJECTED, code, fails, field)


def _first_failure(checks: Iterable[Check]) -> pl.Expr:
    failures = [pl.when(check.fails).then(pl.lit(check.rule)) for check in checks]
    return pl.coalesce(*failures, pl.lit(ACCEPTED)).alias("rule")


def _key(record: RecordType) -> pl.Expr:
    """The key in words, such as "000123" or "000123, 0000103, 2016-2017, 2016-08-15"."""
    texts = [pl.col(name).cast(pl.String) for name in record.key]
    return pl.concat_str(*texts, separator=", ", ignore_nulls=True)


def _part(marked: pl.DataFrame, rule: str) -> pl.DataFrame:
    """line, key and, where there is one, local_id of the rows of one rule."""
    names = [name for name in ("line", "local_id", "key") if name in marked.columns]
    return marked.filter(pl.col("rule") == rule).select(names)


def _findings(marked: pl.DataFrame, source: Source, checks: Iterable[Check]) -> list[pl.DataFrame]:
    """A finding for each row not accepted; its detail is the record's key."""
    return [
        row_findings(
            _part(marked, check.rule), check.code, source.input, check.field, pl.col("key")
        )
        for check in checks
    ]


def _passed_over(source: Source) -> pl.DataFrame:
    """One finding with the number of rows that hold nothing to load."""
    nothing = (pl.col("outcome") == Outcome.MATCHED) & (pl.col("rule") != ACCEPTED)
    passed = source.decided.filter(nothing)
    if passed.is_empty():
        return no_findings()
    return finding(codes.PASSED_OVER, input=source.input, detail=f"{passed.height} rows")


def _complete(rows: pl.DataFrame, record: RecordType) -> pl.DataFrame:
    """The rows with all columns of the record; those the source does not have are null."""
    absent = {name: kind for name, kind in record.schema.items() if name not in rows.columns}
    rows = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in absent.items())
    kept_column = ["kept"] if "kept" in rows.columns else []
    return rows.select("line", *record.schema, *kept_column)
