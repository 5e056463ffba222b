"""The reports of a run, and the rows that were not taken: to download, correct and send again."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.access.downloads import download, stored
from rollcall.console.frame import problems
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_frame import (
    frame,
    has_plan,
    run_of,
    test_mark,
)
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Artifact, Run
from rollcall.engine.plans.failed_rows import failed_rows, safe_failed_rows
from rollcall.engine.runs.results import row_errors
from rollcall.engine.runs.starting import start
from rollcall.engine.runs.uploads import by_input
from rollcall.engine.settings.installation_settings import limits
from rollcall.engine.worker.tasks import enqueue


def reports(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The run's reports."""
    run = run_of(visit, number)
    shown = {
        **frame(visit, run, "run-reports"),
        "reports": _reports(run),
        "failed": bool(row_errors(run)) and has_plan(run),
        "csv": visit.url("run-reports-csv", number=number),
    }
    return render(request, "runs/run_reports.html", shown)


def reports_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The list of the reports as CSV, with the SHA-256 of each."""
    run = run_of(visit, number)
    rows = [(one.name, one.size, one.sha256) for one in _reports(run)]
    name = f"{test_mark(run)}run_{number}_reports"
    return csv_file(visit, name, ("Report", "Bytes", "SHA-256"), rows)


def one_report(request: HttpRequest, visit: Visit, number: int, report: str) -> HttpResponseBase:
    """One report as a download."""
    run = run_of(visit, number)
    found = next((one for one in _reports(run) if one.name == report), None)
    if found is None:
        raise Http404
    try:
        path = artifacts.checked_path(found)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("run-reports", number=number))
    visit.note(Action.EXPORTED, f"run {number}", report=report)
    return stored(path, found.name, "text/csv")


def failed(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The rows that were not taken: download them, send them again."""
    run = run_of(visit, number)
    shown: dict[str, Any] = frame(visit, run, "run-reports")
    try:
        files = {"safe": list(safe_failed_rows(run)), "original": list(failed_rows(run))}
    except Problem as problem:
        return render(request, "runs/run_gone.html", {**shown, "problem": problem})
    inputs = registry.integration(run.sync.integration).inputs
    most = told_size(limits().upload_bytes)
    shown |= {"files": files, "inputs": inputs, "most": most}
    return render(request, "runs/run_failed.html", shown)


def failed_file(request: HttpRequest, visit: Visit, number: int, file: str) -> HttpResponseBase:
    """The failed rows of one input: safe to open in a spreadsheet, or byte for byte as written."""
    run = run_of(visit, number)
    try:
        content = (safe_failed_rows(run) | failed_rows(run)).get(file)
    except Problem:
        content = None
    if content is None:
        raise Http404
    visit.note(Action.EXPORTED, f"run {number}", report=file)
    return download(content, file)


def correct(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Run only the corrected rows that were uploaded, as a test first if that is wanted."""
    run = run_of(visit, number)
    test = request.POST.get("do") != "live"
    try:
        begun = _begin(request, visit, run, test=test)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("run-failed", number=number))
    visit.note(Action.STARTED, f"run {begun.pk}", test=test, partial=True)
    messages.success(request, "The corrected rows are on their way.")
    return redirect(visit.url("run", number=begun.pk))


def _begin(request: HttpRequest, visit: Visit, run: Run, *, test: bool) -> Run:
    with transaction.atomic():
        begun = start(
            run.sync,
            visit.clock,
            by="person",
            person=visit.user.email,
            job=run.job,
            test=test,
            partial=True,
            uploads=by_input(request.FILES),
        )
        enqueue(begun)
    return begun


def _reports(run: Run) -> list[Artifact]:
    return list(run.artifacts.filter(kind="report").order_by("name"))
