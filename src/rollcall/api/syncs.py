"""Syncs: how they are, started, paused, resumed; their schedules."""

import json
from typing import Annotated, Any

from django.db import transaction
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    Asked,
    Name,
    Number,
    SafeParser,
    Token,
    note,
    person,
    run_of,
    sync_of,
)
from rollcall.api.runs import whole
from rollcall.api.shapes import Moment, RunWhole, Values
from rollcall.core.problems import Problem
from rollcall.core.settings.schedule_preview import Preview
from rollcall.engine.alerts import health
from rollcall.engine.runs import pausing, uploads
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import schedule_editor
from rollcall.engine.settings.config import Mistakes, schedule_given
from rollcall.engine.worker import sync_summary, tasks

router = Router(tags=["Syncs"])


class SyncOut(Schema):
    """A sync and how it is, as `rollcall syncs --json` has it."""

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
def list_syncs(request: Asked) -> list[dict[str, Any]]:
    """Every sync: state, next step and owner, last good run, schedule."""
    found = health.of_district(request.auth.district, callers.clock)
    return [sync_summary.told(one, callers.clock) for one in found]


@router.get("/syncs/{name}", auth=Token(Ability.VIEW), response=SyncOut)
def show_sync(request: Asked, name: str) -> dict[str, Any]:
    """One sync."""
    found = health.of_sync(sync_of(request, name), callers.clock)
    return sync_summary.told(found, callers.clock)


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
        """Whom the job is about, as Run.about has it."""
        given = {"grade": self.grade, "student": self.student}
        return {name: value for name, value in given.items() if value is not None}


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
    response={202: RunWhole},
    openapi_extra=_BODY,
    tags=["Syncs", "Runs"],
)
def start_run(request: Asked, name: str) -> Status[dict[str, Any]]:
    """Start a run, of the files at the connection or of files sent along. A worker carries it out:
    ask for the run until its state is neither queued nor running.
    """
    sync, wanted = sync_of(request, name), _wanted(request)
    files = uploads.by_input(request.FILES)
    with transaction.atomic():
        run = start(
            sync,
            callers.clock,
            by="api",
            person=person(request),
            job=wanted.job,
            about=wanted.about,
            test=wanted.test,
            forced=wanted.force,
            partial=wanted.partial,
            uploads=files,
        )
        tasks.enqueue(run)
        note(request, Action.STARTED, f"run {run.pk}", test=run.test, uploaded=len(files))
    return Status(202, whole(run_of(request, run.pk)))


def _wanted(request: Asked) -> Start:
    """What was sent, as a form with files or as JSON; Problem when it is neither."""
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
        places = {".".join(map(str, one["loc"])): one["msg"] for one in error.errors()}
        raise callers.Invalid(
            {f"body.{at}".rstrip("."): what for at, what in places.items()}
        ) from None


class Paused(Schema):
    """What pausing stopped."""

    stopped: int = Field(description="runs that were queued")


@router.post("/syncs/{name}/pause", auth=Token(Ability.RUN), response=Paused)
def pause_sync(request: Asked, name: str) -> dict[str, int]:
    """Stop a sync: nothing of it is written any more, queued and running work included."""
    stopped = pausing.pause(sync_of(request, name), callers.clock)
    note(request, Action.PAUSED, f"sync {name}", stopped=stopped)
    return {"stopped": stopped}


@router.post("/syncs/{name}/resume", auth=Token(Ability.RUN), response=SyncOut)
def resume_sync(request: Asked, name: str) -> dict[str, Any]:
    """Let a sync run again. Times missed in the pause are not made up."""
    pausing.resume(sync_of(request, name), callers.clock)
    note(request, Action.RESUMED, f"sync {name}")
    return show_sync(request, name)


class Skipped(Schema):
    """A time that a blackout takes away."""

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
        Number | None, Field(description="refuse when somebody saved the sync since this version")
    ] = None


@router.get("/syncs/{name}/schedule", auth=Token(Ability.VIEW), response=ScheduleOut)
def show_schedule(request: Asked, name: str) -> dict[str, Any]:
    """A sync's schedule in words, the next times, and those that blackouts take away."""
    sync = sync_of(request, name)
    version = sync.version
    settings = schedule_given(sync.integration, version.config)
    said = _schedule(schedule_editor.present(sync, callers.clock))
    return {**said, "settings": settings, "version": version.number}


@router.put("/syncs/{name}/schedule", auth=Token(Ability.ADMINISTER), response=ScheduleOut)
def save_schedule(request: Asked, name: str, wanted: ScheduleIn) -> dict[str, Any]:
    """Save a schedule as a version of the sync."""
    sync = sync_of(request, name)
    schedule_editor.save(sync, wanted.settings, callers.clock, person(request), wanted.based_on)
    note(request, Action.CHANGED, f"schedule of {name}", version=sync.version.number)
    return show_schedule(request, name)


@router.post("/syncs/{name}/schedule/preview", auth=Token(Ability.VIEW), response=ScheduleOut)
def preview_schedule(request: Asked, name: str, wanted: ScheduleIn) -> dict[str, Any]:
    """What an edited schedule would do; nothing is saved."""
    sync = sync_of(request, name)
    previewed = schedule_editor.preview(sync, wanted.settings, callers.clock)
    if previewed.errors:
        raise Mistakes({f"settings.{at}": what for at, what in previewed.errors.items()})
    number = sync.version.number
    return {**_schedule(previewed), "settings": wanted.settings, "version": number}


def _schedule(shown: Preview) -> dict[str, Any]:
    return {
        "status": "Enabled" if shown.schedule.enabled else "Disabled",
        "schedule": shown.sentence,
        "next_times": [at.isoformat() for at in shown.next],
        "skipped": [{"at": one.at.isoformat(), "blackout": one.blackout} for one in shown.skipped],
    }
