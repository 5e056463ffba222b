"""The rows of a run: the outcome of each and why, one of them explained, all as CSV."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import after, forward_links, query_with
from rollcall.console.frame.request_values import number as number_in
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_cards import TONES
from rollcall.console.runs.run_head import file_prefix, has_plan, head, run_of
from rollcall.console.runs.run_words import (
    cell,
    input_titles,
    row_changes,
    rule_words,
    title,
)
from rollcall.core.plans.plan import OUTCOME_SCHEMA, Outcome, candidate_words
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.plans import browsing
from rollcall.engine.plans.browsing import RowFilter
from rollcall.engine.plans.explaining import NO_PLAN, NO_SUCH_LINE, explain
from rollcall.engine.runs.inputs.uploads import INPUT_UNKNOWN

#: So many rows are read together for the CSV.
_BATCH = 5_000
_NOT_FOUND = (INPUT_UNKNOWN, NO_SUCH_LINE, NO_PLAN)


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
        self._query = request.GET
        names = browsing.inputs(run)
        input = request.GET.get("input", "")
        self.listed = input if input in names else next(iter(names), "")
        super().__init__({**request.GET.dict(), "input": self.listed}, auto_id="by_%s")
        groups = browsing.row_counts(run, self.listed) if self.listed else []
        titles = input_titles(registry.integration(run.sync.integration))
        self._choose("input", [(name, titles.get(name, name)) for name in names])
        for name, words in (("outcome", title), ("rule", rule_words)):
            counts: Counter[str] = Counter()
            for group in groups:
                counts[group[name]] += group["count"]
            labels = [(value, f"{words(value)} ({n:,})") for value, n in counts.items()]
            self._choose(name, [("", "Any"), *labels])
        self.is_valid()

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        label = self.fields[name].label
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)

    @property
    def only(self) -> RowFilter:
        """The filter of the address."""
        values = self.cleaned_data
        line = number_in(self._query, "line")
        return RowFilter(values.get("outcome", ""), values.get("rule", ""), line)

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return self.only != RowFilter()


def rows(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """A page of the rows. An id is posted and leads to the line that has it."""
    run = run_of(visit, number)
    context = head(visit, run, "run-rows")
    if not has_plan(run) or not browsing.inputs(run):
        return render(request, "runs/run_gone.html", context)
    if request.method == "POST":
        return _to_line(request, visit, run)
    visit.note(Action.SAW, f"run {number}", part="rows")
    filters = Filters(request, run)
    page = browsing.rows(run, filters.listed, filters.only, after(request, 0))
    listed = _listed(visit, run, page.rows)
    context |= {
        "filters": filters,
        "rows": listed,
        "columns": [name for name, _ in listed[0].cells] if listed else [],
        "links": forward_links(request, page.next),
        "csv": visit.url("run-rows-csv", number=number) + query_with(request.GET),
    }
    return render(request, "runs/run_rows.html", context)


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
    header = ("Line", "Outcome", "Why", "Local ID", "Candidates", *map(title, columns))

    def lines() -> Iterator[tuple[object, ...]]:
        place: int | None = 0
        while place is not None:
            page = browsing.rows(run, filters.listed, filters.only, place, _BATCH)
            for row in page.rows:
                why, candidates = rule_words(row["rule"]), candidate_words(row["candidates"])
                start = (row["line"], row["outcome"], why, row["local_id"], candidates)
                yield (*start, *(cell(row[name]) for name in columns))
            place = page.next

    return csv_file(visit, f"{file_prefix(run)}_{filters.listed}_rows", header, lines())


def row(request: HttpRequest, visit: Visit, number: int, input: str, line: int) -> HttpResponse:
    """One row explained: which rule matched it or why none did, and what the run did for it."""
    run = run_of(visit, number)
    try:
        explanation = explain(run, line, input)
    except Problem as problem:
        if problem.code in _NOT_FOUND:
            raise Http404 from None
        context = {**head(visit, run, "run-rows"), "problem": problem}
        return render(request, "runs/run_gone.html", context)
    visit.note(Action.SAW, f"run {number}", input=input, line=line)
    local_id = explanation.local_id or ""
    context = {
        **head(visit, run, "run-rows"),
        "explanation": explanation,
        "why": rule_words(explanation.rule),
        "outcome_tone": TONES[Outcome(explanation.outcome)],
        "student": browsing.students(run, [local_id]).get(local_id) if local_id else None,
        "changes": row_changes(run, explanation),
        "back": visit.url("run-rows", number=number) + f"?{urlencode({'input': input})}",
    }
    return render(request, "runs/run_row.html", context)


def row_csv(
    request: HttpRequest, visit: Visit, number: int, input: str, line: int
) -> HttpResponse | StreamingHttpResponse:
    """One row as CSV: its fields as they were written, then what the run changed by it."""
    run = run_of(visit, number)
    try:
        explanation = explain(run, line, input)
    except Problem as problem:
        if problem.code in _NOT_FOUND:
            raise Http404 from None
        return redirect(visit.url("run-row", number=number, input=input, line=line))
    visit.note(Action.EXPORTED, f"run {number}", input=input, line=line)
    written = [("written", name, None, value) for name, value in explanation.fields.items()]
    changed = [
        (change["change"], change["title"], change["before"], change["after"])
        for change in row_changes(run, explanation)
    ]
    header = ("What", "Field", "Before", "Value")
    return csv_file(visit, f"{file_prefix(run)}_{input}_line_{line}", header, [*written, *changed])


def _listed(visit: Visit, run: Run, rows: list[dict[str, Any]]) -> list[Row]:
    students = browsing.students(run, [row["local_id"] for row in rows if row["local_id"]])
    pages = {
        local_id: visit.url("student", id=student["id"]) for local_id, student in students.items()
    }
    columns = _columns(rows)
    return [
        Row(
            line=row["line"],
            outcome=row["outcome"],
            tone=TONES[Outcome(row["outcome"])],
            why=rule_words(row["rule"]),
            local_id=row["local_id"] or "",
            student=pages.get(row["local_id"], ""),
            candidates=candidate_words(row["candidates"]),
            cells=[(title(name), cell(row[name])) for name in columns],
        )
        for row in rows
    ]


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """What the integration shows of a row, beside what every row has."""
    return [name for name in (rows[0] if rows else {}) if name not in OUTCOME_SCHEMA]


def _to_line(request: HttpRequest, visit: Visit, run: Run) -> HttpResponse:
    """To the first line that has the id, in any of the inputs."""
    id = request.POST.get("id", "").strip()
    for input in browsing.inputs(run) if id else ():
        if rows := browsing.rows(run, input, RowFilter(id=id), size=2).rows:
            if len(rows) > 1:
                messages.info(request, "Several rows have this ID. This is the first one.")
            line = rows[0]["line"]
            return redirect(visit.url("run-row", number=run.pk, input=input, line=line))
    messages.warning(request, "No row of this run has that ID.")
    return redirect(visit.url("run-rows", number=run.pk))
