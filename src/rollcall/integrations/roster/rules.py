"""What the records should be, by the files of a bundle. Pure.

Every row of a file is accepted (`matched`), or it has one reason not to be. Rows about one record
are all skipped (duplicates). A column that a file does not have leaves the stored value; an empty
cell removes the value. Records that are in no file stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings, finding, row_findings
from rollcall.core.integration import Decision
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import Outcome, Wanted
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.roster import codes, demographics, oneroster
from rollcall.integrations.roster.checks import (
    CheckedSource,
    check_rows,
    known_student,
    student_checks,
    year_checks,
)
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.integrations.roster.source import (
    Source,
    outcomes,
    own,
    rejected,
    with_header,
)

Tables = Mapping[str, Table]
Views = Mapping[str, pl.DataFrame]

#: Rollcall's own input, and the OneRoster input that gives the same records.
_ALIKE = {"schools": "orgs", "students": "users", "calendars": "academic_sessions"}
#: The view with the records of a type.
_VIEWS = {"school": "schools", "student": "students"}


@dataclass(frozen=True)
class RecordTypes:
    """The record types that loading writes, in the order they are written."""

    school: RecordType
    student: RecordType
    enrollment: RecordType
    calendar: RecordType
    demographics: RecordType
    program: RecordType

    @property
    def written(self) -> tuple[RecordType, ...]:
        """All of them."""
        return tuple(vars(self).values())


def decide(
    tables: Tables,
    views: Views,
    settings: RosterSettings,
    context: Context,
    *,
    types: RecordTypes,
) -> Decision:
    """Decide all inputs there are; see `rollcall.core.integration.Integration`.

    `views`: "schools" (code) and "students" (local_id). Row outcomes have ROWS_SCHEMA and `header`
    (see `with_header`). The record types come from the caller, because rules know the core only.
    """
    sources = _sources(tables, settings)
    checked = _checked(sources, types, views["students"]["local_id"], settings)
    rows = {source.source.input: source.rows for source in checked}
    rows |= _unused_rows(tables, rows, sources.get("demographics"))
    findings = [
        frame
        for source in checked
        for frame in (source.findings, *_remarks(source, checked, views))
    ]
    findings += [
        finding(codes.TWO_SOURCES, input=theirs)
        for ours, theirs in _ALIKE.items()
        if ours in tables and theirs in tables
    ]
    if "demographics" in sources:
        findings += demographics.findings(sources["demographics"], tables["demographics"])
    return Decision(
        rows={name: with_header(frame, tables[name]) for name, frame in rows.items()},
        wanted=tuple(_wanted(source) for source in checked),
        findings=all_findings(findings),
    )


def _sources(tables: Tables, settings: RosterSettings) -> dict[str, Source]:
    """The rows about each kind of record: those of Rollcall's own file, else of OneRoster's."""
    files = ("schools", "students", "enrollments", "programs", "calendars")
    sources = {name: own(name, tables[name]) for name in files if name in tables}
    both = tables.get("demographics")
    if "orgs" in tables and "schools" not in tables:
        sources["schools"] = oneroster.schools(tables["orgs"], settings)
    if "users" in tables and "students" not in tables:
        births = both if demographics.is_oneroster(both) else None
        sources["students"] = oneroster.students(
            tables["users"], births, tables.get("orgs"), settings
        )
    if "academic_sessions" in tables and "calendars" not in tables:
        sources["calendars"] = oneroster.calendars(tables["academic_sessions"])
    if both is not None and demographics.is_own(both):
        sources["demographics"] = demographics.own_file(both)
    elif both is not None and "students" not in tables:
        # Next to Rollcall's own students, OneRoster's rows cannot be joined to anyone.
        sources["demographics"] = demographics.oneroster_file(both, tables.get("users"), settings)
    return sources


def _checked(
    sources: Mapping[str, Source],
    types: RecordTypes,
    stored_students: pl.Series,
    settings: RosterSettings,
) -> list[CheckedSource]:
    """The rows of each record type, checked; those about a student need one who is stored or in
    the files.
    """
    checked = []
    if "schools" in sources:
        checked.append(check_rows(sources["schools"], types.school))
    if "students" in sources:
        checks = student_checks(settings.state_id_digits)
        checked.append(check_rows(sources["students"], types.student, *checks))
    in_files = [source.accepted["local_id"] for source in checked if source.record == types.student]
    student = known_student(pl.concat([stored_students, *in_files]).unique())
    enrolled = year_checks("exit_before_entry", codes.EXIT_BEFORE_ENTRY, "entry_date", "exit_date")
    in_program = year_checks("end_before_begin", codes.END_BEFORE_BEGIN, "begin_date", "end_date")
    in_order = year_checks("last_before_first", codes.LAST_BEFORE_FIRST, "first_day", "last_day")
    for name, record, checks in (
        ("enrollments", types.enrollment, (*enrolled, student)),
        ("demographics", types.demographics, (student,)),
        ("programs", types.program, (*in_program, student)),
        ("calendars", types.calendar, in_order),
    ):
        # OneRoster's demographics may say nothing but birth dates, which belong to the student.
        if name in sources and not (name == "demographics" and sources[name].rows.is_empty()):
            checked.append(check_rows(sources[name], record, *checks))
    return checked


def _wanted(checked: CheckedSource) -> Wanted:
    """The accepted rows; columns the source does not have leave the stored values."""
    source, record = checked.source, checked.record
    absent = [name for name in record.columns if name not in source.rows.columns]
    keep_blank = dict.fromkeys((*absent, *source.keep_blank))
    return Wanted(record, checked.accepted, keep_blank=tuple(keep_blank))


def _remarks(
    checked: CheckedSource, all_checked: list[CheckedSource], views: Views
) -> list[pl.DataFrame]:
    """Findings about accepted rows and about records that no row is about."""
    remarks = []
    record, accepted, input = checked.record, checked.accepted, checked.source.input
    if record.name in _VIEWS:
        stored = views[_VIEWS[record.name]]
        count = not_in_file(stored, checked.rows, next(iter(record.key))).height
        if count:
            remarks.append(finding(codes.NOT_IN_FILE, input=input, detail=f"{count} records"))
    if record.name == "student":
        with_state_id = accepted.filter(pl.col("state_id").is_not_null())
        shared = with_state_id.filter(pl.col("state_id").is_duplicated())
        student = pl.format("student {}", "local_id")
        remarks.append(row_findings(shared, codes.SHARED_STATE_ID, input, "state_id", student))
    if "school_code" in accepted.columns:
        in_files = [
            source.accepted["code"] for source in all_checked if source.record.name == "school"
        ]
        known_codes = pl.concat([views["schools"]["code"], *in_files])
        unknown = accepted.filter(
            pl.col("school_code").is_not_null(),
            ~pl.col("school_code").is_in(known_codes.implode()),
        )
        schools = unknown.group_by("school_code").agg(pl.col("line").min(), pl.len())
        rows = pl.format("school {}, {} rows", "school_code", "len")
        remarks.append(row_findings(schools, codes.UNKNOWN_SCHOOL, input, "school_code", rows))
    return remarks


def not_in_file(records: pl.DataFrame, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The stored records (by the column `key`) that no row, accepted or not, is about."""
    keys = rows.select(pl.col("key").alias(key)).drop_nulls()
    return records.join(keys, on=key, how="anti")


def _unused_rows(
    tables: Tables, used: Mapping[str, pl.DataFrame], reported: Source | None
) -> dict[str, pl.DataFrame]:
    """The outcomes of inputs that give no records of their own: demographics with nothing but the
    students' birth dates, and OneRoster files with the same records as one of Rollcall's own.
    """
    unused = {}
    for name in tables.keys() - used.keys():
        if reported is not None and reported.input == name:
            unused[name] = reported.decided.sort("line")
        else:
            lines = tables[name].rows.select("line")
            frames = [rejected(tables[name]), outcomes(lines, Outcome.MATCHED, "not_used")]
            unused[name] = pl.concat(frames).sort("line")
    return unused
