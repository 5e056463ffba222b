"""The program behind a request: its token, and whether that allows what the operation needs."""

import json
from typing import Annotated, Any
from urllib.parse import unquote

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.security import HttpBearer
from pydantic import Field

from rollcall.access import concurrency_limits, tokens
from rollcall.access.audit import Action, record
from rollcall.access.roles import Ability
from rollcall.access.tokens import Bearer
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock, SystemClock
from rollcall.engine.models import Run, Sync

#: The clock every request is given; tests set another.
clock: Clock = SystemClock()

_CALLER = "the person who wrote the program"

NO_TOKEN = Codes.add(
    "api.no_token",
    Severity.ERROR,
    "There is no token in the request, or it is unknown, expired or revoked",
    "Send the header `Authorization: Bearer TOKEN`. An admin makes tokens under Settings.",
    "an admin of the district",
)
NOT_ALLOWED = Codes.add(
    "api.not_allowed",
    Severity.ERROR,
    "The token does not allow this: its role, or its owner's, does not include it",
    "Use a token with a role that allows it.",
    "an admin of the district",
)
NOT_FOUND = Codes.add(
    "api.not_found",
    Severity.ERROR,
    "Nothing in the district of this token has that name or number",
    "Look it up in the list it should be in.",
    _CALLER,
)
NOT_READABLE = Codes.add(
    "api.not_readable",
    Severity.ERROR,
    "The request cannot be read",
    "See the API's document for what the operation takes.",
    _CALLER,
)
INVALID = Codes.add(
    "api.invalid",
    Severity.ERROR,
    "A part of the request is not valid for this operation",
    "Correct the parts named; see the API's document.",
    _CALLER,
)

#: A number of ours.
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
#: The number of a line, or a place in a list.
Place = Annotated[int, Field(ge=-1, le=2**31 - 1)]
Limit = Annotated[int, Field(ge=1, le=200)]
Name = Annotated[str, Field(max_length=200)]


class ApiRequest(HttpRequest):
    """A request that was let in."""

    auth: Bearer


class Token(HttpBearer):
    """Accepts a request with a good token that has the ability `needs`; None: refuses all."""

    def __init__(self, needs: Ability | None) -> None:
        super().__init__()
        self.needs = needs

    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        """The token's bearer; None for no good token, Problem for one that does not allow it."""
        bearer = tokens.bearer(token, clock)
        if bearer is None:
            return None
        if self.needs not in bearer.role.abilities:
            raise Problem(NOT_ALLOWED, f"{bearer.role}; it needs {self.needs}")
        concurrency_limits.count_request(request, f"token {bearer.token.pk}")
        readable(request.path_info + unquote(request.META.get("QUERY_STRING", "")))
        return bearer


class SafeParser(Parser):
    """Reads JSON, and refuses texts that the database cannot store."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body; ValueError or RecursionError when it is no JSON."""
        # NaN and Infinity are no JSON: int refuses them.
        body: dict[str, Any] = json.loads(request.body, parse_constant=int)
        readable(json.dumps(body, ensure_ascii=False))
        return body


def readable(text: str) -> None:
    """Problem api.not_readable when a text has a zero byte, or half of a character."""
    if "\x00" in text or "\\u0000" in text:
        raise Problem(NOT_READABLE, "a text has a zero byte in it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Problem(NOT_READABLE, "a text has half of a character in it") from None


def person(request: ApiRequest) -> str:
    """Who is responsible for what the program does: the token's owner."""
    return request.auth.user.email


def audit(request: ApiRequest, action: Action, what: str = "", **detail: str | int | bool) -> None:
    """Write into the audit log what the token's owner did by it."""
    bearer = request.auth
    detail = {"token": bearer.token.name, **detail}
    record(clock, person(request), action, what, district=bearer.district, detail=detail)


def sync_of(request: ApiRequest, name: str) -> Sync:
    """The sync of that name; Problem api.not_found."""
    syncs = Sync.objects.filter(district=request.auth.district)
    sync = syncs.select_related("district", "connection").filter(name=name).first()
    if sync is None:
        raise Problem(NOT_FOUND, "sync")
    return sync


def run_of(request: ApiRequest, number: int) -> Run:
    """The run of that number; Problem api.not_found."""
    runs = Run.objects.filter(district=request.auth.district)
    run = runs.select_related("sync", "version", "district").filter(pk=number).first()
    if run is None:
        raise Problem(NOT_FOUND, f"run {number}")
    return run


class Invalid(Problem):
    """The request is not valid for the operation: `places` says what is wrong where."""

    def __init__(self, places: dict[str, str]) -> None:
        super().__init__(INVALID, ", ".join(places))
        self.places = places
