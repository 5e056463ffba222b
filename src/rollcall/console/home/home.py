"""Home: one row a sync, how it is and what to do next."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.state_words import SYNC_TONES
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_frame import leads, url
from rollcall.core.health import Health
from rollcall.engine.alerts.health import SyncHealth, of_district
from rollcall.engine.models import Sync

_HEADER = (
    "Sync", "State", "Last good run", "Last good run at", "Next run at", "Open alerts", "Meaning",
    "Next step", "Owner",
)  # fmt: skip


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
    return render(request, "home/home.html", shown)


def home_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same as CSV."""
    return csv_file(visit, "syncs", _HEADER, map(_cells, of_district(visit.district, visit.clock)))


def _cells(told: SyncHealth) -> tuple[object, ...]:
    health, good = told.health, told.health.last_good
    last = (good.number, good.at) if good else (None, None)
    words = (health.meaning, health.next_step, health.owner)
    return (told.sync.name, health.state, *last, health.next_run, told.open_alerts, *words)


def _row(visit: Visit, told: SyncHealth) -> Row:
    tone = SYNC_TONES[told.health.state]
    page, listed = visit.url("sync", name=told.sync.name), url(visit, "alerts")
    return Row(told.sync, told.health, tone, page, leads(visit, told), told.open_alerts, listed)
