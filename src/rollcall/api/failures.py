"""Failures as answers: JSON in the form of RFC 9457, with our stable code and text."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from rollcall.access.concurrency_limits import RETRY_AFTER, TOO_MANY
from rollcall.access.request_limits import ENTITY_TOO_LARGE, as_problem
from rollcall.api import callers
from rollcall.core.findings import Codes
from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.alerts import alerts
from rollcall.engine.installation import disk_room
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.plans import explaining, guarding
from rollcall.engine.runs import approving, undoing
from rollcall.engine.runs.inputs import upload_room
from rollcall.engine.runs.runner import INTERNAL
from rollcall.engine.runs.starting import SYNC_PAUSED, TOO_MANY_QUEUED
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.students import editing, match_decisions, student_page
from rollcall.records.problems import AWAY, BUSY
from rollcall.transports.errors import TransportError

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

#: The status of a code; every other one is 422, a request that cannot be carried out as it is.
STATUS: Mapping[str, int] = {
    callers.NOT_READABLE: 400,
    callers.NO_TOKEN: 401,
    callers.NOT_ALLOWED: 403,
    approving.SAME_PERSON: 403,
    callers.NOT_FOUND: 404,
    student_page.NO_STUDENT: 404,
    explaining.NO_SUCH_LINE: 404,
    match_decisions.NO_DECISION: 404,
    editing.GONE: 404,
    explaining.NO_PLAN: 409,
    approving.NOT_HELD: 409,
    guarding.PLAN_STALE: 409,
    undoing.ALREADY_UNDONE: 409,
    undoing.GOING_ON: 409,
    undoing.IS_UNDO: 409,
    undoing.NOTHING_TO_UNDO: 409,
    undoing.TOO_OLD: 409,
    undoing.NOT_TESTED: 409,
    undoing.NOT_POSSIBLE: 409,
    switch.NOT_SENDING: 409,
    switch.NOT_STARTED: 409,
    rules_report.NO_REPORT: 409,
    alerts.ALREADY_RESOLVED: 409,
    editing.MOVED: 409,
    SYNC_PAUSED: 409,
    TOO_MANY_QUEUED: 409,
    upload_room.NO_ROOM: 409,
    artifacts.ARTIFACT_REMOVED: 410,
    **dict.fromkeys(ENTITY_TOO_LARGE, 413),
    **dict.fromkeys(TOO_MANY, 429),
    INTERNAL: 500,
    artifacts.ARTIFACT_DAMAGED: 500,
    BUSY: 503,
    AWAY: 503,
    disk_room.DISK_FULL: 507,
}


class ProblemOut(Schema):
    """A problem: `type` to `detail` as in RFC 9457, then what to do and who can do it."""

    type: str = Field(description="urn:rollcall: and the code")
    title: str = Field(description="what is wrong, the same for every problem of that code")
    status: int
    detail: str = Field(description="what is wrong here")
    code: str = Field(description="stable: docs/reference/findings.md lists them")
    what_to_do: str
    who: str = Field(description="who can do it")
    places: dict[str, str] = Field({}, description="what is wrong where, in what was sent")


def answer(problem: Problem, places: Mapping[str, str] | None = None) -> HttpResponse:
    """The answer to a request that ended in a problem."""
    declared = problem.declared
    upstream = isinstance(problem, TransportError)
    status = STATUS.get(problem.code, 502 if upstream else 422)
    body = ProblemOut(
        type=f"urn:rollcall:{problem.code}",
        title=declared.text,
        status=status,
        detail=problem.sentence,
        code=problem.code,
        what_to_do=declared.what_to_do,
        who=declared.who,
        places=dict(places or {}),
    )
    response = HttpResponse(json.dumps(body.model_dump()), content_type=MEDIA_TYPE, status=status)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if status == 429:
        response["Retry-After"] = RETRY_AFTER
    return response


def install(api: NinjaAPI) -> None:
    """Answer every kind of failure as a problem."""
    for kind, answer_to in _ANSWERS.items():
        api.add_exception_handler(kind, _handler(answer_to))


def _handler(answer_to: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], Any]:
    return lambda request, error: answer_to(error)


def _unreadable(error: Exception) -> HttpResponse:
    """A request that Django, or django-ninja for it, could not read; or one that is too large."""
    too_large = as_problem(error) or as_problem(error.__cause__)
    return answer(too_large or Problem(callers.NOT_READABLE))


def _not_valid(error: ValidationError) -> HttpResponse:
    """Places as the caller wrote them: in the body, the query or the path; never their values."""
    places = {}
    for mistake in error.errors:
        source, *path = map(str, mistake["loc"])
        # ("body", "body", "note") is body.note: the name of the parameter is ours.
        place = [source, *path[1:]] if source == "body" else [source, *path]
        places[".".join(place)] = mistake["msg"]
    return answer(Problem(callers.INVALID, ", ".join(places)), places)


def _internal(error: Exception) -> HttpResponse:
    log.exception("request failed", code=INTERNAL)
    return answer(Problem(INTERNAL, type(error).__name__))


def _database_away(error: Exception) -> HttpResponse:
    log.warning("database away", error_type=type(error).__name__)
    response = answer(Problem(AWAY))
    response["Retry-After"] = "5"
    return response


_ANSWERS: Mapping[type[Exception], Callable[[Any], HttpResponse]] = {
    Exception: _internal,
    OperationalError: _database_away,
    InterfaceError: _database_away,
    Http404: lambda error: answer(Problem(callers.NOT_FOUND)),
    HttpError: _unreadable,
    SuspiciousOperation: _unreadable,
    MultiPartParserError: _unreadable,
    BadRequest: _unreadable,
    UnreadablePostError: _unreadable,
    AuthenticationError: lambda error: answer(Problem(callers.NO_TOKEN)),
    ValidationError: _not_valid,
    Problem: answer,
    Mistakes: lambda error: answer(error, error.places),
    callers.Invalid: lambda error: answer(error, error.places),
    editing.Invalid: lambda error: answer(
        error, {mistake.column: mistake.text for mistake in error.mistakes}
    ),
}

assert all(Codes.get(code) for code in STATUS)
