"""Home: one row a sync, how it is and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch

from rollcall.console.visit import Visit
from rollcall.console.words import SYNC_TONES
from rollcall.core.health import Action, Health
from rollcall.engine.health import SyncHealth, of_district
from rollcall.engine.models import Sync

#: The page a next step leads to, and what its address names: the run or the sync.
_LEADS: Mapping[Action, tuple[str, str]] = {
    Action.REVIEW: ("review", "number"),
    Action.FINDINGS: ("run-findings", "number"),
    Action.RUN: ("run", "number"),
    Action.RESUME: ("sync", "name"),
    Action.SCHEDULE: ("schedule", "name"),
    Action.TEST_RUN: ("sync", "name"),
}


@dataclass(frozen=True)
class Row:
    """A sync on Home. `leads`: the address of its next step, "" when there is none.
    `alerts`: how many nobody has acknowledged, listed on `alerts_page`.
    """

    sync: Sync
    health: Health
    tone: str
    page: str
    leads: str
    alerts: int
    alerts_page: str


def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How the district's syncs are."""
    told = of_district(visit.district, visit.clock)
    shown = {
        "rows": [_row(visit, one) for one in told],
        "alerts": sum(one.open_alerts for one in told),
        "wanting": sum(not one.calm for one in told),
        "fine": bool(told) and all(one.calm for one in told),
    }
    return render(request, "console/home.html", shown)


def _row(visit: Visit, told: SyncHealth) -> Row:
    tone = SYNC_TONES[told.health.state]
    page = _url(visit, "sync", name=told.sync.name)
    listed = _url(visit, "alerts")
    return Row(told.sync, told.health, tone, page, _leads(visit, told), told.open_alerts, listed)


def _leads(visit: Visit, told: SyncHealth) -> str:
    """Where the next step leads; to the run itself where the page is not there."""
    name, part = _LEADS.get(told.health.action, ("", ""))
    if part == "number":
        run = told.health.run or 0
        return _url(visit, name, number=run) or _url(visit, "run", number=run)
    return _url(visit, name, name=told.sync.name)


def _url(visit: Visit, page: str, **parts: str | int) -> str:
    """A page's address, "" when this console has no such page."""
    try:
        return visit.url(page, **parts)
    except NoReverseMatch:
        return ""
