"""Review of a held run: why it is held, what would change, skip changes, approve or discard."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.console.frame import problems
from rollcall.console.frame.paging import after, query_with
from rollcall.console.frame.visit import Visit
from rollcall.console.runs import exclusion_drafts
from rollcall.console.runs.run_changes import Filters, listing
from rollcall.console.runs.run_head import has_plan, head, run_of
from rollcall.console.runs.run_words import guard_subject
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

#: The longest note, and how many changes one press of a button skips at most.
_LONGEST_NOTE, _AT_ONCE = 1_000, 5_000


def review(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """A held run's guards and changes. A run that is not held is shown as a run."""
    run = run_of(visit, number)
    if run.state != RunState.HELD:
        messages.info(request, "This run is not waiting for approval.")
        return redirect(visit.url("run", number=number))
    context = head(visit, run, "run-changes")
    if not has_plan(run):
        return render(request, "runs/run_gone.html", context)
    visit.note(Action.SAW, f"run {number}", part="review")
    exclusion = exclusion_drafts.draft(request, run)
    integration = registry.integration(run.sync.integration)
    context |= {
        **listing(request, run, exclusion),
        "record_counts": _record_counts(run),
        "title": f"Review run {number}",
        "tripped": [
            {**guard, "on": guard_subject(guard, integration)}
            for guard in run.guards
            if guard["tripped"]
        ],
        "passed": [guard for guard in run.guards if not guard["tripped"]],
        "skipped": _skipped(run, exclusion),
        "at_once": _AT_ONCE,
        "note_required": approving.rules(run).note == "required",
        "longest_note": _LONGEST_NOTE,
        "refusal": _refusal(visit, run),
        "csv": visit.url("run-changes-csv", number=number) + query_with(request.GET),
    }
    return render(request, "runs/review.html", context)


def choose(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Skip or restore the selected changes of the page, or all that match the filters."""
    run = run_of(visit, number)
    address = visit.url("review", number=number)
    if run.state != RunState.HELD or not has_plan(run):
        return redirect(address)
    filters, exclusion = Filters(request, run), exclusion_drafts.draft(request, run)
    action = request.POST.get("do", "")
    if action.endswith("_all"):
        page = browsing.changes(run, filters.listed, filters.only, -1, _AT_ONCE, exclusion)
        chosen = page.rows
    else:
        place, selected = after(request, -1), set(request.POST.getlist("change"))
        page = browsing.changes(run, filters.listed, filters.only, place, exclusion=exclusion)
        chosen = [change for change in page.rows if str(change["place"]) in selected]
    update = exclusion_drafts.restore if "restore" in action else exclusion_drafts.skip
    exclusion_drafts.save(request, run, update(exclusion, filters.listed, chosen))
    return redirect(f"{address}?{request.GET.urlencode()}#changes")


def approve(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """Approve the run without the skipped changes."""
    run = run_of(visit, number)
    exclusion = exclusion_drafts.draft(request, run)
    try:
        approve_and_enqueue.approve(run, visit.user.email, visit.clock, _note(request), exclusion)
    except (Problem, TransportError) as problem:
        if isinstance(problem, Problem):
            problems.say(request, problem)
        else:
            messages.error(
                request,
                "The run was not approved: Rollcall could not check whether its files have "
                f"changed. {problem}",
            )
        run.refresh_from_db()
        page = "review" if run.state == RunState.HELD else "run"
        return redirect(visit.url(page, number=number))
    exclusion_drafts.delete(request, run)
    visit.note(Action.APPROVED, f"run {number}", skipped=_skipped(run, exclusion))
    messages.success(request, "Approved. The changes are being applied exactly as you saw them.")
    return redirect(visit.url("run", number=number))


def discard(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """End the run without writing anything."""
    run = run_of(visit, number)
    try:
        approving.discard(run, visit.user.email, visit.clock, _note(request))
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("review", number=number))
    exclusion_drafts.delete(request, run)
    visit.note(Action.DISCARDED, f"run {number}")
    messages.success(request, "Discarded. No changes were applied.")
    return redirect(visit.url("run", number=number))


def _record_counts(run: Run) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """By record type (name, title), its changes by kind: (kind, its word, how many)."""
    return [
        (
            name,
            record.title,
            [
                (kind, CHANGE_WORDS[ChangeKind(kind)], count)
                for kind, count in browsing.kind_counts(run, name).items()
                if kind != ChangeKind.NONE
            ],
        )
        for name, record in browsing.records(run).items()
    ]


def _skipped(run: Run, exclusion: Exclusion) -> int:
    """How many changes are skipped."""
    if not exclusion:
        return 0
    only = ChangeFilter(excluded=True)
    return sum(
        sum(browsing.kind_counts(run, name, only, exclusion).values())
        for name in browsing.records(run)
    )


def _refusal(visit: Visit, run: Run) -> tuple[str, str] | None:
    """Why approving would be refused, and what to do."""
    if reason := approving.why_stale(run):
        text = f"This plan can no longer be approved: {reason}"
        return text, Codes.get(PLAN_STALE).what_to_do
    if visit.may(Ability.APPROVE) and not approving.may_approve(run, visit.user.email):
        same_person = Codes.get(approving.SAME_PERSON)
        return same_person.text, same_person.what_to_do
    return None


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", "").strip()[:_LONGEST_NOTE]
