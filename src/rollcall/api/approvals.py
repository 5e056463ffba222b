"""Approve or discard held runs, undo runs."""

from typing import Annotated, Any

from django.db import transaction
from ninja import Router, Schema, Status
from pydantic import Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import ApiRequest, Number, Token, audit, person, run_of
from rollcall.api.runs import run_details
from rollcall.api.shapes import Note, RunDetails
from rollcall.core.plans.exclusion import Exclusion
from rollcall.engine.runs import approve_and_enqueue, approving, undoing
from rollcall.engine.worker import tasks

router = Router(tags=["Runs"])


class Excluded(Schema):
    """Changes to skip: by the lines of an input, or by the keys of records of a type."""

    lines: dict[str, list[Number]] = Field(default_factory=dict)
    keys: dict[str, list[dict[str, str | None]]] = Field(default_factory=dict)


class Approval(Note):
    """An approval."""

    exclude: Excluded = Excluded()


@router.post("/runs/{number}/approve", auth=Token(Ability.APPROVE), response={202: RunDetails})
def approve_run(request: ApiRequest, number: Number, body: Approval) -> Status[dict[str, Any]]:
    """Approve a held run: a worker applies exactly the plan that was held, or refuses if it is
    stale. The token's owner is the person who approves.
    """
    exclusion = Exclusion.from_json(body.exclude.model_dump())
    run = run_of(request, number)
    approve_and_enqueue.approve(run, person(request), callers.clock, body.note, exclusion)
    skipped = sum(map(len, exclusion.lines.values())) + sum(map(len, exclusion.keys.values()))
    audit(request, Action.APPROVED, f"run {number}", skipped=skipped)
    return Status(202, run_details(run_of(request, number)))


@router.post("/runs/{number}/discard", auth=Token(Ability.APPROVE), response=RunDetails)
def discard_run(request: ApiRequest, number: Number, body: Note) -> dict[str, Any]:
    """Discard a held run: nothing is written."""
    approving.discard(run_of(request, number), person(request), callers.clock, body.note)
    audit(request, Action.DISCARDED, f"run {number}")
    return run_details(run_of(request, number))


class Undo(Schema):
    """How to undo."""

    test: Annotated[bool, Field(description="only say what would be put back")] = False


@router.post("/runs/{number}/undo", auth=Token(Ability.APPROVE), response={202: RunDetails})
def undo_run(request: ApiRequest, number: Number, body: Undo) -> Status[dict[str, Any]]:
    """Undo a run: a new run puts back every record it wrote, but for those changed since."""
    run = run_of(request, number)
    with transaction.atomic():
        undo = undoing.start_undo(run, person(request), callers.clock, test=body.test)
        tasks.enqueue(undo)
    action = Action.STARTED if body.test else Action.UNDID
    audit(request, action, f"run {number}", test=body.test, by_run=undo.pk)
    return Status(202, run_details(run_of(request, undo.pk)))
