"""Alerts: the problems of each sync that are not solved yet, and those that were."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console import problems
from rollcall.console.csv import csv_file
from rollcall.console.paging import every, page_before
from rollcall.console.visit import Visit
from rollcall.core.problems import Problem
from rollcall.engine import alerts as engine
from rollcall.engine.models import UNSOLVED, Alert, AlertState, Sync
from rollcall.records.models import District

_TONES = {"error": "bad", "warning": "attention", "info": "quiet"}
_STATES = {
    AlertState.OPEN: ("Open", "attention"),
    AlertState.ACKNOWLEDGED: ("Looked after", "busy"),
    AlertState.SOLVED: ("Solved", "good"),
}
_HEADER = (
    "Alert", "Sync", "Severity", "Code", "Problem", "What to do", "Who", "State", "Rows", "Runs",
    "First seen", "Last seen", "Solved", "Acknowledged by", "Note",
)  # fmt: skip
#: The longest note that is kept.
_NOTE = 500


@dataclass(frozen=True)
class Row:
    """An alert in the list. `student`: the number of the student it is about, if it is."""

    alert: Alert
    tone: str
    word: str
    state_tone: str
    what_to_do: str
    who: str
    student: int | None


@dataclass(frozen=True)
class OfSync:
    """The alerts of one sync."""

    sync: Sync
    rows: list[Row]


@dataclass(frozen=True)
class _Asked:
    """What the address asks for: solved ones or the others, of all syncs or of one."""

    solved: bool
    sync: Sync | None
    district: District

    def fetch(self, before: int | None, limit: int) -> list[Alert]:
        states = (AlertState.SOLVED,) if self.solved else UNSOLVED
        return engine.listed(self.district, states, sync=self.sync, before=before, limit=limit)


def alerts(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The district's alerts by sync."""
    asked = _asked(request, visit)
    page = page_before(request, asked.fetch)
    by_sync = sorted(map(_row, page.items), key=_gravest_first)
    shown = {
        "solved": asked.solved,
        "sync": asked.sync,
        "page": page,
        "groups": [
            OfSync(sync, list(rows)) for sync, rows in groupby(by_sync, lambda row: row.alert.sync)
        ],
        "csv": visit.url("alerts-csv") + _filters(asked),
        "longest": _NOTE,
    }
    return render(request, "console/alerts.html", shown)


def alerts_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same alerts, all of them, as a CSV file; times in UTC."""
    return csv_file("alerts", _HEADER, _cells(_asked(request, visit)))


def acknowledge(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """This person looks after the alert."""
    found = Alert.objects.filter(pk=number, district=visit.district).first()
    if found is None:
        raise Http404
    note = request.POST.get("note", "").strip()[:_NOTE]
    try:
        engine.acknowledge(found, visit.user.email, note, visit.clock)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.ACKNOWLEDGED, f"alert {number}")
        messages.success(request, "You look after it now. The alert stays until a run solves it.")
    return redirect("alerts", district=visit.district.code)


def _asked(request: HttpRequest, visit: Visit) -> _Asked:
    name = request.GET.get("sync", "")
    sync = Sync.objects.filter(district=visit.district, name=name).first() if name else None
    return _Asked(request.GET.get("state") == AlertState.SOLVED, sync, visit.district)


def _filters(asked: _Asked) -> str:
    parts = [f"sync={asked.sync.name}"] if asked.sync else []
    parts += ["state=solved"] if asked.solved else []
    return "?" + "&".join(parts) if parts else ""


def _gravest_first(row: Row) -> tuple[str, int, int]:
    return row.alert.sync.name, list(_TONES.values()).index(row.tone), -row.alert.pk


def _row(alert: Alert) -> Row:
    what_to_do, who = engine.words(alert)
    word, tone = _STATES[AlertState(alert.state)]
    record, _, number = alert.subject.partition(":")
    student = int(number) if record == "student" and number.isdigit() else None
    return Row(alert, _TONES.get(alert.severity, "quiet"), word, tone, what_to_do, who, student)


def _cells(asked: _Asked) -> Iterator[tuple[object, ...]]:
    for row in map(_row, every(asked.fetch)):
        alert = row.alert
        named = (alert.pk, alert.sync.name, alert.severity, alert.code, alert.text)
        times = (f"{at:%Y-%m-%d %H:%M:%S}" if at else "" for at in _times(alert))
        yield (
            *(*named, row.what_to_do, row.who, row.word, alert.count, alert.times),
            *(*times, alert.acknowledged_by, alert.note),
        )


def _times(alert: Alert) -> tuple[object, ...]:
    return alert.first_seen, alert.last_seen, alert.solved_at
