"""Who asks: a program with a token, let in only to what its operation declares that it needs."""

import json
from typing import Annotated, Any
from urllib.parse import unquote

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.security import HttpBearer
from pydantic import Field

from rollcall.access import at_once, audit, tokens
from rollcall.access.audit import Action
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
    "The token may not do this: its role, or its owner's, does not include it",
    "Use a token with a role that may.",
    "an admin of the district",
)
NOT_FOUND = Codes.add(
    "api.not_found",
    Severity.ERROR,
    "There is nothing of that name or number in the district of this token",
    "Look at the list it should be in.",
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
    "Something in the request is not as the operation takes it",
    "Correct the places named; see the API's document.",
    _CALLER,
)

#: A number of ours.
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
#: The number of a line, or a place in a list.
Place = Annotated[int, Field(ge=-1, le=2**31 - 1)]
Limit = Annotated[int, Field(ge=1, le=200)]
Name = Annotated[str, Field(max_length=200)]


class Asked(HttpRequest):
    """A request that was let in."""

    auth: Bearer


class Token(HttpBearer):
    """Lets in whoever shows a good token with the ability `needs`; None: nobody."""

    def __init__(self, needs: Ability | None) -> None:
        super().__init__()
        self.needs = needs

    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        """Who asks; None for no good token, Problem for one that may not."""
        found = tokens.bearer(token, clock)
        if found is None:
            return None
        if self.needs not in found.role.abilities:
            raise Problem(NOT_ALLOWED, f"{found.role}; it needs {self.needs}")
        at_once.asked(request, f"token {found.token.pk}")
        readable(request.path_info + unquote(request.META.get("QUERY_STRING", "")))
        return found


class SafeParser(Parser):
    """Reads JSON, but for texts the database could not hold."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body; ValueError or RecursionError when it is no JSON."""
        found: dict[str, Any] = json.loads(request.body, parse_constant=_no_number)
        readable(json.dumps(found, ensure_ascii=False))
        return found


def _no_number(text: str) -> None:
    raise ValueError(text)


def readable(text: str) -> None:
    """Problem api.not_readable when a text has a zero byte, or half of a character."""
    if "\x00" in text or "\\u0000" in text:
        raise Problem(NOT_READABLE, "a text has a zero byte in it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Problem(NOT_READABLE, "a text has half of a character in it") from None


def person(request: Asked) -> str:
    """Who is answerable for what the program does: the token's owner."""
    return request.auth.user.email


def note(request: Asked, action: Action, what: str = "", **detail: str | int | bool) -> None:
    """Write into the audit log what the token's owner did by it."""
    by = request.auth
    detail = {"token": by.token.name, **detail}
    audit.record(clock, person(request), action, what, district=by.district, detail=detail)


def sync_of(request: Asked, name: str) -> Sync:
    """The sync of that name; Problem api.not_found."""
    found = Sync.objects.select_related("district", "connection")
    sync = found.filter(district=request.auth.district, name=name).first()
    if sync is None:
        raise Problem(NOT_FOUND, "sync")
    return sync


def run_of(request: Asked, number: int) -> Run:
    """The run of that number; Problem api.not_found."""
    found = Run.objects.select_related("sync", "version", "district")
    run = found.filter(district=request.auth.district, pk=number).first()
    if run is None:
        raise Problem(NOT_FOUND, f"run {number}")
    return run


class Invalid(Problem):
    """What was sent is not as the operation takes it: `places` says what is wrong where."""

    def __init__(self, places: dict[str, str]) -> None:
        super().__init__(INVALID, ", ".join(places))
        self.places = places
