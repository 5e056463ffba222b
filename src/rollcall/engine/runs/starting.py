"""Start a run: by a person, the schedule, the API or an event. Starting is not executing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.grades import spellings
from rollcall.core.integration import Integration
from rollcall.core.jobs import Job, Scope
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Connection, Run, RunState, Sync
from rollcall.engine.runs.inputs import uploads as handed_in
from rollcall.engine.runs.inputs.uploads import Upload
from rollcall.engine.runs.partial_run import NEEDS_FILES
from rollcall.records.models import Enrollment, Student

SYNC_PAUSED = Codes.add(
    "sync.paused",
    Severity.ERROR,
    "This sync is paused; only test runs are possible",
    "Resume it first.",
    "the district's data manager",
)
TOO_MANY_QUEUED = Codes.add(
    "sync.too_many_queued",
    Severity.ERROR,
    "So many runs of this sync wait already that no more can be started",
    "Wait until those are over.",
    "the person who started the run",
)
#: Runs of one sync that wait: whoever starts more would keep the workers from other districts.
MOST_QUEUED = 100
JOB_ABOUT = Codes.add(
    "job.about",
    Severity.ERROR,
    "This job is about one grade or one student, and none was named, or one that nobody here has",
    "Say which: --grade CODE or --student LOCAL_ID.",
    "the person who started the run",
)
JOB_UNKNOWN = Codes.add(
    "job.unknown",
    Severity.ERROR,
    "This integration has no job of that name",
    "Use one of the jobs listed.",
    "the person who started the run",
)


@transaction.atomic
def start(  # noqa: PLR0913 - a run has that many parts, all but two by name
    sync: Sync,
    clock: Clock,
    *,
    by: str,
    person: str = "",
    job: str | None = None,
    about: Mapping[str, Any] | None = None,
    test: bool = False,
    forced: bool = False,
    partial: bool = False,
    uploads: Mapping[str, Upload] | None = None,
    scheduled_for: datetime | None = None,
) -> Run:
    """A queued run of a sync's job (None: its first), with uploads stored as its inputs.

    `about`: the grade or the student (its number) of a job that is about one, as Run.about has it.
    `partial`: the uploads are parts of files, such as corrected rows (engine.runs.partial_run).
    Problem when the job or an input's name is unknown, the sync is paused and it is no test, a part
    is to be run and none is given, the uploads are too large, or too many runs of the sync wait.
    """
    integration = registry.integration(sync.integration)
    job, about = integration.jobs[0].name if job is None else job, about or {}
    _check(sync, integration, job, about, test=test)
    if partial and not uploads:
        raise Problem(NEEDS_FILES)
    uploads = handed_in.by_current_name(integration, uploads or {})
    handed_in.check(integration, uploads)
    run = Run.objects.create(
        district_id=sync.district_id,
        sync=sync,
        version=sync.version,
        job=job,
        about=about,
        school_year=sync.district.school_year,
        test=test,
        forced=forced,
        partial=partial,
        started_by=by,
        person=person,
        scheduled_for=scheduled_for,
        created_at=clock.now(),
    )
    if uploads:
        handed_in.store(run, uploads)
    return run


def _check(
    sync: Sync, integration: Integration, job: str, about: Mapping[str, Any], *, test: bool
) -> None:
    """Problem when the job cannot be started."""
    declared = integration.job(job)
    if declared is None:
        names = ", ".join(declared.name for declared in integration.jobs)
        raise Problem(JOB_UNKNOWN, f"{job}; there are {names}")
    if not _fits(about, declared, sync):
        raise Problem(JOB_ABOUT)
    if sync.paused and not test:
        raise Problem(SYNC_PAUSED)
    if sync.runs.filter(state=RunState.QUEUED).count() >= MOST_QUEUED:
        raise Problem(TOO_MANY_QUEUED, f"{MOST_QUEUED}")


def _fits(about: Mapping[str, Any], job: Job, sync: Sync) -> bool:
    """Whether a job is told whom it is about, if it is about somebody, and else nobody."""
    if job.scope is Scope.GRADE:
        # Somebody is or was enrolled in this grade in the school year.
        grade, year = about.get("grade"), sync.district.school_year
        enrollments = Enrollment.objects.filter(district=sync.district_id, school_year=year)
        in_grade = enrollments.filter(grade__in=spellings(grade) if isinstance(grade, str) else ())
        return len(about) == 1 and in_grade.exists()
    if job.scope is Scope.STUDENT:
        student = about.get("student")
        students = Student.objects.filter(district=sync.district_id)
        return isinstance(student, int) and len(about) == 1 and students.filter(pk=student).exists()
    return not about


def filenames(connection: Connection) -> list[str]:
    """The files that the syncs of a connection fetch there, by name."""
    names = set()
    for sync in Sync.objects.filter(connection=connection):
        integration = registry.integration(sync.integration)
        settings = integration.settings.model_validate(sync.version.config.get("settings", {}))
        names |= {name for input in integration.inputs if (name := input.filename(settings))}
    return sorted(names)
