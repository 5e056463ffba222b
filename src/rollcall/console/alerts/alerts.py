"""The alerts of each sync: open or resolved."""

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
from rollcall.console.frame.navigation import Link
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
    AlertState.ACKNOWLEDGED: ("Assigned", "busy"),
    AlertState.RESOLVED: ("Resolved", "good"),
}
_HEADER = (
    "Alert", "Sync", "Severity", "Code", "Problem", "What to do", "Who", "State", "Rows", "Runs",
    "First seen", "Last seen", "Resolved", "Assigned to", "Note", "Kind", "Student", "Document",
)  # fmt: skip
#: The longest note that is stored.
_LONGEST_NOTE = 500
#: So many alerts are read together for the CSV.
_BATCH = 1_000


@dataclass(frozen=True)
class Row:
    """An alert in the list. `kind`: what it is about, in words. `student`: the number of the
    student it is about, None for none, and `name` theirs.
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
class KindChoice:
    """A kind of problem to show alone, and how many alerts it has."""

    title: str
    count: int
    query: str
    present: bool


@dataclass(frozen=True)
class _Filters:
    """The filters of the address: resolved or open, of one sync or all, of one kind or all."""

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

    def query(self, **changes: str) -> str:
        """The address's query, with other values for some filters; "?" when there is none."""
        values = {
            "state": str(AlertState.RESOLVED) if self.resolved else "",
            "kind": self.kind,
            "sync": self.sync.name if self.sync else "",
            **changes,
        }
        return f"?{urlencode({name: value for name, value in values.items() if value})}"


def alerts(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The district's alerts by sync."""
    filters = _filters(request, visit)
    page = page_before(request, filters.fetch)
    tones = list(_TONES.values())  # the gravest first
    rows = sorted(
        rows_of(page.items),
        key=lambda row: (row.alert.sync.name, tones.index(row.tone), -row.alert.pk),
    )
    context = {
        "resolved": filters.resolved,
        "sync": filters.sync,
        "page": page,
        "tabs": [
            Link("Open", filters.query(state=""), not filters.resolved),
            Link("Resolved", filters.query(state=AlertState.RESOLVED), filters.resolved),
        ],
        "kinds": _kind_choices(filters),
        "groups": [
            (sync, list(of_sync)) for sync, of_sync in groupby(rows, lambda row: row.alert.sync)
        ],
        "csv": visit.url("alerts-csv") + filters.query(),
        "longest_note": _LONGEST_NOTE,
    }
    return render(request, "alerts/alerts.html", context)


def alerts_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """The same alerts, all of them, as a CSV file."""
    filters = _filters(request, visit)

    def rows() -> Iterator[tuple[object, ...]]:
        before: int | None = None
        while batch := filters.fetch(before, _BATCH):  # names are read for many together
            yield from map(_cells, rows_of(batch))
            before = batch[-1].pk

    return csv_file(visit, "alerts", _HEADER, rows())


def acknowledge(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Assign the alert to this person."""
    alert = Alert.objects.filter(pk=number, district=visit.district).first()
    if alert is None:
        raise Http404
    note = request.POST.get("note", "").strip()[:_LONGEST_NOTE]
    try:
        engine.acknowledge(alert, visit.user.email, note, visit.clock)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.ACKNOWLEDGED, f"alert {number}")
        messages.success(request, f"Alert {number} is now assigned to you.")
    return redirect("alerts", district=visit.district.code)


def _filters(request: HttpRequest, visit: Visit) -> _Filters:
    name, kind = request.GET.get("sync", ""), request.GET.get("kind", "")
    return _Filters(
        resolved=request.GET.get("state") == AlertState.RESOLVED,
        sync=Sync.objects.filter(district=visit.district, name=name).first() if name else None,
        kind=kind if kind in set(AlertKind) else "",
        district=visit.district,
    )


def _kind_choices(filters: _Filters) -> list[KindChoice]:
    """The kinds that have alerts, and all together; nothing when there is only one."""
    counts = engine.counts_by_kind(filters.district, filters.states, filters.sync)
    if len(counts) < 2 and not filters.kind:
        return []
    every = KindChoice("All", sum(counts.values()), filters.query(kind=""), not filters.kind)
    kinds = (
        KindChoice(words, counts.get(kind, 0), filters.query(kind=kind), kind == filters.kind)
        for kind, words in ALERT_KINDS.items()
        if kind in counts or kind == filters.kind
    )
    return [every, *kinds]


def rows_of(alerts: Sequence[Alert]) -> list[Row]:
    """Alerts for a list, with the names of the students they are about."""
    students = Student.objects.filter(pk__in=filter(None, map(_student_number, alerts)))
    names = {
        student.pk: f"{student.last_name}, {student.first_name}"
        for student in students.only("last_name", "first_name")
    }
    return [_row(alert, names) for alert in alerts]


def _student_number(alert: Alert) -> int | None:
    record, _, number = alert.subject.partition(":")
    return whole_number(number) if record == "student" else None


def _row(alert: Alert, names: dict[int, str]) -> Row:
    what_to_do, who = engine.words(alert)
    word, state_tone = _STATES[AlertState(alert.state)]
    student = _student_number(alert)
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


def _cells(row: Row) -> tuple[object, ...]:
    alert = row.alert
    return (
        *(alert.pk, alert.sync.name, alert.severity, alert.code, alert.text),
        *(row.what_to_do, row.who, row.word, alert.count, alert.times),
        *(alert.first_seen, alert.last_seen, alert.resolved_at),
        *(alert.acknowledged_by, alert.note, row.kind, row.student, alert.detail),
    )
