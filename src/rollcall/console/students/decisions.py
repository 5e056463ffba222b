"""What people decided about unmatched rows: listed, and taken back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import every, page_before
from rollcall.console.frame.visit import Visit
from rollcall.console.students.unmatched import place_of
from rollcall.core.matching.match_decisions import DecisionKind
from rollcall.core.problems import Problem
from rollcall.engine.students import match_decisions
from rollcall.records.models import MatchDecision, Student

_HEADER = (
    "Decision", "Integration", "Row", "Kind", "Student", "Until", "By", "On", "Note", "In force",
)  # fmt: skip
_WORDS = {
    DecisionKind.LINK: ("Link", "good"),
    DecisionKind.DIFFERENT: ("Different person", "attention"),
    DecisionKind.IGNORE: ("Ignored", "quiet"),
}


@dataclass(frozen=True)
class Row:
    """A decision in the list. `student`: the number of the student it names, if they are there.
    `over`: an ignored row is open again.
    """

    told: dict[str, Any]
    word: str
    tone: str
    student: int | None
    over: bool


def decisions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The decisions that later runs keep to, the newest first."""
    page = page_before(request, lambda before, limit: _fetch(visit, before, limit))
    if page.items:
        visit.note(Action.SAW, "decisions about unmatched rows", shown=len(page.items))
    today = match_decisions.today_of(visit.district, visit.clock)
    shown = {
        "page": page,
        "rows": _rows(visit, page.items, today),
        "csv": visit.url("unmatched-decisions-csv"),
    }
    return render(request, "students/decisions.html", shown)


def decisions_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """All decisions as a CSV file."""
    visit.note(Action.EXPORTED, "decisions about unmatched rows")
    return csv_file(visit, "decisions", _HEADER, _cells(visit))


def revoke(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Take a decision back; then to the inbox when it was made there (`back`), or to the list."""
    try:
        match_decisions.revoke(visit.district, number, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.REVOKED, f"decision {number}")
        messages.success(
            request, "Taken back. From the next run on such rows are an open question again."
        )
    if "back" in request.POST:
        return redirect(f"{visit.url('unmatched')}?{place_of(request.POST['back'])}")
    return redirect("unmatched-decisions", district=visit.district.code)


def _fetch(visit: Visit, before: int | None, limit: int) -> list[MatchDecision]:
    return match_decisions.decisions(visit.district, before=before, limit=limit)


def _rows(visit: Visit, made: list[MatchDecision], today: date) -> list[Row]:
    ids = [one.local_id for one in made if one.local_id]
    there = Student.objects.filter(district=visit.district, local_id__in=ids)
    numbers = dict(there.values_list("local_id", "pk"))
    return [_row(one, numbers, today) for one in made]


def _row(made: MatchDecision, numbers: dict[str, int], today: date) -> Row:
    word, tone = _WORDS[DecisionKind(made.kind)]
    over = made.until is not None and made.until <= today
    return Row(match_decisions.as_json(made), word, tone, numbers.get(made.local_id or ""), over)


def _cells(visit: Visit) -> Iterator[tuple[object, ...]]:
    today = match_decisions.today_of(visit.district, visit.clock)
    for made in every(lambda before, limit: _fetch(visit, before, limit)):
        row = _row(made, {}, today)
        who = (made.pk, made.integration, row.told["row"], row.word, made.local_id, made.until)
        yield (*who, made.made_by, made.made_on, made.note, "no" if row.over else "yes")
