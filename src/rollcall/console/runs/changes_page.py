"""The changes of a run: before and after for each field."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.forward_paging import query
from rollcall.console.frame.visit import Visit
from rollcall.console.runs import exclusion_drafts
from rollcall.console.runs.run_changes import (
    HEADER,
    csv_rows,
    find_student,
    listing,
)
from rollcall.console.runs.run_frame import (
    frame,
    has_plan,
    run_of,
    test_mark,
)
from rollcall.engine.models import RunState


def changes(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """A page of the changes. A student's id is posted, and the address then has their number."""
    run = run_of(visit, number)
    if request.method == "POST":
        page = "review" if request.POST.get("on") == "review" else "run-changes"
        return _to_student(request, visit, visit.url(page, number=number))
    shown = frame(visit, run, "run-changes")
    if not has_plan(run):
        return render(request, "runs/run_gone.html", shown)
    visit.note(Action.SAW, f"run {number}", part="changes")
    where = visit.url("run-changes-csv", number=number) + query(request.GET)
    shown |= {**listing(request, run), "csv": where}
    return render(request, "runs/run_changes.html", shown)


def changes_csv(
    request: HttpRequest, visit: Visit, number: int
) -> HttpResponse | StreamingHttpResponse:
    """The same changes, all of them, as CSV: a line for each field. Of a held run with what this
    person means to leave out.
    """
    run = run_of(visit, number)
    if not has_plan(run):
        return redirect(visit.url("run-changes", number=number))
    visit.note(Action.EXPORTED, f"run {number}", part="changes")
    out = exclusion_drafts.draft(request, run) if run.state == RunState.HELD else None
    rows = csv_rows(request, run, out)
    return csv_file(visit, f"{test_mark(run)}run_{number}_changes", HEADER, rows)


def _to_student(request: HttpRequest, visit: Visit, where: str) -> HttpResponse:
    """To the changes of one student."""
    found = find_student(visit, request.POST.get("id", ""))
    if found is None:
        messages.warning(request, "No student of this district has that id.")
        return redirect(where)
    wanted = urlencode({"record": request.GET.get("record", ""), "student": found})
    return redirect(f"{where}?{wanted}#changes")
