"""The reports of a run, and its skipped rows: to download, correct and upload."""

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
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
from rollcall.console.runs.run_head import file_prefix, has_plan, head, run_of
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Artifact, Run
from rollcall.engine.plans.failed_rows import failed_rows, safe_failed_rows
from rollcall.engine.runs.inputs.uploads import by_input
from rollcall.engine.runs.results import row_errors
from rollcall.engine.runs.starting import start
from rollcall.engine.settings.installation_settings import limits
from rollcall.engine.worker.tasks import enqueue


def reports(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The run's reports."""
    run = run_of(visit, number)
    context = {
        **head(visit, run, "run-reports"),
        "reports": _reports(run),
        "failed": bool(row_errors(run)) and has_plan(run),
        "csv": visit.url("run-reports-csv", number=number),
    }
    return render(request, "runs/run_reports.html", context)


def reports_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The list of the reports as CSV, with the SHA-256 of each."""
    run = run_of(visit, number)
    rows = [(report.name, report.size, report.sha256) for report in _reports(run)]
    header = ("Report", "Bytes", "SHA-256")
    return csv_file(visit, f"{file_prefix(run)}_reports", header, rows)


def report(request: HttpRequest, visit: Visit, number: int, report: str) -> HttpResponseBase:
    """One report as a download."""
    run = run_of(visit, number)
    if (artifact := _reports(run).filter(name=report).first()) is None:
        raise Http404
    try:
        path = artifacts.checked_path(artifact)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("run-reports", number=number))
    visit.note(Action.EXPORTED, f"run {number}", report=report)
    return stored(path, report, "text/csv")


def failed(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The skipped rows: download them, upload them corrected."""
    run = run_of(visit, number)
    context = head(visit, run, "run-reports")
    try:
        files = {"safe": list(safe_failed_rows(run)), "original": list(failed_rows(run))}
    except Problem as problem:
        return render(request, "runs/run_gone.html", {**context, "problem": problem})
    context |= {
        "files": files,
        "inputs": registry.integration(run.sync.integration).inputs,
        "upload_limit": told_size(limits().upload_bytes),
    }
    return render(request, "runs/run_failed.html", context)


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
    """Run only the corrected rows that were uploaded: as a test unless `do` is live."""
    run = run_of(visit, number)
    test = request.POST.get("do") != "live"
    try:
        with transaction.atomic():
            corrected = start(
                run.sync, visit.clock, by="person", person=visit.user.email, job=run.job,
                test=test, partial=True, uploads=by_input(request.FILES),
            )  # fmt: skip
            enqueue(corrected)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("run-failed", number=number))
    visit.note(Action.STARTED, f"run {corrected.pk}", test=test, partial=True)
    messages.success(request, "The run with the corrected rows has started.")
    return redirect(visit.url("run", number=corrected.pk))


def _reports(run: Run) -> QuerySet[Artifact]:
    return run.artifacts.filter(kind="report").order_by("name")
