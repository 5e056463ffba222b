"""Held runs approved or discarded, runs undone."""

from typing import Annotated, Any

from django.db import transaction
from ninja import Router, Schema, Status
from pydantic import Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    Asked,
    Number,
    Token,
    note,
    person,
    run_of,
)
from rollcall.api.runs import whole
from rollcall.api.shapes import Note, RunWhole
from rollcall.core.plans.exclusion import Exclusion
from rollcall.engine.runs import approve_and_enqueue, approving, undoing
from rollcall.engine.worker import tasks

router = Router(tags=["Runs"])


class Excluded(Schema):
    """Changes to leave out: by the lines of an input, or by the keys of records of a type."""

    lines: dict[str, list[Number]] = Field(default_factory=dict)
    keys: dict[str, list[dict[str, str | None]]] = Field(default_factory=dict)


class Approval(Note):
    """An approval."""

    exclude: Excluded = Excluded()


@router.post("/runs/{number}/approve", auth=Token(Ability.APPROVE), response={202: RunWhole})
def approve_run(request: Asked, number: Number, wanted: Approval) -> Status[dict[str, Any]]:
    """Approve a held run: a worker applies exactly the plan that was held, or refuses if it is
    stale. The token's owner is the person who approves.
    """
    out = Exclusion.from_json(wanted.exclude.model_dump())
    run = run_of(request, number)
    approve_and_enqueue.approve(run, person(request), callers.clock, wanted.note, out)
    left_out = sum(map(len, out.lines.values())) + sum(map(len, out.keys.values()))
    note(request, Action.APPROVED, f"run {number}", left_out=left_out)
    return Status(202, whole(run_of(request, number)))


@router.post("/runs/{number}/discard", auth=Token(Ability.APPROVE), response=RunWhole)
def discard_run(request: Asked, number: Number, wanted: Note) -> dict[str, Any]:
    """Discard a held run: nothing is written."""
    approving.discard(run_of(request, number), person(request), callers.clock, wanted.note)
    note(request, Action.DISCARDED, f"run {number}")
    return whole(run_of(request, number))


class Undo(Schema):
    """How to undo."""

    test: Annotated[bool, Field(description="only say what would be put back")] = False


@router.post("/runs/{number}/undo", auth=Token(Ability.APPROVE), response={202: RunWhole})
def undo_run(request: Asked, number: Number, wanted: Undo) -> Status[dict[str, Any]]:
    """Undo a run: a new run puts back every record it wrote, but for those changed since."""
    run = run_of(request, number)
    with transaction.atomic():
        begun = undoing.start_undo(run, person(request), callers.clock, test=wanted.test)
        tasks.enqueue(begun)
    action = Action.STARTED if wanted.test else Action.UNDID
    note(request, action, f"run {number}", test=wanted.test, by_run=begun.pk)
    return Status(202, whole(run_of(request, begun.pk)))
