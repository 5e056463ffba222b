"""The pre-check: what the state would refuse or complain of, told before anything is sent. Pure.

Level 1 is what the API refuses at once: such a document is not sent. Level 2 are the state's own
rules, which it applies to what it has accepted: they hold nothing back unless a setting says so.
They are declared in level1, marss_enrollment, marss_student and marss_district. All of it is
Minnesota's: a sync to another state (setting `extension` off) has no pre-check.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.core.school_year import SchoolYear
from rollcall.core.sending.outbound import CHECKS_SCHEMA, Resource
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
from rollcall.integrations.edfi.marss_district import (
    ALIKE_DEMOGRAPHICS,
    ALIKE_RULES,
    SCHOOL_RULES,
)
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.integrations.edfi.settings import EdfiSettings
from rollcall.integrations.edfi.unknown_codes import NOT_A_CODE, Unknown, unknown_codes

Views = Mapping[str, pl.DataFrame]
#: Checks that failed, each with the cases it failed for.
Failures = list[tuple[Check, pl.DataFrame]]


@dataclass(frozen=True)
class Checked:
    """What the pre-check found.

    `checks`: CHECKS_SCHEMA, by student. `blocked`: for a resource's name the natural keys of its
    documents that are not to be sent; resources without one are missing. `held_back`: local_id of
    the students who have one.
    """

    checks: pl.DataFrame
    blocked: Mapping[str, pl.DataFrame]
    held_back: pl.DataFrame


def check(views: Views, frames: Views, settings: EdfiSettings, context: Context) -> Checked:
    """Check the records of all students in `views`, or of the few they are narrowed to: of each
    student it says the same.

    `views`: identities, enrollments, demographics, schools and calendar (rollcall.records.read).
    `frames`: by resource the documents the records call for, before any is left out.
    """
    failures: Failures = []
    unknown: list[Unknown] = []
    if settings.extension:
        failures = [
            *failing(_made(STUDENT_CHECKS, settings, context), check_frames.students(views)),
            *failing(
                _made(ENROLLMENT_CHECKS, settings, context),
                check_frames.enrollments(views, context),
            ),
        ]
        if NOT_A_CODE not in settings.checks_off:
            unknown = unknown_codes(frames, RESOURCES, context.school_year)
    findings = [_findings(declared, failed) for declared, failed in failures]
    stopping = [(declared, failed) for declared, failed in failures if _stops(declared, settings)]
    refused = [] if NOT_A_CODE in settings.checks_as_warnings else unknown
    return _checked(
        [*findings, *(declared.findings for declared in unknown)], frames, stopping, refused
    )


def check_district(views: Views, settings: EdfiSettings, context: Context) -> pl.DataFrame:
    """The rules that compare records of several students or look at whole schools (CHECKS_SCHEMA).

    `views` must hold the whole district. Nothing is held back by them.
    """
    if not settings.extension:
        return pl.DataFrame(schema=dict(CHECKS_SCHEMA))
    few = check_frames.sharing(views)
    people = check_frames.numbered(few)
    usual = check_frames.enrollments(few, context).filter(pl.col("grade").ne_missing("PS"))
    failures = [
        *failing(_made(ALIKE_RULES, settings, context), people),
        *failing(
            _made(ALIKE_DEMOGRAPHICS, settings, context),
            people.join(usual, on="local_id", how="semi"),
        ),
        *failing(_made(SCHOOL_RULES, settings, context), check_frames.schools(views)),
    ]
    return _all_findings(_findings(declared, failed) for declared, failed in failures)


def collection(settings: EdfiSettings, context: Context) -> Collection:
    """The state's collection that counts: fall until December 31 of the school year, then end of
    year, unless a setting fixes it.
    """
    if settings.collection != "auto":
        return Collection(settings.collection)
    new_year = date(SchoolYear.parse(context.school_year).end, 1, 1)
    return Collection.FALL if context.today < new_year else Collection.END_OF_YEAR


def _made(checks: Iterable[Check], settings: EdfiSettings, context: Context) -> list[Check]:
    """The checks that are made: those of the collection that the settings do not leave out."""
    due_checks = due(checks, collection(settings, context))
    return [declared for declared in due_checks if declared.code not in settings.checks_off]


def _stops(check: Check, settings: EdfiSettings) -> bool:
    """Whether a document it fails for is not sent."""
    refused = check.stops or (settings.refuse_on_errors and check.is_error)
    return refused and check.code not in settings.checks_as_warnings


def _findings(check: Check, failed: pl.DataFrame) -> pl.DataFrame:
    return failed.select(
        "local_id",
        resource=pl.lit(check.resource),
        field=pl.lit(check.field, pl.String),
        code=pl.lit(check.code),
        detail="detail",
    )


def _all_findings(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    combined = pl.concat([pl.DataFrame(schema=dict(CHECKS_SCHEMA)), *frames])
    return combined.sort(pl.all(), nulls_last=False)


def _checked(
    findings: Iterable[pl.DataFrame], frames: Views, stopping: Failures, refused: list[Unknown]
) -> Checked:
    rows = _blocked(frames, stopping, refused) if stopping or refused else {}
    whose = [blocked.select("local_id") for _, blocked in stopping]
    whose += [blocked.select("local_id") for blocked in rows.values()]
    nobody = pl.DataFrame(schema={"local_id": pl.String()})
    return Checked(
        checks=_all_findings(findings),
        blocked={name: blocked.drop("local_id").unique() for name, blocked in rows.items()},
        held_back=pl.concat([nobody, *whose]).drop_nulls().unique().sort("local_id"),
    )


def _blocked(
    frames: Views, stopping: Failures, refused: Iterable[Unknown]
) -> dict[str, pl.DataFrame]:
    """By resource, key and local_id of the documents not to send, where there is one."""
    rows = {
        resource.name: pl.concat(
            [
                _of_students(resource, frames[resource.name], stopping),
                _of_enrollments(resource, frames[resource.name], stopping),
                *(unknown.rows for unknown in refused if unknown.resource == resource.name),
            ]
        )
        for resource in RESOURCES
        if resource.name in frames
    }
    return {name: unknown for name, unknown in rows.items() if not unknown.is_empty()}


def _of_students(resource: Resource, frame: pl.DataFrame, stopping: Failures) -> pl.DataFrame:
    """Key and local_id of the documents of students who may not be sent, or not in this resource:
    what is wrong with the student keeps back all that is theirs.
    """
    about = {STUDENT, resource.name} - {ENROLLMENT}
    people = [failed.select("local_id") for check, failed in stopping if check.resource in about]
    none = pl.DataFrame(schema={"local_id": pl.String()})
    rows = frame.select(*resource.record.key, "local_id")
    return rows.join(pl.concat([none, *people]), on="local_id", how="semi")


def _of_enrollments(resource: Resource, frame: pl.DataFrame, stopping: Failures) -> pl.DataFrame:
    """Key and local_id of the documents of enrollments that may not be sent."""
    rows = frame.select(*resource.record.key, "local_id")
    if resource.name != ENROLLMENT:
        return rows.clear()
    place = [pl.col("local_id", "entry_date"), plain(pl.col("school_id"))]
    places = [failed.select(place) for check, failed in stopping if check.resource == ENROLLMENT]
    refused = pl.concat([rows.select(place).clear(), *places])
    numbered = rows.with_row_index("row")
    hit = numbered.select("row", *place).join(refused, on=refused.columns, how="semi")
    return numbered.join(hit, on="row", how="semi").drop("row")
