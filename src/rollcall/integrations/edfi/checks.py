"""The pre-check: what the state would refuse or report, found before anything is sent. Pure.

Level 1 is what the API refuses at once: such a document is not sent. Level 2 is the state's own
rules, which it applies to accepted documents: they hold nothing back unless a setting says so. They
are declared in api_checks, marss_enrollment, marss_student and marss_district. All of it is for
Minnesota: a sync to another state (setting `extension` off) has no pre-check.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.plans.context import Context
from rollcall.core.school_year import SchoolYear
from rollcall.core.sending.outbound import CHECKS_SCHEMA
from rollcall.integrations.edfi import check_frames
from rollcall.integrations.edfi.catalog import ENROLLMENT_CHECKS, STUDENT_CHECKS
from rollcall.integrations.edfi.check_declarations import (
    ENROLLMENT,
    STUDENT,
    Check,
    Collection,
    due,
    failing,
)
from rollcall.integrations.edfi.codes import plain
from rollcall.integrations.edfi.marss_district import ALIKE_DEMOGRAPHICS, ALIKE_RULES, SCHOOL_RULES
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.integrations.edfi.unknown_codes import NOT_A_CODE, UnknownCodes, unknown_codes

Views = Mapping[str, pl.DataFrame]
#: Checks that failed, each with the rows it failed for.
Failures = list[tuple[Check, pl.DataFrame]]


@dataclass(frozen=True)
class Checked:
    """The findings of the pre-check.

    `checks`: CHECKS_SCHEMA, by student. `blocked`: by resource the natural keys of the documents
    not to send; resources without one are missing. `held_back`: local_id of their students.
    """

    checks: pl.DataFrame
    blocked: Mapping[str, pl.DataFrame]
    held_back: pl.DataFrame


def check(views: Views, frames: Views, settings: EdfiSettings, context: Context) -> Checked:
    """Check the records of all students in `views`, or of the few they are narrowed to: the result
    for a student is the same.

    `views`: identities, enrollments, demographics, schools and calendar (rollcall.records.read).
    `frames`: by resource the documents the records call for, before any is left out.
    """
    failures: Failures = []
    unknown: list[UnknownCodes] = []
    if settings.extension:
        students, enrollments = (
            check_frames.students(views),
            check_frames.enrollments(views, context),
        )
        failures = [
            *failing(_active(STUDENT_CHECKS, settings, context), students),
            *failing(_active(ENROLLMENT_CHECKS, settings, context), enrollments),
        ]
        if NOT_A_CODE not in settings.checks_off:
            unknown = unknown_codes(frames, RESOURCES, context.school_year)
    stopping = [
        (check, rows)
        for check, rows in failures
        if check.stops or (settings.refuse_on_errors and check.is_error)
        if check.code not in settings.checks_as_warnings
    ]
    refused = [] if NOT_A_CODE in settings.checks_as_warnings else unknown
    blocked = _blocked(frames, stopping, refused) if stopping or refused else {}
    local_ids = [
        rows.select("local_id") for rows in (*(rows for _, rows in stopping), *blocked.values())
    ]
    nobody = pl.DataFrame(schema={"local_id": pl.String()})
    return Checked(
        checks=_findings(failures, unknown),
        blocked={name: rows.drop("local_id").unique() for name, rows in blocked.items()},
        held_back=pl.concat([nobody, *local_ids]).drop_nulls().unique().sort("local_id"),
    )


def check_district(views: Views, settings: EdfiSettings, context: Context) -> pl.DataFrame:
    """The rules over several students or over a school (CHECKS_SCHEMA). They hold nothing back.

    `views`: of all students of the district.
    """
    if not settings.extension:
        return pl.DataFrame(schema=dict(CHECKS_SCHEMA))
    shared = check_frames.with_shared_numbers(views)
    students = check_frames.numbered_students(shared)
    usual = check_frames.enrollments(shared, context).filter(pl.col("grade").ne_missing("PS"))
    rules = (
        (ALIKE_RULES, students),
        (ALIKE_DEMOGRAPHICS, students.join(usual, on="local_id", how="semi")),
        (SCHOOL_RULES, check_frames.schools(views)),
    )
    return _findings(
        [
            failure
            for checks, rows in rules
            for failure in failing(_active(checks, settings, context), rows)
        ]
    )


def collection(settings: EdfiSettings, context: Context) -> Collection:
    """The state's present collection: fall until December 31 of the school year, then end of year,
    unless a setting fixes it.
    """
    if settings.collection != "auto":
        return Collection(settings.collection)
    new_year = date(SchoolYear.parse(context.school_year).end, 1, 1)
    return Collection.FALL if context.today < new_year else Collection.END_OF_YEAR


def _active(checks: Iterable[Check], settings: EdfiSettings, context: Context) -> list[Check]:
    """The checks of the collection that the settings do not turn off."""
    due_checks = due(checks, collection(settings, context))
    return [check for check in due_checks if check.code not in settings.checks_off]


def _findings(failures: Failures, unknown: Iterable[UnknownCodes] = ()) -> pl.DataFrame:
    """CHECKS_SCHEMA, by student."""
    frames = [
        rows.select(
            "local_id",
            resource=pl.lit(check.resource),
            field=pl.lit(check.field, pl.String),
            code=pl.lit(check.code),
            detail="detail",
        )
        for check, rows in failures
    ]
    frames += [codes.findings for codes in unknown]
    combined = pl.concat([pl.DataFrame(schema=dict(CHECKS_SCHEMA)), *frames])
    return combined.sort(pl.all(), nulls_last=False)


def _blocked(
    frames: Views, stopping: Failures, refused: Iterable[UnknownCodes]
) -> dict[str, pl.DataFrame]:
    """By resource, key and local_id of the documents not to send, if there are any."""
    blocked = {
        resource.name: pl.concat(
            [
                _of_students(resource, frames[resource.name], stopping),
                _of_enrollments(resource, frames[resource.name], stopping),
                *(codes.rows for codes in refused if codes.resource == resource.name),
            ]
        )
        for resource in RESOURCES
        if resource.name in frames
    }
    return {name: rows for name, rows in blocked.items() if not rows.is_empty()}


def _of_students(resource: JsonResource, frame: pl.DataFrame, stopping: Failures) -> pl.DataFrame:
    """Key and local_id of the documents of students who must not be sent, or not in this resource:
    a fault of the student holds back all of their documents.
    """
    about = {STUDENT, resource.name} - {ENROLLMENT}
    students = [rows.select("local_id") for check, rows in stopping if check.resource in about]
    nobody = pl.DataFrame(schema={"local_id": pl.String()})
    documents = frame.select(*resource.record.key, "local_id")
    return documents.join(pl.concat([nobody, *students]), on="local_id", how="semi")


def _of_enrollments(
    resource: JsonResource, frame: pl.DataFrame, stopping: Failures
) -> pl.DataFrame:
    """Key and local_id of the documents of enrollments that must not be sent."""
    documents = frame.select(*resource.record.key, "local_id").with_row_index("row")
    if resource.name != ENROLLMENT:
        return documents.clear().drop("row")
    key = [pl.col("local_id", "entry_date"), plain(pl.col("school_id"))]
    keys = [rows.select(key) for check, rows in stopping if check.resource == ENROLLMENT]
    refused = pl.concat([documents.select(key).clear(), *keys])
    matched = documents.select("row", *key).join(refused, on=refused.columns, how="semi")
    return documents.join(matched, on="row", how="semi").drop("row")
