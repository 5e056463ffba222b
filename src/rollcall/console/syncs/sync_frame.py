"""What the pages of a sync share: finding it, its tabs, and where its next step leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import NoReverseMatch

from rollcall.access.roles import Ability
from rollcall.console.frame.state_words import SYNC_TONES
from rollcall.console.frame.visit import Visit
from rollcall.core.health import Action
from rollcall.engine import registry
from rollcall.engine.alerts import health
from rollcall.engine.alerts.health import SyncHealth
from rollcall.engine.models import Connection, Sync

#: The page a next step leads to, and what its address names: the run or the sync.
_LEADS: Mapping[Action, tuple[str, str]] = {
    Action.REVIEW: ("review", "number"),
    Action.FINDINGS: ("run-findings", "number"),
    Action.RUN: ("run", "number"),
    Action.RESUME: ("sync", "name"),
    Action.SCHEDULE: ("schedule", "name"),
    Action.TEST_RUN: ("sync", "name"),
}
_TABS = (
    ("Overview", "sync", Ability.VIEW),
    ("Settings", "sync-settings", Ability.ADMINISTER),
    ("Schedule", "schedule", Ability.VIEW),
    ("Versions", "sync-versions", Ability.VIEW),
)


@dataclass(frozen=True)
class Tab:
    """A page of the sync as a tab."""

    title: str
    address: str
    present: bool


def sync_of(visit: Visit, name: str) -> Sync:
    """The district's sync of that name; Http404 when there is none."""
    found = Sync.objects.select_related("district", "connection")
    if (sync := found.filter(district=visit.district, name=name).first()) is None:
        raise Http404
    return sync


def connection_of(visit: Visit, name: str) -> Connection:
    """The district's connection of that name; Http404 when there is none."""
    found = Connection.objects.filter(district=visit.district, name=name).first()
    if found is None:
        raise Http404
    return found


def frame(visit: Visit, sync: Sync, here: str) -> dict[str, Any]:
    """What the head of every page of a sync shows (`parts/sync_head.html`)."""
    told = health.of_sync(sync, visit.clock)
    return {
        "sync": sync,
        "integration": registry.integration(sync.integration),
        "told": told,
        "tone": SYNC_TONES[told.health.state],
        # A held run is what there is to do; the button to run again steps back behind it.
        "held": told.health.run if told.health.action == Action.REVIEW else None,
        "sends": registry.integration(sync.integration).outbound is not None,
        "tabs": _tabs(visit, sync, here),
    }


def _tabs(visit: Visit, sync: Sync, here: str) -> list[Tab]:
    tabs = [
        Tab(title, visit.url(page, name=sync.name), page == here)
        for title, page, needs in _TABS
        if visit.may(needs)
    ]
    if registry.integration(sync.integration).outbound is None:
        return tabs
    flow = Tab("Data flow", visit.url("flow", sender=sync.name), here == "flow")
    return [tabs[0], flow, *tabs[1:]]


def leads(visit: Visit, told: SyncHealth) -> str:
    """Where the next step of a sync leads, "" when nowhere; to the run itself where this console
    has no such page.
    """
    name, part = _LEADS.get(told.health.action, ("", ""))
    if part == "number":
        run = told.health.run or 0
        return url(visit, name, number=run) or url(visit, "run", number=run)
    return url(visit, name, name=told.sync.name)


def url(visit: Visit, page: str, **parts: str | int) -> str:
    """A page's address, "" when this console has no such page."""
    try:
        return visit.url(page, **parts)
    except NoReverseMatch:
        return ""
