"""Alerts: problems that stay open until they are resolved."""

from enum import StrEnum
from typing import Any

from ninja import Router, Schema
from pydantic import Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    NOT_FOUND,
    ApiRequest,
    Limit,
    Name,
    Number,
    Token,
    audit,
    person,
    sync_of,
)
from rollcall.api.shapes import Moment, Note
from rollcall.core.problems import Problem
from rollcall.engine.alerts import alerts as engine
from rollcall.engine.models import UNRESOLVED, Alert, AlertState

router = Router(tags=["Alerts"])


class Which(StrEnum):
    """Which alerts: open ones, or resolved ones."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"


class AlertOut(Schema):
    """An alert, as `rollcall alerts --json` has it."""

    alert: int
    sync: str
    kind: str
    code: str
    severity: str
    text: str
    count: int = Field(description="how many rows it was about when last seen")
    times: int = Field(description="by how many runs it was seen")
    state: str
    subject: str = Field(description="empty for the sync itself, else the record: student:NUMBER")
    detail: str = Field(description="which of several: the document refused, the rule's number")
    local_id: str | None = Field(description="of the student it is about, if it is about one")
    what_to_do: str
    who: str
    first_seen: Moment
    last_seen: Moment
    last_run: int | None
    acknowledged_by: str
    note: str


class Alerts(Schema):
    """Alerts, the newest first. `next`: the `before` of the next page; null when there is none."""

    alerts: list[AlertOut]
    next: int | None


@router.get("/alerts", auth=Token(Ability.VIEW), response=Alerts)
def list_alerts(
    request: ApiRequest,
    state: Which = Which.UNRESOLVED,
    sync: Name | None = None,
    code: Name = "",
    before: Number | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Open alerts, or resolved ones."""
    states = (AlertState.RESOLVED,) if state is Which.RESOLVED else UNRESOLVED
    sync_only = sync_of(request, sync) if sync is not None else None
    newest = engine.listed(
        request.auth.district, states, sync=sync_only, code=code, before=before, limit=limit + 1
    )
    next_before = newest[limit - 1].pk if len(newest) > limit else None
    return {"alerts": engine.as_json(newest[:limit]), "next": next_before}


@router.post("/alerts/{number}/acknowledge", auth=Token(Ability.EDIT_RECORDS), response=AlertOut)
def acknowledge_alert(request: ApiRequest, number: Number, body: Note) -> dict[str, Any]:
    """Assign the alert to the token's owner. It stays listed until the problem is resolved."""
    alert = Alert.objects.filter(district=request.auth.district, pk=number).first()
    if alert is None:
        raise Problem(NOT_FOUND, f"alert {number}")
    acknowledged = engine.acknowledge(alert, person(request), body.note, callers.clock)
    audit(request, Action.ACKNOWLEDGED, f"alert {number}")
    return engine.as_json([acknowledged])[0]
