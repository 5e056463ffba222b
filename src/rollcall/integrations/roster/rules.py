"""What the records are to be, by the files of a bundle. Pure.

Every row of a file is accepted (`matched`), or it has one reason not to be. Rows about one record
are all left out (duplicates). A column that a file does not have leaves what is held; a column with
an empty cell takes the value away. Records that are in no file stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rollcall.core.files.tables import Table
from rollcall.core.findings import all_findings, finding, no_findings
from rollcall.core.integration import Decision
from rollcall.core.plans.context import Context
from rollcall.core.plans.plan import Outcome, Wanted
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.roster import codes, demographics, oneroster
from rollcall.integrations.roster.checks import (
    Sifted,
    calendar_checks,
    enrollment_checks,
    known_student,
    program_checks,
    sift,
    student_checks,
)
from rollcall.integrations.roster.settings import RosterSettings
from rollcall.integrations.roster.source import (
    Source,
    outcomes,
    own,
    rejected,
    row_findings,
    with_header,
)

Tables = Mapping[str, Table]
Views = Mapping[str, pl.DataFrame]

#: Rollcall's own input, and the OneRoster input that gives the same records.
_ALIKE = {"schools": "orgs", "students": "users", "calendars": "academic_sessions"}


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
    demographics = _demographics(tables, settings)
    parts = _parts(types, tables, views, settings, demographics)
    aside, aside_findings = _aside(tables, parts, demographics)
    rows = {part.source.input: part.rows for part in parts} | aside
    findings = [*(part.findings for part in parts), *_remarks(parts, views), *aside_findings]
    return Decision(
        rows={name: with_header(frame, tables[name]) for name, frame in rows.items()},
        wanted=tuple(_wanted(part) for part in parts),
        findings=all_findings(findings),
    )


def _parts(
    types: RecordTypes,
    tables: Tables,
    views: Views,
    settings: RosterSettings,
    demographics: Source | None,
) -> list[Sifted]:
    """The rows of each record type that some input gives, sifted."""
    parts: list[Sifted] = []
    if source := _schools(tables, settings):
        parts.append(sift(source, types.school))
    if source := _students(tables, settings):
        parts.append(sift(source, types.student, *student_checks(settings.state_id_digits)))
    parts += _about_students(types, tables, demographics, _known(parts, views["students"]))
    if source := _calendars(tables):
        parts.append(sift(source, types.calendar, *calendar_checks()))
    return parts


def _about_students(
    types: RecordTypes, tables: Tables, demographics: Source | None, students: pl.Series
) -> list[Sifted]:
    """The rows of the records that belong to a student."""
    parts: list[Sifted] = []
    if source := _own(tables, "enrollments"):
        parts.append(sift(source, types.enrollment, *enrollment_checks(students)))
    if demographics is not None and not demographics.rows.is_empty():
        parts.append(sift(demographics, types.demographics, known_student(students)))
    if source := _own(tables, "programs"):
        parts.append(sift(source, types.program, *program_checks(students)))
    return parts


def _own(tables: Tables, name: str) -> Source | None:
    return own(name, tables[name]) if name in tables else None


def _schools(tables: Tables, settings: RosterSettings) -> Source | None:
    if "orgs" in tables and "schools" not in tables:
        return oneroster.schools(tables["orgs"], settings)
    return _own(tables, "schools")


def _students(tables: Tables, settings: RosterSettings) -> Source | None:
    if "users" in tables and "students" not in tables:
        theirs = tables.get("demographics")
        theirs = theirs if demographics.is_oneroster(theirs) else None
        return oneroster.students(tables["users"], theirs, tables.get("orgs"), settings)
    return _own(tables, "students")


def _demographics(tables: Tables, settings: RosterSettings) -> Source | None:
    """What the demographics tell; None when there are none, or OneRoster's are of no use because
    the students are in Rollcall's own file.
    """
    table = tables.get("demographics")
    if table is None:
        return None
    if demographics.is_own(table):
        return demographics.own_file(table)
    if "students" in tables:
        return None
    return demographics.oneroster_file(table, tables.get("users"), settings)


def _calendars(tables: Tables) -> Source | None:
    if "academic_sessions" in tables and "calendars" not in tables:
        return oneroster.calendars(tables["academic_sessions"])
    return _own(tables, "calendars")


def _known(parts: list[Sifted], records: pl.DataFrame) -> pl.Series:
    """The local ids of the students that are held, or that the files bring."""
    new = [part.accepted["local_id"] for part in parts if part.record.name == "student"]
    return pl.concat([records["local_id"], *new]).unique()


def _wanted(part: Sifted) -> Wanted:
    """The accepted rows as wishes; columns the source does not have leave what is held."""
    absent = [name for name in part.record.columns if name not in part.source.rows.columns]
    keep = dict.fromkeys((*absent, *part.source.keep_blank))
    return Wanted(part.record, part.accepted, keep_blank=tuple(keep))


def _remarks(parts: list[Sifted], views: Views) -> list[pl.DataFrame]:
    """Findings about accepted rows and about records that no row is about."""
    remarks = []
    for part in parts:
        if part.record.name in _VIEWS:
            remarks.append(_not_in_file(part, views[_VIEWS[part.record.name]]))
        if part.record.name == "student":
            remarks.append(_shared_state_ids(part))
        if "school_code" in part.accepted.columns:
            remarks.append(_unknown_schools(part, parts, views["schools"]))
    return remarks


#: The view that holds the records of a type.
_VIEWS = {"school": "schools", "student": "students"}


def _unknown_schools(part: Sifted, parts: list[Sifted], schools: pl.DataFrame) -> pl.DataFrame:
    """A finding for each unknown school that is named, at the first row that names it."""
    new = [
        source_part.accepted["code"]
        for source_part in parts
        if "code" in source_part.accepted.columns
    ]
    known_codes = pl.concat([schools["code"], *new])
    with_school = part.accepted.filter(pl.col("school_code").is_not_null())
    strange = with_school.filter(~pl.col("school_code").is_in(known_codes.implode()))
    each = strange.group_by("school_code").agg(pl.col("line").min(), pl.len())
    detail = pl.format("school {}, {} rows", "school_code", "len")
    return row_findings(each, codes.UNKNOWN_SCHOOL, part.source.input, "school_code", detail)


def _shared_state_ids(part: Sifted) -> pl.DataFrame:
    """A finding for each student of the file whose state id another one has too."""
    have = part.accepted.filter(pl.col("state_id").is_not_null())
    shared = have.filter(pl.col("state_id").is_duplicated())
    detail = pl.format("student {}", "local_id")
    return row_findings(shared, codes.SHARED_STATE_ID, part.source.input, "state_id", detail)


def _not_in_file(part: Sifted, records: pl.DataFrame) -> pl.DataFrame:
    """One finding with the number of records held that no row is about."""
    count = not_in_file(records, part.rows, next(iter(part.record.key))).height
    if not count:
        return no_findings()
    return finding(codes.NOT_IN_FILE, input=part.source.input, detail=f"{count} records")


def not_in_file(records: pl.DataFrame, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The records held (by the column `key`) that no row, accepted or not, is about."""
    about = rows.select(pl.col("key").alias(key)).drop_nulls()
    return records.join(about, on=key, how="anti")


def _aside(
    tables: Tables, parts: list[Sifted], reported: Source | None
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Rows and findings of the inputs that give no records of their own: demographics that tell of
    the students' birth only, and OneRoster files whose records are in one of Rollcall's own too.
    """
    used = {part.source.input for part in parts}
    rows = {name: _unused(table) for name, table in tables.items() if name not in used}
    both = [theirs for ours, theirs in _ALIKE.items() if ours in tables and theirs in tables]
    findings = [finding(codes.TWO_SOURCES, input=name) for name in both]
    if reported is not None:
        if reported.input not in used:
            rows[reported.input] = reported.decided.sort("line")
        findings += demographics.findings(reported, tables[reported.input])
    return rows, findings


def _unused(table: Table) -> pl.DataFrame:
    """The outcome of rows that are not used, because another file has the same records."""
    unused = outcomes(table.rows.select("line"), Outcome.MATCHED, "not_used")
    return pl.concat([rejected(table), unused]).sort("line")
