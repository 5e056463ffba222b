"""A run: how it stands, how far it has come, and its numbers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from rollcall.access.roles import Ability
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_banner import banner
from rollcall.console.runs.run_cards import groups
from rollcall.console.runs.run_frame import frame, has_plan, run_of
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.runs import undoing
from rollcall.engine.runs.results import row_errors
from rollcall.engine.runs.run_timing import live

#: Ends after which one goes to the sync: to mend its connection, to resume it, to run it again.
_NOTHING_CAME = (
    RunState.FAILED,
    RunState.STALE,
    RunState.UNCHANGED,
    RunState.DISCARDED,
    RunState.STOPPED,
)


def run(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """One run of this district. Asked by itself (htmx) while it goes on, it gives the step bar."""
    one = run_of(visit, number)
    now = live(one, visit.clock)
    if request.headers.get("HX-Request"):
        if now.over:
            return HttpResponseClientRefresh()
        return render(request, "runs/parts/run_live.html", {"live": now, "run": one})
    shown = {
        **frame(visit, one, "run"),
        "banner": banner(one),
        "live": now,
        "groups": groups(visit, one),
        "approval": Approval.objects.filter(run=one).first(),
        "undone_by": undoing.undone_by(one),
        "undelivered": one.mails.filter(sent_at=None).exclude(error_code="").count(),
        "does": _does(visit, one),
    }
    return render(request, "runs/run.html", shown)


def _does(visit: Visit, run: Run) -> dict[str, Any]:
    """What can be done about the run by this person."""
    undo = visit.may(Ability.APPROVE) and undoing.why_not(run) is None
    return {
        "review": run.state == RunState.HELD,
        "undo": undo,
        "undo_live": _tested_undo(visit, run),
        "correct": bool(row_errors(run)) and has_plan(run),
        "again": run.undo_of_id is None and run.state in _NOTHING_CAME and visit.may(Ability.RUN),
    }


def _tested_undo(visit: Visit, run: Run) -> bool:
    """Whether this is the test of an undo that can now be done."""
    done = run.test and run.state == RunState.DONE and visit.may(Ability.APPROVE)
    return done and run.undo_of is not None and undoing.why_not(run.undo_of) is None
