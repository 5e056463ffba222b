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
    ApiRequest,
    Limit,
    Name,
    Number,
    Token,
    audit,
    person,
    run_of,
    sync_of,
)
from rollcall.api.shapes import Decision, Values
from rollcall.engine.students import match_decisions
from rollcall.engine.students.inbox import inbox
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import MatchDecision

router = Router(tags=["Unmatched rows"])


class Reason(Schema):
    """Why a row is open."""

    code: str
    text: str
    what_to_do: str
    who: str


class SimilarStudent(Schema):
    """A student that a row could be about. `number`: for /api/students."""

    number: int
    local_id: str
    values: Values
    differs: list[str]


class OpenRow(Schema):
    """An open row and similar students."""

    run: int
    sync: str
    input: str
    line: int
    outcome: str
    reason: Reason | None
    values: Values
    other_rows: int = Field(description="how many more open rows the same decision answers")
    new: bool
    near: list[SimilarStudent]


class OpenRowsOfSync(Schema):
    """How many open rows a sync has."""

    sync: str
    run: int
    open: int
    new: int


class Unmatched(Schema):
    """A page of open rows. `next`: the `after` of the next page; null when there is none."""

    rows: list[OpenRow]
    syncs: list[OpenRowsOfSync]
    next: str | None


Mark = Annotated[str, Field(pattern=r"^[0-9]{1,9}-[0-9]{1,3}-[0-9]{1,9}$")]


@router.get("/unmatched", auth=Token(Ability.VIEW), response=Unmatched)
def list_unmatched(
    request: ApiRequest,
    sync: Name | None = None,
    after: Mark | None = None,
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> dict[str, Any]:
    """The open rows of each sync's last live run, each with similar students."""
    if sync is not None:
        sync_of(request, sync)
    district = request.auth.district
    today = match_decisions.today_of(district, callers.clock)
    page = inbox(district, today, sync, after, limit)
    audit(request, Action.SAW, "unmatched rows", shown=len(page.rows))
    rows = [{**vars(row), "near": [vars(student) for student in row.near]} for row in page.rows]
    return {"rows": rows, "syncs": list(map(asdict, page.syncs)), "next": page.next}


class Decisions(Schema):
    """Decisions, the newest first. `next`: the `before` of the next page, or null."""

    decisions: list[Decision]
    next: int | None


@router.get("/decisions", auth=Token(Ability.VIEW), response=Decisions)
def list_decisions(
    request: ApiRequest, sync: Name | None = None, before: Number | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """What people decided about rows; of a sync's integration when one is named."""
    integration = sync_of(request, sync).integration if sync is not None else None
    newest = match_decisions.decisions(request.auth.district, integration, before, limit + 1)
    audit(request, Action.SAW, "decisions about unmatched rows", shown=len(newest[:limit]))
    next_before = newest[limit - 1].pk if len(newest) > limit else None
    return {
        "decisions": [_decision_out(decision) for decision in newest[:limit]],
        "next": next_before,
    }


class Kind(StrEnum):
    """What can be decided about a row."""

    LINK = "link"
    DIFFERENT = "different"
    IGNORE = "ignore"


class DecisionIn(Schema):
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
def decide(request: ApiRequest, body: DecisionIn) -> dict[str, Any]:
    """Decide about a row, for all later runs: it is a student (`link`), it is never that student
    (`different`), or it is not listed as open until a day (`ignore`).
    """
    decision = _carry_out(request, body)
    row = f"run {body.run}, line {body.line}"
    audit(request, Action.DECIDED, row, kind=decision.kind)
    return _decision_out(decision)


def _carry_out(request: ApiRequest, body: DecisionIn) -> MatchDecision:
    place = Place(run_of(request, body.run), body.line, body.input)
    if body.decision is Kind.IGNORE:
        if body.until is None:
            raise callers.Invalid({"body.until": "needed to ignore a row"})
        return match_decisions.ignore(place, body.until, person(request), callers.clock, body.note)
    if not body.student:
        raise callers.Invalid({"body.student": "needed to link a row or to rule a student out"})
    kinds = {Kind.LINK: match_decisions.link, Kind.DIFFERENT: match_decisions.different}
    decide = kinds[body.decision]
    return decide(place, body.student, person(request), callers.clock, body.note)


@router.delete("/decisions/{number}", auth=Token(Ability.EDIT_RECORDS), response=Decision)
def revoke_decision(request: ApiRequest, number: Number) -> dict[str, Any]:
    """Take a decision back; later runs decide without it."""
    decision = _decision_out(match_decisions.revoke(request.auth.district, number, person(request)))
    audit(request, Action.REVOKED, f"decision {number}")
    return decision


def _decision_out(decision: MatchDecision) -> dict[str, Any]:
    document = match_decisions.as_json(decision)
    return {**document, "until": document["until"].isoformat() if document["until"] else None}
