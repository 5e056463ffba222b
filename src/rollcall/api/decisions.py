"""Unmatched rows, and what people decide about them."""

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from ninja import Router, Schema
from pydantic import ConfigDict, Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    Asked,
    Limit,
    Name,
    Number,
    Token,
    note,
    person,
    run_of,
    sync_of,
)
from rollcall.api.shapes import Decision, Values
from rollcall.engine.students import match_decisions
from rollcall.engine.students.inbox import InboxRow, inbox
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import MatchDecision

router = Router(tags=["Unmatched rows"])


class Reason(Schema):
    """Why a row is open."""

    code: str
    text: str
    what_to_do: str
    who: str


class Near(Schema):
    """A student whom a row could be about. `number`: for /api/students."""

    number: int
    local_id: str
    values: Values
    differs: list[str]


class OpenRow(Schema):
    """An open row and the students like it."""

    run: int
    sync: str
    input: str
    line: int
    outcome: str
    reason: Reason | None
    values: Values
    others: int = Field(description="further open rows that the same decision answers")
    new: bool
    near: list[Near]


class OfSync(Schema):
    """How many open rows a sync has."""

    sync: str
    run: int
    open: int
    new: int


class Unmatched(Schema):
    """A page of open rows. `next`: the `after` of the next page; null when there is none."""

    rows: list[OpenRow]
    syncs: list[OfSync]
    next: str | None


Mark = Annotated[str, Field(pattern=r"^[0-9]{1,9}-[0-9]{1,3}-[0-9]{1,9}$")]


@router.get("/unmatched", auth=Token(Ability.VIEW), response=Unmatched)
def list_unmatched(
    request: Asked,
    sync: Name | None = None,
    after: Mark | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> dict[str, Any]:
    """The open rows of each sync's last live run, each with the students like it."""
    if sync is not None:
        sync_of(request, sync)
    district = request.auth.district
    today = match_decisions.today_of(district, callers.clock)
    found = inbox(district, today, sync, after, limit)
    note(request, Action.SAW, "unmatched rows", shown=len(found.rows))
    rows = [_row(one) for one in found.rows]
    return {"rows": rows, "syncs": [asdict(one) for one in found.syncs], "next": found.next}


def _row(one: InboxRow) -> dict[str, Any]:
    return {**vars(one), "near": [vars(near) for near in one.near]}


class Decisions(Schema):
    """Decisions, the newest first. `next`: the `before` of the next page, or null."""

    decisions: list[Decision]
    next: int | None


@router.get("/decisions", auth=Token(Ability.VIEW), response=Decisions)
def list_decisions(
    request: Asked, sync: Name | None = None, before: Number | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """What people decided about rows; of a sync's integration when one is named."""
    integration = sync_of(request, sync).integration if sync is not None else None
    found = match_decisions.decisions(request.auth.district, integration, before, limit + 1)
    note(request, Action.SAW, "decisions about unmatched rows", shown=len(found[:limit]))
    more = found[limit - 1].pk if len(found) > limit else None
    return {"decisions": [_told(one) for one in found[:limit]], "next": more}


class Kind(StrEnum):
    """What can be decided about a row."""

    LINK = "link"
    DIFFERENT = "different"
    IGNORE = "ignore"


class Wanted(Schema):
    """A decision about a row."""

    model_config = ConfigDict(extra="forbid")

    run: Number
    line: Annotated[int, Field(ge=1, le=2**31 - 1)]
    input: Name | None = Field(None, description="the first input when not given")
    decision: Kind
    student: Name | None = Field(
        None, description="the student's local id, for `link` and `different`"
    )
    until: date | None = Field(None, description="the day on which an ignored row is open again")
    note: Annotated[str, Field(max_length=500)] = ""


@router.post("/decisions", auth=Token(Ability.EDIT_RECORDS), response=Decision)
def decide(request: Asked, wanted: Wanted) -> dict[str, Any]:
    """Decide about a row, for all later runs: it is a student (`link`), it is never that student
    (`different`), or it is no open question until a day (`ignore`).
    """
    made = _decided(request, wanted)
    what = f"run {wanted.run}, line {wanted.line}"
    note(request, Action.DECIDED, what, kind=made.kind)
    return _told(made)


def _decided(request: Asked, wanted: Wanted) -> MatchDecision:
    place = Place(run_of(request, wanted.run), wanted.line, wanted.input)
    if wanted.decision is Kind.IGNORE:
        if wanted.until is None:
            raise callers.Invalid({"body.until": "needed to ignore a row"})
        return match_decisions.ignore(
            place, wanted.until, person(request), callers.clock, wanted.note
        )
    if not wanted.student:
        raise callers.Invalid({"body.student": "needed to link a row or to rule a student out"})
    work = match_decisions.link if wanted.decision is Kind.LINK else match_decisions.different
    return work(place, wanted.student, person(request), callers.clock, wanted.note)


@router.delete("/decisions/{number}", auth=Token(Ability.EDIT_RECORDS), response=Decision)
def revoke_decision(request: Asked, number: Number) -> dict[str, Any]:
    """Take a decision back; later runs decide without it. What it was."""
    told = _told(match_decisions.revoke(request.auth.district, number, person(request)))
    note(request, Action.REVOKED, f"decision {number}")
    return told


def _told(one: MatchDecision) -> dict[str, Any]:
    told = match_decisions.told(one)
    return {**told, "until": told["until"].isoformat() if told["until"] else None}
