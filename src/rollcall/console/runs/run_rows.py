"""The rows of a run: what became of each and why, one of them explained, all as CSV."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.asked import number
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.forward_paging import after, onward, query
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_cards import TONES
from rollcall.console.runs.run_frame import (
    frame,
    has_plan,
    run_of,
    test_mark,
    url,
)
from rollcall.console.runs.run_words import (
    cell,
    rule_words,
    title,
    told_changes,
)
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome, candidate_words
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.plans import browsing
from rollcall.engine.plans.browsing import RowFilter
from rollcall.engine.plans.explaining import NO_PLAN, NO_SUCH_LINE, explain
from rollcall.engine.runs.uploads import INPUT_UNKNOWN

_PIECE = 5_000
_THERE_IS_NONE = (INPUT_UNKNOWN, NO_SUCH_LINE, NO_PLAN)


@dataclass(frozen=True)
class Row:
    """A row in the list. `student`: the address of the student it matched, "" when there is none;
    `cells`: (column, text) of what the integration shows.
    """

    line: int
    outcome: str
    tone: str
    why: str
    local_id: str
    student: str
    candidates: str
    cells: list[tuple[str, str]]


class Filters(forms.Form):
    """The filters of the list; what is not understood filters nothing."""

    input = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(required=False)
    rule = forms.ChoiceField(label="Why", required=False)

    def __init__(self, request: HttpRequest, run: Run) -> None:
        self._given = request.GET
        names = browsing.inputs(run)
        wanted = request.GET.get("input", "")
        self.listed = wanted if wanted in names else next(iter(names), "")
        super().__init__({**request.GET.dict(), "input": self.listed}, auto_id="by_%s")
        counted = browsing.row_counts(run, self.listed) if self.listed else []
        titles = {one.name: one.title for one in registry.integration(run.sync.integration).inputs}
        self._choose("input", [(name, titles.get(name, name)) for name in names])
        for name, words in (("outcome", title), ("rule", rule_words)):
            counts: dict[str, int] = {}
            for one in counted:
                counts[one[name]] = counts.get(one[name], 0) + one["count"]
            self._choose(
                name, [("", "Any"), *((v, f"{words(v)} ({n:,})") for v, n in counts.items())]
            )
        self.is_valid()

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        label = self.fields[name].label
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    @property
    def only(self) -> RowFilter:
        """The filter asked for."""
        said = self.cleaned_data
        line = number(self._given, "line")
        return RowFilter(said.get("outcome", ""), said.get("rule", ""), line)

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return self.only != RowFilter()


def rows(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """A page of the rows. An id is posted and leads to the line that has it."""
    run = run_of(visit, number)
    shown = frame(visit, run, "run-rows")
    if not has_plan(run) or not browsing.inputs(run):
        return render(request, "runs/run_gone.html", shown)
    if request.method == "POST":
        return _to_line(request, visit, run)
    visit.note(Action.SAW, f"run {number}", part="rows")
    filters = Filters(request, run)
    page = browsing.rows(run, filters.listed, filters.only, after(request, 0))
    listed = _listed(visit, run, page.rows)
    shown |= {
        "filters": filters,
        "rows": listed,
        "columns": [name for name, _ in listed[0].cells] if listed else [],
        "way": onward(request, page.next),
        "csv": visit.url("run-rows-csv", number=number) + query(request.GET),
    }
    return render(request, "runs/run_rows.html", shown)


def rows_csv(
    request: HttpRequest, visit: Visit, number: int
) -> HttpResponse | StreamingHttpResponse:
    """The same rows, all of them, as CSV."""
    run = run_of(visit, number)
    if not has_plan(run) or not browsing.inputs(run):
        return redirect(visit.url("run-rows", number=number))
    visit.note(Action.EXPORTED, f"run {number}", part="rows")
    filters = Filters(request, run)
    columns = _columns(browsing.rows(run, filters.listed, filters.only, size=1).rows)
    header = ("Line", "Outcome", "Why", "Local id", "Candidates", *map(title, columns))
    name = f"{test_mark(run)}run_{number}_{filters.listed}_rows"
    return csv_file(visit, name, header, _cells(run, filters, columns))


def row(request: HttpRequest, visit: Visit, number: int, input: str, line: int) -> HttpResponse:
    """One row explained: which rule matched it or why none did, and what the run did for it."""
    run = run_of(visit, number)
    try:
        told = explain(run, line, input)
    except Problem as problem:
        if problem.code in _THERE_IS_NONE:
            raise Http404 from None
        return render(
            request, "runs/run_gone.html", {**frame(visit, run, "run-rows"), "problem": problem}
        )
    visit.note(Action.SAW, f"run {number}", input=input, line=line)
    student = browsing.students(run, [told.local_id]) if told.local_id else {}
    shown = {
        **frame(visit, run, "run-rows"),
        "told": told,
        "why": rule_words(told.rule),
        "outcome_tone": TONES[Outcome(told.outcome)],
        "student": student.get(told.local_id or ""),
        "student_page": _page_of(visit, student.get(told.local_id or "")),
        "changes": told_changes(run, told),
        "back": visit.url("run-rows", number=number) + f"?{urlencode({'input': input})}",
    }
    return render(request, "runs/run_row.html", shown)


def row_csv(
    request: HttpRequest, visit: Visit, number: int, input: str, line: int
) -> HttpResponse | StreamingHttpResponse:
    """One row as CSV: its fields as they were written, then what the run changed by it."""
    run = run_of(visit, number)
    try:
        told = explain(run, line, input)
    except Problem as problem:
        if problem.code in _THERE_IS_NONE:
            raise Http404 from None
        return redirect(visit.url("run-row", number=number, input=input, line=line))
    visit.note(Action.EXPORTED, f"run {number}", input=input, line=line)
    written = [("written", name, None, value) for name, value in told.fields.items()]
    changed = [
        (one["change"], one["title"], one["before"], one["after"])
        for one in told_changes(run, told)
    ]
    header = ("What", "Field", "Before", "Value")
    name = f"{test_mark(run)}run_{number}_{input}_line_{line}"
    return csv_file(visit, name, header, [*written, *changed])


def _listed(visit: Visit, run: Run, found: list[dict[str, Any]]) -> list[Row]:
    people = browsing.students(run, [one["local_id"] for one in found if one["local_id"]])
    columns = _columns(found)
    return [
        Row(
            line=one["line"],
            outcome=one["outcome"],
            tone=TONES[Outcome(one["outcome"])],
            why=rule_words(one["rule"]),
            local_id=one["local_id"] or "",
            student=_page_of(visit, people.get(one["local_id"] or "")),
            candidates=candidate_words(one["candidates"]),
            cells=[(title(name), cell(one[name])) for name in columns],
        )
        for one in found
    ]


def _columns(found: list[dict[str, Any]]) -> list[str]:
    """What the integration shows of a row, beside what every row has."""
    return [name for name in (found[0] if found else {}) if name not in OUTCOME_SCHEMA]


def _page_of(visit: Visit, student: Mapping[str, Any] | None) -> str:
    return url(visit, "student", id=student["id"]) if student else ""


def _cells(run: Run, filters: Filters, columns: list[str]) -> Iterator[tuple[object, ...]]:
    place: int | None = 0
    while place is not None:
        page = browsing.rows(run, filters.listed, filters.only, place, _PIECE)
        for one in page.rows:
            head = (one["line"], one["outcome"], rule_words(one["rule"]), one["local_id"])
            yield (
                *head,
                candidate_words(one["candidates"]),
                *(cell(one[name]) for name in columns),
            )
        place = page.next


def _to_line(request: HttpRequest, visit: Visit, run: Run) -> HttpResponse:
    """To the first line that has the id, in any of the inputs."""
    wanted = request.POST.get("id", "").strip()
    for input in browsing.inputs(run) if wanted else ():
        if found := browsing.rows(run, input, RowFilter(id=wanted), size=2).rows:
            if len(found) > 1:
                messages.info(request, "Several rows have this id; this is the first of them.")
            line = found[0]["line"]
            return redirect(visit.url("run-row", number=run.pk, input=input, line=line))
    messages.warning(request, "No row of this run has that id.")
    return redirect(visit.url("run-rows", number=run.pk))
