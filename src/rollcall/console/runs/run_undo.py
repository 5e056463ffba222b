"""Undo a run: a test shows what would be restored and what would stay; then the undo itself."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_head import head, run_of
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.runs import undoing
from rollcall.engine.runs.undo_steps import KEPT_LABEL
from rollcall.engine.worker.tasks import enqueue

#: What a run did to records.
_WORDS = ("added", "updated", "ended", "removed")


def undo(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """What undoing the run means, and its buttons; POST starts the undo, as a test or live."""
    run = run_of(visit, number)
    if request.method == "POST":
        return _start(request, visit, run, test=request.POST.get("do") != "live")
    sums = {word: sum(counts.get(word, 0) for counts in run.counts.values()) for word in _WORDS}
    tested = undoing.last_test(run)
    # What would stay as it is, by the test's summary.
    kept = [line for line in tested.summary if line[0] == KEPT_LABEL] if tested else []
    context = {
        **head(visit, run, "run"),
        "problem": undoing.why_not(run),
        "tested": tested,
        "restored": _restored(tested) if tested else [],
        "kept": kept[0] if kept else [KEPT_LABEL, 0],
        "running": undoing.going_on(run).first(),
        "written": [(word, count) for word, count in sums.items() if count],
    }
    return render(request, "runs/run_undo.html", context)


def _restored(tested: Run) -> list[tuple[str, list[tuple[str, int]]]]:
    """What the test would restore: by record type, how many of each kind."""
    records = registry.integration(tested.sync.integration).records
    titles = {record.name: record.title for record in records}
    return [
        (titles.get(name, name), [(word, count) for word, count in counts.items() if count])
        for name, counts in tested.counts.items()
        if any(counts.values())
    ]


def _start(request: HttpRequest, visit: Visit, run: Run, *, test: bool) -> HttpResponse:
    try:
        with transaction.atomic():
            undo_run = undoing.start_undo(
                run, visit.user.email, visit.clock, test=test, tested_first=True
            )
            enqueue(undo_run)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("run-undo", number=run.pk))
    action = Action.STARTED if test else Action.UNDID
    visit.note(action, f"run {run.pk}", test=test, by_run=undo_run.pk)
    return redirect(visit.url("run", number=undo_run.pk))
