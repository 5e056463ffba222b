"""A run: its state, its progress, and its numbers."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from rollcall.access.roles import Ability
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_banner import banner
from rollcall.console.runs.run_cards import groups
from rollcall.console.runs.run_head import has_plan, head, run_of
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.runs import undoing
from rollcall.engine.runs.results import row_errors
from rollcall.engine.runs.run_timing import live

#: Ends after which people go to the sync: to fix its connection, to resume it, to run it again.
_NOTHING_CAME = (
    RunState.FAILED,
    RunState.STALE,
    RunState.UNCHANGED,
    RunState.DISCARDED,
    RunState.STOPPED,
)


def run(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """One run of this district. For htmx, while the run goes on, the step bar alone."""
    run = run_of(visit, number)
    progress = live(run, visit.clock)
    if request.headers.get("HX-Request"):
        if progress.over:
            return HttpResponseClientRefresh()
        return render(request, "runs/parts/run_live.html", {"live": progress, "run": run})
    context = {
        **head(visit, run, "run"),
        "banner": banner(run),
        "live": progress,
        "groups": groups(visit, run),
        "approval": Approval.objects.filter(run=run).first(),
        "undone_by": undoing.undone_by(run),
        "undelivered": run.mails.filter(sent_at=None).exclude(error_code="").count(),
        "actions": _actions(visit, run),
    }
    return render(request, "runs/run.html", context)


def _actions(visit: Visit, run: Run) -> dict[str, bool]:
    """What this person can do about the run."""
    approver = visit.may(Ability.APPROVE)
    undo_of = run.undo_of if run.test and run.state == RunState.DONE else None
    return {
        "review": run.state == RunState.HELD,
        "undo": approver and undoing.why_not(run) is None,
        "undo_tested": approver and undo_of is not None and undoing.why_not(undo_of) is None,
        "correct": bool(row_errors(run)) and has_plan(run),
        "again": run.undo_of_id is None and run.state in _NOTHING_CAME and visit.may(Ability.RUN),
    }
