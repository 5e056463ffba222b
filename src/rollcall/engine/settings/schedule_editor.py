"""The schedule editor: preview without saving, save, enable, disable."""

from collections.abc import Mapping
from typing import Any

from rollcall.core.settings import schedule_preview
from rollcall.core.settings.schedule import Schedule
from rollcall.core.settings.schedule_preview import Preview
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.config import Mistakes, schedule_settings, wrong_job


def present(sync: Sync, clock: Clock) -> Preview:
    """The schedule in force and what it will do."""
    return preview(sync, schedule_settings(sync.integration, sync.version.config), clock)


def preview(sync: Sync, fields: Mapping[str, Any], clock: Clock) -> Preview:
    """What an edited schedule would do on the clock of the sync's district; saves nothing."""
    shown = schedule_preview.preview(fields, sync.district.timezone, clock.now())
    wrong = wrong_job(sync.integration, shown.schedule.job)
    return Preview(errors={"job": wrong}) if wrong else shown


def jobs(sync: Sync) -> dict[str, str]:
    """The jobs that a schedule can start, with their titles."""
    integration = registry.integration(sync.integration)
    titles = {job.name: job.title for job in integration.jobs}
    return {name: titles[name] for name in integration.scheduled_jobs}


def job_of(sync: Sync, schedule: Schedule) -> str:
    """The title of the job that a schedule starts; "" where there is no choice."""
    choices = jobs(sync)
    job = registry.integration(sync.integration).job_of(schedule)
    return choices.get(job, job) if len(choices) > 1 else ""


def save(
    sync: Sync, fields: Mapping[str, Any], clock: Clock, person: str, based_on: int | None = None
) -> str:
    """Save an edited schedule as a version of the sync: "changed", or "same".

    Times that have passed are not made up. Raises Mistakes by field, or Problem when another person
    saved the sync since version `based_on`.
    """
    errors = preview(sync, fields, clock).errors
    if errors:
        raise Mistakes(errors)
    return sync_settings.save(sync, {"schedule": dict(fields)}, clock, person, based_on)


def enable(sync: Sync, clock: Clock, person: str) -> str:
    """Let the sync run by itself. Raises Mistakes when the schedule names no time to run at."""
    return _switch(sync, True, clock, person)


def disable(sync: Sync, clock: Clock, person: str) -> str:
    """Let the sync run only when a person starts it; its days and times are kept."""
    return _switch(sync, False, clock, person)


def _switch(sync: Sync, enabled: bool, clock: Clock, person: str) -> str:
    fields = {**schedule_settings(sync.integration, sync.version.config), "enabled": enabled}
    return save(sync, fields, clock, person)
