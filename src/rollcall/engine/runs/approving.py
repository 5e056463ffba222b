"""A person's decision about a held run: once, and bound to the plan they saw."""

from collections.abc import Callable

from django.db import transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.exclusion import Exclusion
from rollcall.core.problems import Problem
from rollcall.engine.alerts import alerts
from rollcall.engine.clock import Clock
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.plans import excluding
from rollcall.engine.plans.guarding import PLAN_STALE
from rollcall.engine.runs import run_row
from rollcall.engine.runs.inputs.fetching import moved_at_source
from rollcall.engine.runs.results import single_finding
from rollcall.engine.settings.config import ApprovalConfig

NOT_HELD = Codes.add(
    "approval.not_held",
    Severity.ERROR,
    "Only a held run can be approved or discarded, and only once",
    "Look at the run's state; to import again, start a new run.",
    "the person who approves runs",
)


SAME_PERSON = Codes.add(
    "approval.same_person",
    Severity.ERROR,
    "The person who started this run cannot approve it",
    "Ask anyone else with the Approver role; the sync's setting approval.different_person says so.",
    "anyone else with the Approver role",
)
NOTE_WANTED = Codes.add(
    "approval.note_wanted",
    Severity.ERROR,
    "This sync requires a note with every decision",
    "Say in a few words why, and decide again.",
    "the person who approves runs",
)


def approve(
    run: Run,
    person: str,
    clock: Clock,
    note: str = "",
    exclusion: Exclusion | None = None,
    *,
    then: Callable[[Run], object] | None = None,
) -> Run:
    """Let a held run go on: it is queued and will apply exactly the plan that was previewed, but
    for what `exclusion` leaves out. `then` is done in the same transaction; the input is looked at
    before it, so that nobody waits for a partner's server.

    When settings or input have moved since, the run becomes STALE instead (Problem); records are
    looked at when it is applied. Problem when the run is not held, when person or note are not
    what the sync wants, or when the plan has nothing of what is excluded; TransportError when the
    input cannot be looked at.
    """
    exclusion = exclusion or Exclusion()
    _held(run)
    if not may_approve(run, person):
        raise Problem(SAME_PERSON)
    _noted(run, note)
    reason = _moved(run) or moved_at_source(run)
    if exclusion and not reason:
        excluding.check(run, exclusion)
    with transaction.atomic():
        run = _held(run)
        if reason:
            _stale(run, reason, clock)
        else:
            _decide(run, True, person, clock, note, exclusion)
            run_row.write(run, state=RunState.QUEUED, finished_at=None)
            alerts.resolve_held(run, clock)
            if then is not None:
                then(run)
    if reason:
        raise Problem(PLAN_STALE, reason)
    return run


@transaction.atomic
def retire(sync_id: int, applied: int, clock: Clock) -> None:
    """End the held runs before the one applied: nobody can approve them any more."""
    earlier = Run.objects.filter(sync=sync_id, pk__lt=applied, state=RunState.HELD)
    for run in earlier.select_for_update():
        _stale(run, f"run {applied} of the same sync was applied", clock)


def _stale(run: Run, reason: str, clock: Clock) -> None:
    findings = [single_finding(PLAN_STALE, reason), *run.findings]
    run_row.write(run, state=RunState.STALE, finished_at=clock.now(), findings=findings)
    alerts.resolve_held(run, clock)


@transaction.atomic
def discard(run: Run, person: str, clock: Clock, note: str = "") -> Run:
    """End a held run without writing anything. Problem when the run is not held, or when a note
    is wanted and there is none.
    """
    run = _held(run)
    _noted(run, note)
    _decide(run, False, person, clock, note, Exclusion())
    run_row.write(run, state=RunState.DISCARDED, finished_at=clock.now())
    alerts.resolve_held(run, clock)
    return run


def _noted(run: Run, note: str) -> None:
    if rules(run).note == "required" and not note.strip():
        raise Problem(NOTE_WANTED)


def may_approve(run: Run, person: str) -> bool:
    """Whether this person may: not who started the run, where the sync wants another."""
    same = run.person.strip().casefold() == person.strip().casefold()
    return not (run.person and same and rules(run).different_person)


def rules(run: Run) -> ApprovalConfig:
    """The rules in force now: a later version of the sync may ask for more."""
    return ApprovalConfig.model_validate(run.sync.version.config.get("approval", {}))


@transaction.atomic
def _held(run: Run) -> Run:
    """The run, locked until the caller's transaction ends; Problem when it is not held."""
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state != RunState.HELD:
        raise Problem(NOT_HELD, f"run {run.pk} is {locked.state}")
    return locked


def _decide(
    run: Run, approved: bool, person: str, clock: Clock, note: str, exclusion: Exclusion
) -> None:
    Approval.objects.create(
        run=run,
        approved=approved,
        plan_sha256=run.plan_sha256,
        person=person,
        at=clock.now(),
        note=note,
        excluded=exclusion.as_json() if exclusion else {},
    )


def why_stale(run: Run) -> str:
    """Why a held run's plan would be refused by what is known here, in words; "" when it would not.
    Records and the input are looked at only when it is approved.
    """
    return _moved(run) if run.state == RunState.HELD else ""


def _moved(run: Run) -> str:
    if run.version_id != run.sync.version.pk:
        return "the sync's settings were changed"
    if run.school_year != run.district.school_year:
        return "the district's school year was changed"
    later = Run.objects.filter(sync=run.sync, pk__gt=run.pk, test=False, applied_at__isnull=False)
    if later.exists():
        return "a later run of the same sync was applied"
    return ""
