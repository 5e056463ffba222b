"""The findings of a run by cause: what to do, who, new or known; and the rows of one cause."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.forward_paging import after, onward
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_frame import frame, run_of, test_mark
from rollcall.console.runs.run_words import SEVERITY_TONES, details, title
from rollcall.core.findings import Codes
from rollcall.engine.models import Run
from rollcall.engine.plans import causes
from rollcall.engine.plans.causes import Cause

_HEADER = (
    "Trend", "Severity", "Code", "Input", "Count", "Before", "Text", "What to do", "Who",
)  # fmt: skip
_PIECE = 5_000


def findings(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The causes, the worst first, beside those of the run before."""
    run = run_of(visit, number)
    found = causes.causes(run)
    shown = {
        **frame(visit, run, "run-findings"),
        "found": found,
        "now": [_shown(visit, run, one) for one in found.now],
        "resolved": [_shown(visit, run, one) for one in found.resolved],
        "csv": visit.url("run-findings-csv", number=number),
    }
    return render(request, "runs/run_findings.html", shown)


def findings_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The same as CSV. No student data: causes and numbers."""
    run = run_of(visit, number)
    found = causes.causes(run)
    rows = [
        (one.trend, one.severity, one.code, one.input, one.count, one.before, one.text,
         one.what_to_do, one.who)
        for one in [*found.now, *found.resolved]
    ]  # fmt: skip
    return csv_file(visit, f"{test_mark(run)}run_{number}_findings", _HEADER, rows)


def cause(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The rows of one cause, named by its code and input in the address."""
    run = run_of(visit, number)
    one = _asked(request, run)
    visit.note(Action.SAW, f"run {number}", part="findings", code=one.code)
    page = causes.findings(run, one.code, one.input, after(request, -1))
    columns = _columns([found["row"] for found in page.rows if found["row"]])
    shown = {
        **frame(visit, run, "run-findings"),
        "cause": _shown(visit, run, one),
        "columns": [title(name) for name in columns],
        "rows": [
            {**found, "title": title(found["field"] or ""), "cells": _cells(found["row"], columns)}
            for found in page.rows
        ],
        "way": onward(request, page.next),
        "csv": visit.url("run-cause-csv", number=number) + _place(one),
    }
    return render(request, "runs/run_cause.html", shown)


def cause_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The same rows, all of them, as CSV."""
    run = run_of(visit, number)
    one = _asked(request, run)
    visit.note(Action.EXPORTED, f"run {number}", part="findings", code=one.code)
    name = f"{test_mark(run)}run_{number}_{one.code.replace('.', '_')}"
    header = ("Input", "Line", "Field", "Detail", "Local id")
    return csv_file(visit, name, header, _lines(run, one))


def _lines(run: Run, one: Cause) -> Iterator[tuple[object, ...]]:
    place: int | None = -1
    while place is not None:
        page = causes.findings(run, one.code, one.input, place, _PIECE)
        for found in page.rows:
            local_id = found["row"]["local_id"] if found["row"] else None
            yield (one.input, found["line"], found["field"], found["detail"], local_id)
        place = page.next


def _asked(request: HttpRequest, run: Run) -> Cause:
    """The cause the address names, or the first; Http404 when the run has none such."""
    found = causes.causes(run).now
    code, input = request.GET.get("code", ""), request.GET.get("input", "")
    for one in found:
        if not code or (one.code, one.input) == (code, input):
            return one
    raise Http404


def _shown(visit: Visit, run: Run, one: Cause) -> dict[str, Any]:
    return {
        "told": one,
        "heading": Codes.get(one.code).text,
        "details": details(one.code, one.text),
        "tone": SEVERITY_TONES[one.severity],
        "rows": visit.url("run-cause", number=run.pk) + _place(one) if one.lines else "",
    }


def _place(one: Cause) -> str:
    return f"?{urlencode({'code': one.code, 'input': one.input})}"


#: What a table of findings shows of their rows: which student, as far as the row says.
_SHOWN = ("state_id", "last_name", "first_name", "birth_date", "grade")


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    return [name for name in _SHOWN if rows and name in rows[0]]


def _cells(row: dict[str, Any] | None, columns: list[str]) -> list[tuple[str, str]]:
    return [(title(name), str((row or {}).get(name) or "")) for name in columns]
