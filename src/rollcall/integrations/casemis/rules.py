"""What the CASEMIS files mean for a district's records (seed 001, "Import Process").

Table A adds or updates a student's special-education record. Table B replaces the services of the
processed year of every student in it. Pure: frames in, a decision out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import Codes, Severity, all_findings, finding
from rollcall.core.integration import Decision
from rollcall.core.matching.match import by_state_id, match_findings, match_students
from rollcall.core.matching.match_decisions import standing
from rollcall.core.matching.match_reasons import REASONS
from rollcall.core.plans.context import Context
from rollcall.core.plans.frames import may_repeat
from rollcall.core.plans.outcome_rows import outcome_rows
from rollcall.core.plans.plan import Outcome, Wanted, in_full_once
from rollcall.core.plans.record_types import RecordType
from rollcall.core.school_year import SchoolYear
from rollcall.integrations.casemis.layout import NOT_SERVED, PARTICIPATION
from rollcall.integrations.casemis.settings import CasemisSettings

#: The integration's name, by which people's decisions about its rows are kept.
NAME = "casemis"
#: The columns the reports show of each input, beside the outcome.
STUDENT_COLUMNS = ("state_id", "special_ed_id", "last_name", "first_name", "birth_date", "grade")
SERVICE_COLUMNS = ("state_id", "special_ed_id", "service_code")
#: What tells a student of Table A apart in a SELPA (facts section 1.1).
_SELPA_KEY = ("selpa_code", "special_ed_id")
_SPECIAL_EDUCATION_OFFICE = "the office that keeps the special-education system"

#: The rule by which a service without SSID finds its student.
BY_STUDENTS_FILE = "students_file"

#: Why a service row was not matched: the reasons of the core and those of Table B.
SERVICE_REASONS: Mapping[str, str] = {
    **REASONS,
    "not_in_students_file": Codes.add(
        "casemis.not_in_students_file",
        Severity.WARNING,
        "The service has no SSID, and no readable row of the student file has its SELPA and "
        "special-education ID",
        "Enter the student's SSID in the special-education system, or extract both files again, at "
        "the same time.",
        _SPECIAL_EDUCATION_OFFICE,
    ),
    "students_row_not_matched": Codes.add(
        "casemis.students_row_not_matched",
        Severity.WARNING,
        "The service has no SSID, and the student's row in the student file was not matched",
        "Correct the student's row; then the service can be matched too.",
        _SPECIAL_EDUCATION_OFFICE,
    ),
    "shared_special_ed_id": Codes.add(
        "casemis.shared_special_ed_id",
        Severity.ERROR,
        "The service has no SSID, and several rows of the student file have its SELPA and "
        "special-education ID",
        "Give each student a different ID in the special-education system.",
        _SPECIAL_EDUCATION_OFFICE,
    ),
}
SERVICES_SHIELDED = Codes.add(
    "casemis.services_shielded",
    Severity.WARNING,
    "Some students have a service row that could not be used, so none of their services is removed",
    "Correct the rows in the report of rejected records and run the import again.",
    _SPECIAL_EDUCATION_OFFICE,
)
WITHOUT_SERVICES = Codes.add(
    "casemis.students_without_services",
    Severity.WARNING,
    "Some students have a plan with services, but the services file has no row for them",
    "Check that the services file is complete. Their services stay as they are.",
    _SPECIAL_EDUCATION_OFFICE,
)


@dataclass(frozen=True)
class _DecidedInput:
    """What one input leads to: its rows' outcomes, its records, and findings.

    `outcomes`: OUTCOME_SCHEMA of the readable rows, in the order of the table's rows.
    """

    outcomes: pl.DataFrame
    rows: pl.DataFrame
    records: Wanted
    findings: pl.DataFrame


def decide(
    tables: Mapping[str, Table],
    views: Mapping[str, pl.DataFrame],
    settings: CasemisSettings,
    context: Context,
    *,
    special_education: RecordType,
    service: RecordType,
) -> Decision:
    """Decide both inputs; `tables`: "students", and "services" where the sync includes them.

    `views`: "students" (local_id, state_id, last_name, first_name, birth_date), "calendar"
    (school_code, school_year, first_day) and "match_decisions". The record types come from the
    caller, because rules know the core only.
    """
    decisions = standing(views["match_decisions"], NAME, context.today)
    views = {**views, "match_decisions": decisions}
    students = _decide_students(tables["students"], views, special_education)
    if "services" not in tables:
        return Decision({"students": students.rows}, (students.records,), students.findings)
    services = _decide_services(tables, students, views, context, service)
    return Decision(
        {"students": students.rows, "services": services.rows},
        (students.records, services.records),
        all_findings([students.findings, services.findings]),
    )


def _decide_students(
    table: Table, views: Mapping[str, pl.DataFrame], record: RecordType
) -> _DecidedInput:
    """Table A: a matched row has all values of its student's special-education record."""
    read = _by_line(table.rows)
    outcomes = match_students(read, views["students"], table.rejected, views["match_decisions"])
    frame = read.with_columns(outcomes["local_id"]).filter(pl.col("local_id").is_not_null())
    kept_column = [name for name in ("kept",) if name in frame.columns]
    return _DecidedInput(
        outcomes,
        outcome_rows(table, outcomes, read, STUDENT_COLUMNS),
        Wanted(
            record=record,
            frame=frame.select("line", *record.schema, *kept_column),
            keep_blank=PARTICIPATION,
            stamp=True,
        ),
        match_findings(outcomes, "students"),
    )


