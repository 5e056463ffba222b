"""The findings of a run by cause: what to do, who, new or known; and the rows of one cause."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.paging import after, forward_links
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_head import file_prefix, head, run_of
from rollcall.console.runs.run_words import SEVERITY_TONES, details, title
from rollcall.core.findings import Codes
from rollcall.engine.models import Run
from rollcall.engine.plans import causes
from rollcall.engine.plans.causes import Cause

_HEADER = (
    "Trend", "Severity", "Code", "Input", "Count", "Before", "Text", "What to do", "Who",
)  # fmt: skip
#: So many findings are read together for the CSV.
_BATCH = 5_000
#: What a table of findings shows of their rows: which student, as far as the row says.
_COLUMNS = ("state_id", "last_name", "first_name", "birth_date", "grade")


def findings(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The causes, the worst first, compared with those of the run before."""
    run = run_of(visit, number)
    compared = causes.causes(run)
    context = {
        **head(visit, run, "run-findings"),
        "compared_with": compared.compared_with,
        "causes": [_context(visit, run, cause) for cause in compared.now],
        "resolved": [_context(visit, run, cause) for cause in compared.resolved],
        "csv": visit.url("run-findings-csv", number=number),
    }
    return render(request, "runs/run_findings.html", context)


def findings_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The same as CSV. No student data: causes and numbers."""
    run = run_of(visit, number)
    compared = causes.causes(run)
    rows = [
        (cause.trend, cause.severity, cause.code, cause.input, cause.count, cause.before,
         cause.text, cause.what_to_do, cause.who)
        for cause in [*compared.now, *compared.resolved]
    ]  # fmt: skip
    return csv_file(visit, f"{file_prefix(run)}_findings", _HEADER, rows)


def cause(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The rows of one cause, named by its code and input in the address."""
    run = run_of(visit, number)
    cause = _cause_of(request, run)
    visit.note(Action.SAW, f"run {number}", part="findings", code=cause.code)
    page = causes.findings(run, cause.code, cause.input, after(request, -1))
    sample: dict[str, Any] = next((row["row"] for row in page.rows if row["row"]), {})
    columns = [name for name in _COLUMNS if name in sample]
    context = {
        **head(visit, run, "run-findings"),
        "found": _context(visit, run, cause),
        "columns": [title(name) for name in columns],
        "rows": [
            {
                **finding,
                "title": title(finding["field"] or ""),
                "cells": [
                    (title(name), str((finding["row"] or {}).get(name) or "")) for name in columns
                ],
            }
            for finding in page.rows
        ],
        "links": forward_links(request, page.next),
        "csv": visit.url("run-cause-csv", number=number) + _query(cause),
    }
    return render(request, "runs/run_cause.html", context)


def cause_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The same rows, all of them, as CSV."""
    run = run_of(visit, number)
    cause = _cause_of(request, run)
    visit.note(Action.EXPORTED, f"run {number}", part="findings", code=cause.code)

    def rows() -> Iterator[tuple[object, ...]]:
        place: int | None = -1
        while place is not None:
            page = causes.findings(run, cause.code, cause.input, place, _BATCH)
            for finding in page.rows:
                local_id = finding["row"]["local_id"] if finding["row"] else None
                columns = (finding["line"], finding["field"], finding["detail"])
                yield (cause.input, *columns, local_id)
            place = page.next

    header = ("Input", "Line", "Field", "Detail", "Local ID")
    return csv_file(visit, f"{file_prefix(run)}_{cause.code.replace('.', '_')}", header, rows())


def _cause_of(request: HttpRequest, run: Run) -> Cause:
    """The cause of the address, or the first; Http404 when the run has no such cause."""
    code, input = request.GET.get("code", ""), request.GET.get("input", "")
    for cause in causes.causes(run).now:
        if not code or (cause.code, cause.input) == (code, input):
            return cause
    raise Http404


def _context(visit: Visit, run: Run, cause: Cause) -> dict[str, Any]:
    address = visit.url("run-cause", number=run.pk) + _query(cause)
    return {
        "cause": cause,
        "heading": Codes.get(cause.code).text,
        "details": details(cause.code, cause.text),
        "tone": SEVERITY_TONES[cause.severity],
        "rows": address if cause.lines else "",
    }


def _query(cause: Cause) -> str:
    return f"?{urlencode({'code': cause.code, 'input': cause.input})}"
