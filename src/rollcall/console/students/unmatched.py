"""The unmatched inbox: each open row next to similar students, and what to decide about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.request_values import number
from rollcall.console.frame.visit import Visit
from rollcall.core.matching.similar_students import FIELD_WORDS
from rollcall.core.problems import Problem
from rollcall.core.whole_numbers import LARGEST
from rollcall.engine.models import Run
from rollcall.engine.students import match_decisions
from rollcall.engine.students.inbox import InboxRow, inbox, row_at
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import MatchDecision, Student

#: Rows on a page, and read together for the CSV; the days that "ignore until" proposes.
_SIZE, _BATCH, _DAYS = 10, 200, 14
_HEADER = (
    "Run", "Sync", "Input", "Line", "New", "Outcome", "Why", "State ID", "Last name", "First name",
    "Birth date", "Other rows about them", "Similar students",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A field of the row or of a student. `differs`: the row has another value."""

    label: str
    value: Any
    differs: bool


@dataclass(frozen=True)
class Candidate:
    """A student the row could be about."""

    number: int
    local_id: str
    cells: list[Cell]
    grade: str | None


@dataclass(frozen=True)
class Card:
    """An open row for the page. `id`: its name in the page."""

    row: InboxRow
    id: str
    cells: list[Cell]
    candidates: list[Candidate]

    @property
    def title(self) -> str:
        """The person of the row, as the row has them."""
        values = self.row.values
        names = [values["last_name"], values["first_name"]]
        return ", ".join(filter(None, names)) or f"State ID {values['state_id']}"

    @property
    def rows(self) -> int:
        """How many rows a decision answers."""
        return self.row.other_rows + 1


