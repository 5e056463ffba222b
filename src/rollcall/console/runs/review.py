"""Plan review: why a run is held, what it would change, leave changes out, approve or discard."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.console.frame import problems
from rollcall.console.frame.forward_paging import after, query
from rollcall.console.frame.visit import Visit
from rollcall.console.runs import exclusion_drafts
from rollcall.console.runs.run_changes import Filters, listing
from rollcall.console.runs.run_frame import frame, has_plan, run_of
from rollcall.console.runs.run_words import guard_on
from rollcall.core.findings import Codes
from rollcall.core.plans.counts import CHANGE_WORDS
from rollcall.core.plans.exclusion import Exclusion
from rollcall.core.plans.plan import ChangeKind
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import browsing
from rollcall.engine.plans.browsing import ChangeFilter
from rollcall.engine.plans.guarding import PLAN_STALE
from rollcall.engine.runs import approve_and_enqueue, approving
from rollcall.transports.errors import TransportError

#: The longest note that is kept, and how many changes one press of a button leaves out at most.
_NOTE, _AT_ONCE = 1_000, 5_000


def review(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """A held run's guards and changes. A run that is not held is shown as a run."""
    run = run_of(visit, number)
    if run.state != RunState.HELD:
        messages.info(request, "This run does not wait for a decision.")
        return redirect(visit.url("run", number=number))
    shown = frame(visit, run, "run-changes")
    if not has_plan(run):
        return render(request, "runs/run_gone.html", shown)
    visit.note(Action.SAW, f"run {number}", part="review")
    out = exclusion_drafts.draft(request, run)
    rules = approving.rules(run)
    shown |= {
        **listing(request, run, out),
        "kinds": _kinds(run),
        "title": f"Review run {number}",
        "tripped": _tripped(run),
        "kept": [guard for guard in run.guards if not guard["tripped"]],
        "left_out": _size(run, out),
        "at_once": _AT_ONCE,
        "note_wanted": rules.note == "required",
        "longest": _NOTE,
        "refusal": _refusal(visit, run),
        "csv": visit.url("run-changes-csv", number=number) + query(request.GET),
    }
    return render(request, "runs/review.html", shown)


def choose(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Leave changes of the page out, or put them back; or all that pass the filters."""
    run = run_of(visit, number)
    where = visit.url("review", number=number)
    if run.state != RunState.HELD or not has_plan(run):
        return redirect(where)
    filters, out = Filters(request, run), exclusion_drafts.draft(request, run)
    chosen = _chosen(request, run, filters, out)
    change = (
        exclusion_drafts.put_back
        if "put_back" in request.POST.get("do", "")
        else exclusion_drafts.left_out
    )
    exclusion_drafts.keep(request, run, change(out, filters.listed, chosen))
    return redirect(f"{where}?{request.GET.urlencode()}#changes")


def approve(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Approve the run but for what is left out."""
    run = run_of(visit, number)
    out = exclusion_drafts.draft(request, run)
    try:
        approve_and_enqueue.approve(run, visit.user.email, visit.clock, _note(request), out)
    except (Problem, TransportError) as problem:
        _refused(request, problem)
        run.refresh_from_db()
        page = "review" if run.state == RunState.HELD else "run"
        return redirect(visit.url(page, number=number))
    exclusion_drafts.forget(request, run)
    visit.note(Action.APPROVED, f"run {number}", left_out=_size(run, out))
    messages.success(request, "Approved: it is carried out now, exactly as you saw it.")
    return redirect(visit.url("run", number=number))


def discard(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """End the run without writing anything."""
    run = run_of(visit, number)
    try:
        approving.discard(run, visit.user.email, visit.clock, _note(request))
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("review", number=number))
    exclusion_drafts.forget(request, run)
    visit.note(Action.DISCARDED, f"run {number}")
    messages.success(request, "Discarded: nothing was written.")
    return redirect(visit.url("run", number=number))


def _refused(request: HttpRequest, problem: Problem | TransportError) -> None:
    if isinstance(problem, Problem):
        problems.say(request, problem)
    else:
        text = (
            f"The run was not approved: whether its files have moved could not be seen. {problem}"
        )
        messages.error(request, text)


def _tripped(run: Run) -> list[dict[str, Any]]:
    """The limits the plan goes beyond, and what they are on."""
    of = registry.integration(run.sync.integration)
    return [{**one, "on": guard_on(one, of)} for one in run.guards if one["tripped"]]


def _kinds(run: Run) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """By record type (name, title), its changes by kind: kind, what that is called, how many."""
    return [
        (
            name,
            record.title,
            [
                (kind, CHANGE_WORDS[ChangeKind(kind)], number)
                for kind, number in browsing.kind_counts(run, name).items()
                if kind != ChangeKind.NONE
            ],
        )
        for name, record in browsing.records(run).items()
    ]


def _size(run: Run, out: Exclusion) -> int:
    """How many changes are left out."""
    if not out:
        return 0
    only = ChangeFilter(excluded=True)
    counts = (browsing.kind_counts(run, name, only, out) for name in browsing.records(run))
    return sum(number for found in counts for number in found.values())


def _chosen(
    request: HttpRequest, run: Run, filters: Filters, out: Exclusion
) -> list[dict[str, Any]]:
    """The ticked changes of the page, or all that pass the filters."""
    if request.POST.get("do", "").endswith("_all"):
        return browsing.changes(run, filters.listed, filters.only, -1, _AT_ONCE, out).rows
    ticked = set(request.POST.getlist("change"))
    page = browsing.changes(run, filters.listed, filters.only, after(request, -1), exclusion=out)
    return [one for one in page.rows if str(one["place"]) in ticked]


def _refusal(visit: Visit, run: Run) -> tuple[str, str] | None:
    """Why approving would be refused, and what to do."""
    if reason := approving.why_stale(run):
        declared = Codes.get(PLAN_STALE)
        return f"This plan can no longer be approved: {reason}", declared.what_to_do
    if visit.may(Ability.APPROVE) and not approving.may_approve(run, visit.user.email):
        declared = Codes.get(approving.SAME_PERSON)
        return declared.text, declared.what_to_do
    return None


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", "").strip()[:_NOTE]
