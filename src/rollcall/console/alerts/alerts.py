"""Alerts: the problems of each sync that are not resolved yet, and those that were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import page_before
from rollcall.console.frame.state_words import ALERT_KINDS
from rollcall.console.frame.visit import Visit
from rollcall.core.problems import Problem
from rollcall.core.whole_numbers import whole_number
from rollcall.engine.alerts import alerts as engine
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, AlertState, Sync
from rollcall.records.models import District, Student

_TONES = {"error": "bad", "warning": "attention", "info": "quiet"}
_STATES = {
    AlertState.OPEN: ("Open", "attention"),
    AlertState.ACKNOWLEDGED: ("Looked after", "busy"),
    AlertState.RESOLVED: ("Resolved", "good"),
}
_HEADER = (
    "Alert", "Sync", "Severity", "Code", "Problem", "What to do", "Who", "State", "Rows", "Runs",
    "First seen", "Last seen", "Resolved", "Acknowledged by", "Note", "Kind", "Student", "Document",
)  # fmt: skip
#: The longest note that is kept.
_NOTE = 500
#: So many alerts are read together for the CSV.
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Row:
    """An alert in the list. `kind`: what it is about, in words. `student`: the number of the
    student it is about, if it is, and `name` theirs.
    """

    alert: Alert
    kind: str
    tone: str
    word: str
    state_tone: str
    what_to_do: str
    who: str
    student: int | None
    name: str


@dataclass(frozen=True)
class OfSync:
    """The alerts of one sync."""

    sync: Sync
    rows: list[Row]


@dataclass(frozen=True)
class _Asked:
    """What the address asks for: resolved ones or the others, of all syncs or of one, of all kinds
    or of one.
    """

    resolved: bool
    sync: Sync | None
    kind: str
    district: District

    @property
    def states(self) -> tuple[str, ...]:
        return (AlertState.RESOLVED,) if self.resolved else UNRESOLVED

    def fetch(self, before: int | None, limit: int) -> list[Alert]:
        return engine.listed(
            self.district, self.states, sync=self.sync, kind=self.kind, before=before, limit=limit
        )

    def query(self, **other: str) -> str:
        """The address's query, with other values for some filters; "" when there is none."""
        name = self.sync.name if self.sync else ""
        state = str(AlertState.RESOLVED) if self.resolved else ""
        kept = {"state": state, "kind": self.kind, "sync": name, **other}
        filled = {name: value for name, value in kept.items() if value}
        return f"?{urlencode(filled)}" if filled else "?"


@dataclass(frozen=True)
class Choice:
    """A kind of problem to look at alone, and how many there are."""

    title: str
    count: int
    query: str
    present: bool


def alerts(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The district's alerts by sync."""
    asked = _asked(request, visit)
    page = page_before(request, asked.fetch)
    by_sync = sorted(rows_of(page.items), key=_gravest_first)
    shown = {
        "resolved": asked.resolved,
        "sync": asked.sync,
        "page": page,
        "tabs": [
            ("Not resolved", asked.query(state=""), not asked.resolved),
            ("Resolved", asked.query(state=AlertState.RESOLVED), asked.resolved),
        ],
        "kinds": _choices(asked),
        "groups": [
            OfSync(sync, list(rows)) for sync, rows in groupby(by_sync, lambda row: row.alert.sync)
        ],
        "csv": visit.url("alerts-csv") + asked.query(),
        "longest": _NOTE,
    }
    return render(request, "alerts/alerts.html", shown)


def alerts_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same alerts, all of them, as a CSV file."""
    return csv_file(visit, "alerts", _HEADER, _cells(_asked(request, visit)))


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
        messages.success(request, "You look after it now. The alert stays until a run resolves it.")
    return redirect("alerts", district=visit.district.code)


def _asked(request: HttpRequest, visit: Visit) -> _Asked:
    name = request.GET.get("sync", "")
    sync = Sync.objects.filter(district=visit.district, name=name).first() if name else None
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(AlertKind) else ""
    return _Asked(request.GET.get("state") == AlertState.RESOLVED, sync, kind, visit.district)


def _choices(asked: _Asked) -> list[Choice]:
    """The kinds of problems that there are, and all of them; none when there is but one."""
    counts = engine.counts_by_kind(asked.district, asked.states, asked.sync)
    if len(counts) < 2 and not asked.kind:
        return []
    every = Choice("All", sum(counts.values()), asked.query(kind=""), not asked.kind)
    kinds = (
        Choice(words, counts.get(kind, 0), asked.query(kind=kind), kind == asked.kind)
        for kind, words in ALERT_KINDS.items()
        if kind in counts or kind == asked.kind
    )
    return [every, *kinds]


def _gravest_first(row: Row) -> tuple[str, int, int]:
    return row.alert.sync.name, list(_TONES.values()).index(row.tone), -row.alert.pk


def rows_of(alerts: Sequence[Alert]) -> list[Row]:
    """Alerts as lists show them, with the names of the students they are about."""
    numbers = {student for one in alerts if (student := _student(one)) is not None}
    found = Student.objects.filter(pk__in=numbers).only("last_name", "first_name")
    names = {one.pk: f"{one.last_name}, {one.first_name}" for one in found}
    return [_row(one, names) for one in alerts]


def _student(alert: Alert) -> int | None:
    record, _, number = alert.subject.partition(":")
    return whole_number(number) if record == "student" else None


def _row(alert: Alert, names: dict[int, str]) -> Row:
    what_to_do, who = engine.words(alert)
    word, state_tone = _STATES[AlertState(alert.state)]
    student = _student(alert)
    return Row(
        alert=alert,
        kind=ALERT_KINDS[AlertKind(alert.kind)],
        tone=_TONES.get(alert.severity, "quiet"),
        word=word,
        state_tone=state_tone,
        what_to_do=what_to_do,
        who=who,
        student=student if student in names else None,
        name=names.get(student or 0, ""),
    )


def _cells(asked: _Asked) -> Iterator[tuple[object, ...]]:
    for row in _every_row(asked):
        alert = row.alert
        named = (alert.pk, alert.sync.name, alert.severity, alert.code, alert.text)
        times = _times(alert)
        yield (
            *(*named, row.what_to_do, row.who, row.word, alert.count, alert.times),
            *(*times, alert.acknowledged_by, alert.note),
            *(row.kind, row.student, alert.detail),
        )


def _every_row(asked: _Asked) -> Iterator[Row]:
    """A batch at a time, so that names are asked for together."""
    before: int | None = None
    while found := asked.fetch(before, _AT_ONCE):
        yield from rows_of(found)
        before = found[-1].pk


def _times(alert: Alert) -> tuple[object, ...]:
    return alert.first_seen, alert.last_seen, alert.resolved_at