class Decision(forms.Form):
    """A decision as the page posts it. `choice`: link-N or different-N with the number of a
    student, other (with `local_id`), or ignore (with `until`).
    """

    run = forms.IntegerField(min_value=1, max_value=LARGEST)
    input = forms.CharField()
    line = forms.IntegerField(min_value=0, max_value=LARGEST)
    choice = forms.RegexField(r"^((link|different)-[0-9]{1,18}|other|ignore)$")
    local_id = forms.CharField(required=False)
    until = forms.DateField(required=False)
    note = forms.CharField(required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        """A choice with what it needs."""
        values = self.cleaned_data
        if values.get("choice") == "other" and not values.get("local_id"):
            self.add_error("local_id", "Enter the district's student ID.")
        if values.get("choice") == "ignore" and not values.get("until"):
            self.add_error("until", "Enter a future date until which to ignore the row.")
        return values


def unmatched(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The open rows of the last live run of each sync."""
    today = match_decisions.today_of(visit.district, visit.clock)
    sync, after = request.GET.get("sync") or None, request.GET.get("after") or None
    page = inbox(visit.district, today, sync, after, _SIZE)
    if page.rows:
        visit.note(Action.SAW, "unmatched rows", shown=len(page.rows))
    place = {name: value for name, value in (("sync", sync), ("after", after)) if value}
    context = {
        "cards": [_card(row) for row in page.rows],
        "syncs": page.syncs,
        "open": sum(counts.open for counts in page.syncs),
        "new": sum(counts.new for counts in page.syncs),
        "sync": sync,
        "after": after,
        "next": page.next,
        "back": urlencode(place),
        "decision": _latest_decision(request, visit),
        **_days(today),
    }
    return render(request, "students/unmatched.html", context)


def unmatched_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """All open rows as a CSV file."""
    visit.note(Action.EXPORTED, "unmatched rows")
    return csv_file(visit, "unmatched", _HEADER, _csv_rows(visit, request.GET.get("sync") or None))


def decide(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Carry out a decision about a row; the answer takes the row's place (htmx) or leads back."""
    form = Decision(request.POST)
    if not form.is_valid():
        texts = [str(error) for errors in form.errors.values() for error in errors]
        messages.error(request, " ".join(texts))
        return _back(request, visit)
    values = form.cleaned_data
    runs = Run.objects.select_related("sync", "district").filter(district=visit.district)
    if (run := runs.filter(pk=values["run"]).first()) is None:
        raise Http404
    place = Place(run, values["line"], values["input"])
    try:
        decision = _decide(visit, place, values)
    except Problem as problem:
        if _wants_part(request):
            return _part(request, visit, place, {"problem": problem})
        problems.say(request, problem)
        return _back(request, visit)
    visit.note(Action.DECIDED, f"run {run.pk}, line {place.line}", kind=decision.kind)
    if _wants_part(request):
        return _part(request, visit, place, {"decision": match_decisions.as_json(decision)})
    return _back(request, visit, decided=decision.pk)


def _decide(visit: Visit, place: Place, values: dict[str, Any]) -> MatchDecision:
    """Store the decision that was chosen."""
    person, clock, note = visit.user.email, visit.clock, values["note"]
    kind, _, number = values["choice"].partition("-")
    if kind == "ignore":
        return match_decisions.ignore(place, values["until"], person, clock, note)
    local_id = values["local_id"].strip()
    if kind != "other":
        student = Student.objects.filter(district=visit.district, pk=int(number)).first()
        if student is None:
            raise Problem(match_decisions.NO_STUDENT)
        local_id = student.local_id
    decide_about = match_decisions.different if kind == "different" else match_decisions.link
    return decide_about(place, local_id, person, clock, note)


def _part(
    request: HttpRequest, visit: Visit, place: Place, outcome: dict[str, Any]
) -> HttpResponse:
    """What replaces the row: the outcome, and the row again when it is still open."""
    today = match_decisions.today_of(visit.district, visit.clock)
    row = row_at(place.run, str(place.input), place.line, today)
    card = _card(row) if row else None
    context = {**outcome, "card": card, "back": request.POST.get("back", ""), **_days(today)}
    return render(request, "students/parts/unmatched_decided.html", context)


def _back(request: HttpRequest, visit: Visit, **more: int) -> HttpResponse:
    """To the page of the inbox that the person was on."""
    address = f"{visit.url('unmatched')}?{place_of(request.POST.get('back', ''), **more)}"
    return HttpResponseClientRedirect(address) if _wants_part(request) else redirect(address)


def _wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks, to replace the row with the answer."""
    return bool(request.headers.get("HX-Request"))


def place_of(back: str, **more: int) -> str:
    """A page of the inbox as the query of an address: only the inbox's own parts."""
    query = QueryDict(back)
    place: dict[str, str | int] = {
        name: str(query[name]) for name in ("sync", "after") if name in query
    }
    return urlencode({**place, **more})


def _latest_decision(request: HttpRequest, visit: Visit) -> dict[str, Any] | None:
    """The decision that was just made, with its undo."""
    if (pk := number(request.GET, "decided")) is None:
        return None
    decision = MatchDecision.objects.filter(district=visit.district, pk=pk).first()
    return match_decisions.as_json(decision) if decision else None


def _days(today: date) -> dict[str, str]:
    """The first day a row can be ignored until, and the proposed one."""
    first, proposed = today + timedelta(days=1), today + timedelta(days=_DAYS)
    return {"earliest": first.isoformat(), "proposed": proposed.isoformat()}


def _card(row: InboxRow) -> Card:
    candidates = [
        Candidate(
            near.number,
            near.local_id,
            [
                Cell(label, near.values[name], name in near.differs)
                for name, label in FIELD_WORDS.items()
            ],
            near.values.get("grade"),
        )
        for near in row.near
    ]
    cells = [Cell(label, row.values[name], False) for name, label in FIELD_WORDS.items()]
    return Card(row, f"row-{row.run}-{row.input}-{row.line}", cells, candidates)


def _csv_rows(visit: Visit, sync: str | None) -> Iterator[tuple[object, ...]]:
    today, after = match_decisions.today_of(visit.district, visit.clock), None
    while True:
        page = inbox(visit.district, today, sync, after, _BATCH)
        for row in page.rows:
            place = (row.run, row.sync, row.input, row.line, "new" if row.new else "")
            why = row.reason.text if row.reason else ""
            fields = (row.values[name] for name in FIELD_WORDS)
            similar = " ".join(near.local_id for near in row.near)
            yield (*place, row.outcome, why, *fields, row.other_rows, similar)
        if (after := page.next) is None:
            return
