"""The configuration as a document, and whose token it is."""

from typing import Any

from django.http import JsonResponse
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import ApiRequest, Token, audit, person
from rollcall.api.shapes import Moment, Values
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.settings import configure

router = Router(tags=["Configuration"])

OTHER_DISTRICT = Codes.add(
    "api.other_district",
    Severity.ERROR,
    "The document is not about the token's district",
    "Name the token's district in [district], or use a token of that district.",
    "an admin of the district",
)


class Me(Schema):
    """Whose token it is, and what it can do."""

    token: str
    person: str
    district: str = Field(description="its code")
    role: str = Field(description="the lesser of the token's and its owner's")
    abilities: list[str]
    expires_at: Moment | None


@router.get("/me", auth=Token(Ability.VIEW), response=Me)
def show_me(request: ApiRequest) -> dict[str, Any]:
    """Whose token it is, and what it can do."""
    bearer = request.auth
    expires = bearer.token.expires_at
    return {
        "token": bearer.token.name,
        "person": bearer.user.email,
        "district": bearer.district.code,
        "role": bearer.role,
        "abilities": [str(ability) for ability in Ability if ability in bearer.role.abilities],
        "expires_at": expires.isoformat() if expires else None,
    }


@router.get("/config", auth=Token(Ability.ADMINISTER), response=Values)
def export_config(request: ApiRequest) -> JsonResponse:
    """The current configuration, as `rollcall config export` has it: secrets as ${env:NAME}."""
    audit(request, Action.EXPORTED, "configuration")
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
def apply_config(request: ApiRequest, body: Configuration) -> Any:
    """Apply the document to the district: all of it, or nothing when it has a mistake. What it does
    not name stays as it is. Secrets come with it: the server's environment is not read.
    """
    district = body.document.get("district")
    if isinstance(district, dict) and district.get("code") != request.auth.district.code:
        raise Problem(OTHER_DISTRICT)
    parts = configure.apply(body.document, body.secrets, callers.clock, person(request))
    changed = sum(part.became != "same" for part in parts)
    audit(request, Action.CHANGED, "configuration", parts=changed)
    return parts
