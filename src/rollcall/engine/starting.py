"""Start a run: by a person, the schedule, the API or an event. Starting is not executing."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.fetching import store_uploads
from rollcall.engine.models import Connection, Run, Sync
from rollcall.engine.part import NEEDS_FILES

SYNC_PAUSED = Codes.add(
    "sync.paused",
    Severity.ERROR,
    "This sync is paused; only test runs are possible",
    "Resume it first.",
    "the district's data manager",
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
    test: bool = False,
    forced: bool = False,
    partial: bool = False,
    uploads: Mapping[str, Path] | None = None,
    scheduled_for: datetime | None = None,
) -> Run:
    """A queued run of a sync's job (None: its first), with uploads stored as its inputs.

    `partial`: the uploads are parts of files, such as corrected rows (engine.part). Problem when
    the job or an input's name is unknown, the sync is paused and it is no test, or a part is to be
    run and none is given.
    """
    integration = registry.integration(sync.integration)
    if job is not None and job not in integration.jobs:
        raise Problem(JOB_UNKNOWN, f"{job}; there are {', '.join(integration.jobs)}")
    if sync.paused and not test:
        raise Problem(SYNC_PAUSED)
    if partial and not uploads:
        raise Problem(NEEDS_FILES)
    run = Run.objects.create(
        district_id=sync.district_id,
        sync=sync,
        version=sync.version,
        job=job or integration.jobs[0],
        school_year=sync.district.school_year,
        test=test,
        forced=forced,
        partial=partial,
        started_by=by,
        person=person,
        scheduled_for=scheduled_for,
        created_at=clock.now(),
    )
    store_uploads(run, integration, uploads or {})
    return run


def filenames(connection: Connection) -> list[str]:
    """The files that the syncs of a connection fetch there, by name."""
    names = set()
    for sync in Sync.objects.filter(connection=connection):
        integration = registry.integration(sync.integration)
        settings = integration.settings.model_validate(sync.version.config.get("settings", {}))
        names |= {name for input in integration.inputs if (name := input.filename(settings))}
    return sorted(names)
