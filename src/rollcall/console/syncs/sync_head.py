"""What the pages of a sync share: finding it, its head, its tabs, and where its next step leads."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404

from rollcall.access.roles import Ability
from rollcall.console.frame.navigation import Link
from rollcall.console.frame.state_words import SYNC_TONES
from rollcall.console.frame.visit import Visit
from rollcall.core.health import Action
from rollcall.engine import registry
from rollcall.engine.alerts.health import SyncHealth, of_sync
from rollcall.engine.models import Connection, Sync

#: The page a next step leads to, and what its address names: the run or the sync.
_NEXT_PAGES: Mapping[Action, tuple[str, str]] = {
    Action.REVIEW: ("review", "number"),
    Action.FINDINGS: ("run-findings", "number"),
    Action.RUN: ("run", "number"),
    Action.RESUME: ("sync", "name"),
    Action.SCHEDULE: ("schedule", "name"),
    Action.TEST_RUN: ("sync", "name"),
}


def sync_of(visit: Visit, name: str) -> Sync:
    """The district's sync of that name; Http404 when there is none."""
    syncs = Sync.objects.select_related("district", "connection")
    if (sync := syncs.filter(district=visit.district, name=name).first()) is None:
        raise Http404
    return sync


def connection_of(visit: Visit, name: str) -> Connection:
    """The district's connection of that name; Http404 when there is none."""
    connection = Connection.objects.filter(district=visit.district, name=name).first()
    if connection is None:
        raise Http404
    return connection


def head(visit: Visit, sync: Sync, tab: str) -> dict[str, Any]:
    """What the head of every page of a sync shows (`parts/sync_head.html`), on the tab `tab`."""
    status = of_sync(sync, visit.clock)
    sends = registry.integration(sync.integration).sends
    tabs = [
        ("Overview", "sync", {"name": sync.name}, True),
        ("Data flow", "flow", {"sender": sync.name}, sends),
        ("Settings", "sync-settings", {"name": sync.name}, visit.may(Ability.ADMINISTER)),
        ("Schedule", "schedule", {"name": sync.name}, True),
        ("Versions", "sync-versions", {"name": sync.name}, True),
    ]
    return {
        "sync": sync,
        "integration": registry.integration(sync.integration),
        "health": status.health,
        "schedule": status.schedule,
        "tone": SYNC_TONES[status.health.state],
        # The run to review first; the button to run again steps back behind it.
        "held_run": status.health.run if status.health.action == Action.REVIEW else None,
        "next_page": next_page(visit, status),
        "sends": sends,
        "tabs": [
            Link(title, visit.url(page, **parts), page == tab)
            for title, page, parts, shown in tabs
            if shown
        ],
    }


def next_page(visit: Visit, status: SyncHealth) -> str:
    """The address of a sync's next step, "" when there is none."""
    if status.health.action not in _NEXT_PAGES:
        return ""
    page, part = _NEXT_PAGES[status.health.action]
    target = status.health.run or 0 if part == "number" else status.sync.name
    return visit.url(page, **{part: target})
