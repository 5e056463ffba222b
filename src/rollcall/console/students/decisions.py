"""What people decided about unmatched rows: the list, and revoking."""

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
    """A decision in the list. `student`: the number of its student, if they are still there.
    `over`: an ignored row is open again.
    """

    decision: dict[str, Any]
    word: str
    tone: str
    student: int | None
    over: bool


def decisions(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The decisions that later runs follow, the newest first."""
    page = page_before(request, lambda before, limit: _fetch(visit, before, limit))
    if page.items:
        visit.note(Action.SAW, "decisions about unmatched rows", shown=len(page.items))
    ids = [decision.local_id for decision in page.items if decision.local_id]
    students = Student.objects.filter(district=visit.district, local_id__in=ids)
    numbers = dict(students.values_list("local_id", "pk"))
    today = match_decisions.today_of(visit.district, visit.clock)
    context = {
        "page": page,
        "rows": [_row(decision, numbers, today) for decision in page.items],
        "csv": visit.url("unmatched-decisions-csv"),
    }
    return render(request, "students/decisions.html", context)


def decisions_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """All decisions as a CSV file."""
    visit.note(Action.EXPORTED, "decisions about unmatched rows")
    today = match_decisions.today_of(visit.district, visit.clock)
    decisions = every(lambda before, limit: _fetch(visit, before, limit))
    rows = (_cells(decision, today) for decision in decisions)
    return csv_file(visit, "decisions", _HEADER, rows)


def revoke(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Revoke a decision; then to the inbox when it was made there (`back`), or to the list."""
    try:
        match_decisions.revoke(visit.district, number, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        visit.note(Action.REVOKED, f"decision {number}")
        messages.success(request, "Decision revoked. Its rows are open again with the next run.")
    if "back" in request.POST:
        return redirect(f"{visit.url('unmatched')}?{place_of(request.POST['back'])}")
    return redirect("unmatched-decisions", district=visit.district.code)


def _fetch(visit: Visit, before: int | None, limit: int) -> list[MatchDecision]:
    return match_decisions.decisions(visit.district, before=before, limit=limit)


def _row(decision: MatchDecision, numbers: dict[str, int], today: date) -> Row:
    word, tone = _WORDS[DecisionKind(decision.kind)]
    over = decision.until is not None and decision.until <= today
    number = numbers.get(decision.local_id or "")
    return Row(match_decisions.as_json(decision), word, tone, number, over)


def _cells(decision: MatchDecision, today: date) -> tuple[object, ...]:
    row = _row(decision, {}, today)
    return (
        *(decision.pk, decision.integration, row.decision["row"], row.word, decision.local_id),
        *(decision.until, decision.made_by, decision.made_on, decision.note),
        "no" if row.over else "yes",
    )
