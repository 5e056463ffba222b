"""Syncs: their state, starting, pausing and resuming them, and their schedules."""

import json
from typing import Annotated, Any

from django.db import transaction
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    ApiRequest,
    Name,
    Number,
    SafeParser,
    Token,
    audit,
    person,
    run_of,
    sync_of,
)
from rollcall.api.runs import run_details
from rollcall.api.shapes import Moment, RunDetails, Values
from rollcall.core.problems import Problem
from rollcall.core.settings.schedule_preview import Preview
from rollcall.engine.alerts import health
from rollcall.engine.runs import pausing
from rollcall.engine.runs.inputs import uploads
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import schedule_editor
from rollcall.engine.settings.config import Mistakes, schedule_settings
from rollcall.engine.worker import tasks

router = Router(tags=["Syncs"])


class SyncOut(Schema):
    """A sync and its state, as `rollcall syncs --json` has it."""

    name: str
    integration: str
    state: str
    meaning: str
    next_step: str
    owner: str
    open_alerts: int
    last_good: str
    status: str
    schedule: str
    job: str = Field(description="which the schedule starts")
    next_times: list[str]


@router.get("/syncs", auth=Token(Ability.VIEW), response=list[SyncOut])
def list_syncs(request: ApiRequest) -> list[dict[str, Any]]:
    """Every sync: state, next step and owner, last good run, schedule."""
    states = health.of_district(request.auth.district, callers.clock)
    return [health.as_json(state, callers.clock) for state in states]


@router.get("/syncs/{name}", auth=Token(Ability.VIEW), response=SyncOut)
def show_sync(request: ApiRequest, name: str) -> dict[str, Any]:
    """One sync."""
    state = health.of_sync(sync_of(request, name), callers.clock)
    return health.as_json(state, callers.clock)


class Start(Schema):
    """How a run is started."""

    model_config = ConfigDict(extra="forbid")

    job: str | None = Field(None, description="the sync's first job when not given")
    grade: Name | None = Field(None, description="the code, of a job about one grade")
    student: Number | None = Field(None, description="our number, of a job about one student")
    test: bool = Field(False, description="decide everything, write nothing")
    force: bool = Field(False, description="import also when the files are those of last time")
    partial: bool = Field(False, description="the files sent are parts, such as corrected rows")

    @property
    def about(self) -> dict[str, Any]:
        """The grade or student of the job, as Run.about has it."""
        filters = {"grade": self.grade, "student": self.student}
        return {name: value for name, value in filters.items() if value is not None}


_START = TypeAdapter(Start)
_FIELDS = Start.model_json_schema()["properties"]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Start"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "description": "As the JSON, and a file for each input, by its name; or one "
                    "named `bundle`: a zip with several.",
                    "properties": _FIELDS,
                    "additionalProperties": {"type": "string", "format": "binary"},
                }
            },
        },
    }
}


@router.post(
    "/syncs/{name}/runs",
    auth=Token(Ability.RUN),
    response={202: RunDetails},
    openapi_extra=_BODY,
    tags=["Syncs", "Runs"],
)
def start_run(request: ApiRequest, name: str) -> Status[dict[str, Any]]:
    """Start a run, of the files at the connection or of files sent along. A worker carries it out:
    ask for the run until its state is neither queued nor running.
    """
    sync, options = sync_of(request, name), _start_options(request)
    files = uploads.by_input(request.FILES)
    with transaction.atomic():
        run = start(
            sync,
            callers.clock,
            by="api",
            person=person(request),
            job=options.job,
            about=options.about,
            test=options.test,
            forced=options.force,
            partial=options.partial,
            uploads=files,
        )
        tasks.enqueue(run)
        audit(request, Action.STARTED, f"run {run.pk}", test=run.test, uploaded=len(files))
    return Status(202, run_details(run_of(request, run.pk)))