def _by_line(rows: pl.DataFrame) -> pl.DataFrame:
    return rows if rows["line"].is_sorted() else rows.sort("line")


def _decide_services(
    tables: Mapping[str, Table],
    students: _DecidedInput,
    views: Mapping[str, pl.DataFrame],
    context: Context,
    record: RecordType,
) -> _DecidedInput:
    """Table B: the services of the processed year of every student in the file are replaced."""
    table = tables["services"]
    columns = dict.fromkeys((*_SELPA_KEY, "state_id", *record.schema))
    absent = [name for name in columns if name not in table.rows.columns]
    read = _by_line(table.rows).with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    with_id = read.filter(pl.col("state_id").is_not_null())
    without_id = read.filter(pl.col("state_id").is_null())
    by_id = by_state_id(with_id, views["students"], views["match_decisions"])
    key = [name for name in _SELPA_KEY if name in table.rows.columns or name == "special_ed_id"]
    through_file = _through_students_file(without_id, tables["students"], students, key)
    outcomes = pl.concat([by_id, through_file]).sort("line")
    start = start_date(views["calendar"], context.school_year)
    frame = _services(read.with_columns(outcomes["local_id"]), record, context.school_year, start)
    scope = frame.select("local_id", "school_year").unique()
    shielded = _shielded(table, read, outcomes, views)
    return _DecidedInput(
        outcomes,
        outcome_rows(table, outcomes, read, SERVICE_COLUMNS),
        Wanted(record=record, frame=frame, scope=scope, shielded=shielded),
        all_findings(
            [
                match_findings(outcomes, "services", SERVICE_REASONS),
                *_service_findings(students.records.frame, scope, shielded),
            ]
        ),
    )


def _through_students_file(
    rows: pl.DataFrame, table: Table, students: _DecidedInput, key: list[str]
) -> pl.DataFrame:
    """Outcomes of services without SSID, by the one row of Table A with their SELPA and ID.

    A file whose layout has no SELPA column is compared by the special-education ID alone (`key`).
    When several rows of Table A have the ID, it is not certain whose the service is.
    """
    students_rows = _by_line(table.rows).with_columns(students.outcomes["local_id"])
    students_rows = students_rows.select(*key, "local_id")
    holders = (
        students_rows.join(rows, on=key, how="semi", nulls_equal=True)
        .group_by(key)
        .agg(
            pl.len().alias("holders"),
            pl.col("local_id").drop_nulls().unique().sort().alias("matched"),
        )
    )
    unique_keys = rows.select(key).unique().join(holders, on=key, how="left", nulls_equal=True)
    unique_keys = unique_keys.with_columns(rule=_through())
    ruled = rows.select("line", *key).join(
        unique_keys.select(*key, "rule", pl.col("matched").list.first()), on=key, nulls_equal=True
    )
    shared = pl.col("rule") == "shared_special_ed_id"
    lists = unique_keys.filter(shared).select(*key, candidates="matched")
    candidates = in_full_once(ruled.filter(shared).select("line", *key), lists, key)
    return ruled.join(candidates, on="line", how="left").select(
        "line",
        outcome=pl.col("rule").replace_strict(dict(_THROUGH), return_dtype=pl.String),
        rule="rule",
        local_id=pl.when(pl.col("rule") == BY_STUDENTS_FILE).then("matched"),
        candidates="candidates",
    )


