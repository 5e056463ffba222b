"""Home: one row for each sync, how it is and what to do next."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.state_words import SYNC_TONES
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_head import next_page
from rollcall.core.health import Health
from rollcall.engine.alerts.health import SyncHealth, of_district
from rollcall.engine.models import Sync

_HEADER = (
    "Sync", "State", "Last good run", "Last good run at", "Next run at", "Open alerts", "Meaning",
    "Next step", "Owner",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A sync on Home. `next_page`: the address of its next step, "" when there is none."""

    sync: Sync
    health: Health
    tone: str
    open_alerts: int
    next_page: str


def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The state of the district's syncs."""
    statuses = of_district(visit.district, visit.clock)
    attention = sum(not status.calm for status in statuses)
    rows = [
        Row(
            status.sync,
            status.health,
            SYNC_TONES[status.health.state],
            status.open_alerts,
            next_page(visit, status),
        )
        for status in statuses
    ]
    context = {
        "rows": rows,
        "alerts": sum(status.open_alerts for status in statuses),
        "attention": attention,
        "fine": bool(statuses) and not attention,
    }
    return render(request, "home/home.html", context)


def home_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same as CSV."""
    return csv_file(visit, "syncs", _HEADER, map(_cells, of_district(visit.district, visit.clock)))


def _cells(status: SyncHealth) -> tuple[object, ...]:
    health, good = status.health, status.health.last_good
    last = (good.number, good.at) if good else (None, None)
    words = (health.meaning, health.next_step, health.owner)
    return (status.sync.name, health.state, *last, health.next_run, status.open_alerts, *words)
