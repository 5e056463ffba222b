"""The unmatched inbox: each open row beside the students like it, and what to decide about it."""

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
from rollcall.console.frame.asked import number
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.core.matching.similar_students import FIELD_WORDS
from rollcall.core.problems import Problem
from rollcall.core.whole_numbers import LARGEST
from rollcall.engine.models import Run
from rollcall.engine.students import match_decisions
from rollcall.engine.students.inbox import (
    InboxRow,
    NearStudent,
    inbox,
    row_at,
)
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import MatchDecision, Student

#: Rows on a page, and at once for the CSV; days that a row is left alone when none are given.
_SIZE, _AT_ONCE, _DAYS = 10, 200, 14
_HEADER = (
    "Run", "Sync", "Input", "Line", "New", "Outcome", "Why", "State id", "Last name", "First name",
    "Birth date", "Other rows about them", "Near students",
)  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A field of a student beside the row's. `differs`: the row says otherwise."""

    label: str
    value: Any
    differs: bool


@dataclass(frozen=True)
class Candidate:
    """A student whom the row could be about."""

    number: int
    local_id: str
    cells: list[Cell]
    grade: str | None
    school: str | None
    differing: int


@dataclass(frozen=True)
class Card:
    """An open row as the page shows it. `id`: its name on the page."""

    row: InboxRow
    id: str
    said: list[Cell]
    near: list[Candidate]

    @property
    def title(self) -> str:
        """Whom the row is about, as it says."""
        said = self.row.values
        names = [said["last_name"], said["first_name"]]
        return ", ".join(filter(None, names)) or f"State id {said['state_id']}"

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
        given = self.cleaned_data
        if given.get("choice") == "other" and not given.get("local_id"):
            self.add_error("local_id", "Give the district's id of the student.")
        if given.get("choice") == "ignore" and not given.get("until"):
            self.add_error("until", "Give a day to come, until which the row is left alone.")
        return given