#: The outcome of each rule of `_through`.
_THROUGH: Mapping[str, Outcome] = {
    "nothing_to_match_on": Outcome.UNMATCHED,
    "not_in_students_file": Outcome.UNMATCHED,
    "students_row_not_matched": Outcome.UNMATCHED,
    BY_STUDENTS_FILE: Outcome.MATCHED,
    "shared_special_ed_id": Outcome.AMBIGUOUS,
}


def _through() -> pl.Expr:
    """The rule for a service, by the rows of Table A with its ID and their students."""
    matched = pl.col("matched").list.len().fill_null(0)
    return (
        pl.when(pl.col("special_ed_id").is_null())
        .then(pl.lit("nothing_to_match_on"))
        .when(pl.col("holders").is_null())
        .then(pl.lit("not_in_students_file"))
        .when(matched == 0)
        .then(pl.lit("students_row_not_matched"))
        .when((matched == 1) & (pl.col("holders") == 1))
        .then(pl.lit(BY_STUDENTS_FILE))
        .otherwise(pl.lit("shared_special_ed_id"))
    )


def start_date(calendar: pl.DataFrame, school_year: str) -> date:
    """When the year's services start: the first day of school in the district's calendar, else
    July 1 (seed 001). `calendar`: school_code, school_year, first_day.
    """
    covering = calendar.filter(
        (pl.col("school_code").fill_null("") == "")
        & (pl.col("school_year") == school_year)
        & pl.col("first_day").is_not_null()
    )
    if covering.is_empty():
        return SchoolYear.parse(school_year).first_day
    first: date = covering["first_day"][0]
    return first


def _services(
    rows: pl.DataFrame, record: RecordType, school_year: str, start: date
) -> pl.DataFrame:
    """The service records of the matched rows. Equal rows are counted by their order in the file,
    since a student can have the same service twice.
    """
    matched = rows.filter(pl.col("local_id").is_not_null()).with_columns(
        school_year=pl.lit(school_year), start_date=pl.lit(start)
    )
    equal = [name for name in record.key if name != "occurrence"]
    # Counting within groups is slow, and nearly all services differ.
    repeated = may_repeat(matched.select(equal))
    counted = pl.concat(
        [
            matched.filter(~repeated).with_columns(occurrence=pl.lit(1, pl.UInt32)),
            matched.filter(repeated).with_columns(
                occurrence=pl.col("line").cum_count().over(equal)
            ),
        ]
    )
    records = counted.select("line", *(pl.col(n).cast(t) for n, t in record.schema.items()))
    return records.sort("line")


def _shielded(
    table: Table,
    read: pl.DataFrame,
    outcomes: pl.DataFrame,
    views: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """local_id of every student whom an unusable row may be about: by the SSID of a rejected row,
    as a candidate of an ambiguous row, or by the special-education ID that an unmatched row shares
    with a matched row.
    """
    unread = table.rejected.rename({"id": "state_id"}).filter(pl.col("state_id").is_not_null())
    matched = by_state_id(unread, views["students"], views["match_decisions"])
    claimed = pl.concat([matched, outcomes])
    candidates = claimed["candidates"].drop_nulls().explode().alias("local_id")
    rejected = claimed.join(unread, on="line", how="semi")["local_id"]
    ids = read.with_columns(outcomes["local_id"]).select("local_id", *_SELPA_KEY)
    unmatched = ids.filter(pl.col("local_id").is_null() & pl.col("special_ed_id").is_not_null())
    same_id = ids.join(unmatched, on=_SELPA_KEY, how="semi", nulls_equal=True)["local_id"]
    return pl.concat([candidates, rejected, same_id]).drop_nulls().unique().to_frame()


def _service_findings(
    special_education: pl.DataFrame, scope: pl.DataFrame, shielded: pl.DataFrame
) -> list[pl.DataFrame]:
    """How many students keep their services, and how many students of Table A should have services
    and are not in Table B (facts 1.1).
    """
    served = special_education.filter(~pl.col("plan_type").cast(pl.String).is_in(NOT_SERVED))
    in_table_b = pl.concat([scope.select("local_id"), shielded])
    counts = {
        SERVICES_SHIELDED: shielded.join(scope, on="local_id", how="semi").height,
        WITHOUT_SERVICES: served.join(in_table_b, on="local_id", how="anti").height,
    }
    return [
        finding(code, input="services", detail=f"students: {count}")
        for code, count in counts.items()
        if count
    ]
