"""The configuration as a document, and who the token speaks for."""

from typing import Any

from django.http import JsonResponse
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    Asked,
    Token,
    note,
    person,
)
from rollcall.api.shapes import Moment, Values
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.settings import configure

router = Router(tags=["Configuration"])

OTHER_DISTRICT = Codes.add(
    "api.other_district",
    Severity.ERROR,
    "The document is about another district than the token",
    "Name the token's district in [district], or use a token of that district.",
    "an admin of the district",
)


class Me(Schema):
    """Who the token speaks for, and what it may do."""

    token: str
    person: str
    district: str = Field(description="its code")
    role: str = Field(description="the lesser of the token's and its owner's")
    abilities: list[str]
    expires_at: Moment | None


@router.get("/me", auth=Token(Ability.VIEW), response=Me)
def show_me(request: Asked) -> dict[str, Any]:
    """Who the token speaks for, and what it may do."""
    by = request.auth
    expires = by.token.expires_at
    return {
        "token": by.token.name,
        "person": by.user.email,
        "district": by.district.code,
        "role": by.role,
        "abilities": [str(one) for one in Ability if one in by.role.abilities],
        "expires_at": expires.isoformat() if expires else None,
    }


@router.get("/config", auth=Token(Ability.ADMINISTER), response=Values)
def export_config(request: Asked) -> JsonResponse:
    """The present configuration, as `rollcall config export` has it: secrets as ${env:NAME}."""
    note(request, Action.EXPORTED, "configuration")
    return JsonResponse(configure.export(request.auth.district))


class Configuration(Schema):
    """A configuration to apply."""

    model_config = ConfigDict(extra="forbid")

    document: Values = Field(description="as the TOML file, in JSON; `district` says which")
    secrets: dict[str, str] = Field(
        default_factory=dict,
        description="by NAME, the values of the secrets written ${env:NAME}",
    )


class Done(Schema):
    """A part of the document, and what became of it: added, changed or same."""

    what: str
    became: str


@router.post("/config", auth=Token(Ability.ADMINISTER), response=list[Done])
def apply_config(request: Asked, wanted: Configuration) -> Any:
    """Make the district as the document says: all of it, or nothing when it has a mistake. What it
    does not name stays as it is. Secrets come with it: the server's environment is not read.
    """
    said = wanted.document.get("district")
    if isinstance(said, dict) and said.get("code") != request.auth.district.code:
        raise Problem(OTHER_DISTRICT)
    done = configure.apply(wanted.document, wanted.secrets, callers.clock, person(request))
    changed = sum(one.became != "same" for one in done)
    note(request, Action.CHANGED, "configuration", parts=changed)
    return done