def unmatched(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The open rows of the last live run of each sync."""
    today = match_decisions.today_of(visit.district, visit.clock)
    sync, after = request.GET.get("sync") or None, request.GET.get("after") or None
    found = inbox(visit.district, today, sync, after, _SIZE)
    if found.rows:
        visit.note(Action.SAW, "unmatched rows", shown=len(found.rows))
    place = {name: value for name, value in (("sync", sync), ("after", after)) if value}
    shown = {
        "cards": [_card(row) for row in found.rows],
        "syncs": found.syncs,
        "open": sum(one.open for one in found.syncs),
        "new": sum(one.new for one in found.syncs),
        "sync": sync,
        "after": after,
        "next": found.next,
        "back": urlencode(place),
        "decided": _decided(request, visit),
        **_days(today),
    }
    return render(request, "students/unmatched.html", shown)


def unmatched_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """All open rows as a CSV file."""
    visit.note(Action.EXPORTED, "unmatched rows")
    return csv_file(visit, "unmatched", _HEADER, _cells(visit, request.GET.get("sync") or None))


def decide(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Carry out a decision about a row; the answer takes the row's place (htmx) or leads back."""
    form = Decision(request.POST)
    if not form.is_valid():
        texts = [str(error) for errors in form.errors.values() for error in errors]
        messages.error(request, " ".join(texts))
        return _back(request, visit)
    given = form.cleaned_data
    runs = Run.objects.select_related("sync", "district").filter(district=visit.district)
    if (run := runs.filter(pk=given["run"]).first()) is None:
        raise Http404
    place = Place(run, given["line"], given["input"])
    try:
        made = _made(visit, place, given)
    except Problem as problem:
        return _refused(request, visit, place, problem)
    visit.note(Action.DECIDED, f"run {run.pk}, line {place.line}", kind=made.kind)
    return _answer(request, visit, place, made)


def _made(visit: Visit, place: Place, given: dict[str, Any]) -> MatchDecision:
    """The decision that was asked for, kept."""
    person, clock, note = visit.user.email, visit.clock, given["note"]
    kind, _, number = given["choice"].partition("-")
    if kind == "ignore":
        return match_decisions.ignore(place, given["until"], person, clock, note)
    local_id = given["local_id"].strip() if kind == "other" else _local_id(visit, int(number))
    carry_out = match_decisions.different if kind == "different" else match_decisions.link
    return carry_out(place, local_id, person, clock, note)


def _local_id(visit: Visit, number: int) -> str:
    found = Student.objects.filter(district=visit.district, pk=number).first()
    if found is None:
        raise Problem(match_decisions.NO_STUDENT)
    return found.local_id


def _answer(request: HttpRequest, visit: Visit, place: Place, made: MatchDecision) -> HttpResponse:
    """What was decided, with undo."""
    if not _is_part(request):
        return _back(request, visit, decided=made.pk)
    return _part(request, visit, place, {"decided": match_decisions.as_json(made)})


def _refused(request: HttpRequest, visit: Visit, place: Place, problem: Problem) -> HttpResponse:
    if not _is_part(request):
        problems.say(request, problem)
        return _back(request, visit)
    return _part(request, visit, place, {"problem": problem})


def _part(request: HttpRequest, visit: Visit, place: Place, said: dict[str, Any]) -> HttpResponse:
    """What takes the row's place: `said`, and the row again when it is still open."""
    today = match_decisions.today_of(visit.district, visit.clock)
    row = row_at(place.run, str(place.input), place.line, today)
    card = _card(row) if row else None
    shown = {**said, "card": card, "back": request.POST.get("back", ""), **_days(today)}
    return render(request, "students/parts/unmatched_decided.html", shown)


def _back(request: HttpRequest, visit: Visit, **more: int) -> HttpResponse:
    """To the page of the inbox that the person was on."""
    where = f"{visit.url('unmatched')}?{place_of(request.POST.get('back', ''), **more)}"
    return HttpResponseClientRedirect(where) if _is_part(request) else redirect(where)


def _is_part(request: HttpRequest) -> bool:
    """Whether htmx asks, to put the answer in the row's place."""
    return bool(request.headers.get("HX-Request"))


def place_of(back: str, **more: int) -> str:
    """A page of the inbox as the query of an address: only what the inbox itself asks for."""
    asked = QueryDict(back)
    kept = [(name, str(asked[name])) for name in ("sync", "after") if name in asked]
    return urlencode([*kept, *((name, str(number)) for name, number in more.items())])


def _decided(request: HttpRequest, visit: Visit) -> dict[str, Any] | None:
    """The decision that was just made, to be undone right away."""
    if (decided := number(request.GET, "decided")) is None:
        return None
    made = MatchDecision.objects.filter(district=visit.district, pk=decided).first()
    return match_decisions.as_json(made) if made else None


def _days(today: date) -> dict[str, str]:
    """The first day a row can be left alone until, and the one proposed."""
    first, proposed = today + timedelta(days=1), today + timedelta(days=_DAYS)
    return {"earliest": first.isoformat(), "proposed": proposed.isoformat()}


def _card(row: InboxRow) -> Card:
    said = [Cell(label, row.values[name], False) for name, label in FIELD_WORDS.items()]
    id = f"row-{row.run}-{row.input}-{row.line}"
    return Card(row, id, said, [_candidate(one) for one in row.near])


def _candidate(near: NearStudent) -> Candidate:
    cells = [
        Cell(label, near.values[name], name in near.differs) for name, label in FIELD_WORDS.items()
    ]
    grade, school = near.values.get("grade"), near.values.get("school_code")
    return Candidate(near.number, near.local_id, cells, grade, school, len(near.differs))


def _cells(visit: Visit, sync: str | None) -> Iterator[tuple[object, ...]]:
    today, after = match_decisions.today_of(visit.district, visit.clock), None
    while True:
        found = inbox(visit.district, today, sync, after, _AT_ONCE)
        for row in found.rows:
            why = row.reason.text if row.reason else ""
            place = (row.run, row.sync, row.input, row.line, "new" if row.new else "")
            said = (row.values[name] for name in FIELD_WORDS)
            near = " ".join(one.local_id for one in row.near)
            yield (*place, row.outcome, why, *said, row.other_rows, near)
        if (after := found.next) is None:
            return