def _start_options(request: ApiRequest) -> Start:
    """The options sent as a form with files or as JSON; Problem when it is neither."""
    if request.content_type == "multipart/form-data":
        sent: Any = request.POST.dict()
        callers.readable(json.dumps(sent, ensure_ascii=False))
    else:
        try:
            sent = SafeParser().parse_body(request)
        except (ValueError, RecursionError):
            raise Problem(callers.NOT_READABLE) from None
    try:
        return _START.validate_python(sent)
    except ValidationError as error:
        places = {
            ".".join(map(str, ("body", *mistake["loc"]))): mistake["msg"]
            for mistake in error.errors()
        }
        raise callers.Invalid(places) from None


class Paused(Schema):
    """What pausing stopped."""

    stopped: int = Field(description="runs that were queued")


@router.post("/syncs/{name}/pause", auth=Token(Ability.RUN), response=Paused)
def pause_sync(request: ApiRequest, name: str) -> dict[str, int]:
    """Stop a sync: nothing of it is written any more, queued and running work included."""
    stopped = pausing.pause(sync_of(request, name), callers.clock)
    audit(request, Action.PAUSED, f"sync {name}", stopped=stopped)
    return {"stopped": stopped}


@router.post("/syncs/{name}/resume", auth=Token(Ability.RUN), response=SyncOut)
def resume_sync(request: ApiRequest, name: str) -> dict[str, Any]:
    """Let a sync run again. Times missed in the pause are not made up."""
    pausing.resume(sync_of(request, name), callers.clock)
    audit(request, Action.RESUMED, f"sync {name}")
    return show_sync(request, name)


class Skipped(Schema):
    """A time that a blackout skips."""

    at: Moment
    blackout: str


class ScheduleOut(Schema):
    """When a sync runs."""

    status: str = Field(description="Enabled or Disabled")
    schedule: str = Field(description="in words")
    next_times: list[Moment]
    skipped: list[Skipped]
    settings: Values = Field(description="as the configuration has it")
    version: int = Field(description="of the sync's configuration")


class ScheduleIn(Schema):
    """A schedule, as the configuration has it."""

    model_config = ConfigDict(extra="forbid")

    settings: Values
    based_on: Annotated[
        Number | None, Field(description="refuse when the sync has been saved since this version")
    ] = None


@router.get("/syncs/{name}/schedule", auth=Token(Ability.VIEW), response=ScheduleOut)
def show_schedule(request: ApiRequest, name: str) -> dict[str, Any]:
    """A sync's schedule in words, the next times, and those that blackouts skip."""
    sync = sync_of(request, name)
    settings = schedule_settings(sync.integration, sync.version.config)
    preview = schedule_editor.present(sync, callers.clock)
    return _schedule_out(preview, settings, sync.version.number)


@router.put("/syncs/{name}/schedule", auth=Token(Ability.ADMINISTER), response=ScheduleOut)
def save_schedule(request: ApiRequest, name: str, body: ScheduleIn) -> dict[str, Any]:
    """Save a schedule as a version of the sync."""
    sync = sync_of(request, name)
    schedule_editor.save(sync, body.settings, callers.clock, person(request), body.based_on)
    audit(request, Action.CHANGED, f"schedule of {name}", version=sync.version.number)
    return show_schedule(request, name)


@router.post("/syncs/{name}/schedule/preview", auth=Token(Ability.VIEW), response=ScheduleOut)
def preview_schedule(request: ApiRequest, name: str, body: ScheduleIn) -> dict[str, Any]:
    """What an edited schedule would do; nothing is saved."""
    sync = sync_of(request, name)
    preview = schedule_editor.preview(sync, body.settings, callers.clock)
    if preview.errors:
        raise Mistakes({f"settings.{field}": text for field, text in preview.errors.items()})
    return _schedule_out(preview, body.settings, sync.version.number)


def _schedule_out(preview: Preview, settings: Values, version: int) -> dict[str, Any]:
    skipped = [{"at": skip.at.isoformat(), "blackout": skip.blackout} for skip in preview.skipped]
    return {
        "status": "Enabled" if preview.schedule.enabled else "Disabled",
        "schedule": preview.sentence,
        "next_times": [at.isoformat() for at in preview.next],
        "skipped": skipped,
        "settings": settings,
        "version": version,
    }
