"""Undo a run: a test shows what would be put back and what kept; then it is done."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_frame import frame, run_of
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.runs import undoing
from rollcall.engine.worker.tasks import enqueue


def undo(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """What undoing the run means, and its buttons; posted, the undo as a test or in earnest."""
    run = run_of(visit, number)
    if request.method == "POST":
        return _begin(request, visit, run, test=request.POST.get("do") != "live")
    shown = {
        **frame(visit, run, "run"),
        "problem": undoing.why_not(run),
        "tested": (tested := undoing.last_test(run)),
        "would": _by_record(tested) if tested else [],
        "going_on": undoing.going_on(run).first(),
        "written": _written(run),
    }
    return render(request, "runs/run_undo.html", shown)


def _by_record(tested: Run) -> list[tuple[str, list[tuple[str, int]]]]:
    """What the test would put back: by record type, how many of each kind."""
    titles = {one.name: one.title for one in registry.integration(tested.sync.integration).records}
    return [
        (titles.get(name, name), [(word, number) for word, number in counts.items() if number])
        for name, counts in tested.counts.items()
        if any(counts.values())
    ]


def _written(run: Run) -> list[tuple[str, int]]:
    """How many records the run wrote, by what it did to them."""
    words = ("added", "updated", "ended", "removed")
    counts = run.counts.values()
    summed = [(word, sum(one.get(word, 0) for one in counts)) for word in words]
    return [(word, number) for word, number in summed if number]


def _begin(request: HttpRequest, visit: Visit, run: Run, *, test: bool) -> HttpResponse:
    try:
        with transaction.atomic():
            begun = undoing.start_undo(
                run, visit.user.email, visit.clock, test=test, tested_first=True
            )
            enqueue(begun)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("run-undo", number=run.pk))
    action = Action.STARTED if test else Action.UNDID
    visit.note(action, f"run {run.pk}", test=test, by_run=begun.pk)
    return redirect(visit.url("run", number=begun.pk))
