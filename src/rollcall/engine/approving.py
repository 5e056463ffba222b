"""A person's decision about a held run: once, and bound to the plan they saw."""

from django.db import transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.engine.fetching import moved_at_source
from rollcall.engine.guarding import PLAN_STALE
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.results import single_finding

NOT_HELD = Codes.add(
    "approval.not_held",
    Severity.ERROR,
    "Only a held run can be approved or discarded, and only once",
    "Look at the run's state; to import again, start a new run.",
    "the person who approves runs",
)


def approve(run: Run, person: str, clock: Clock, note: str = "") -> Run:
    """Let a held run go on: it is queued and will apply exactly the plan that was previewed.

    When settings or input have moved since, the run becomes STALE instead (Problem); records are
    looked at when it is applied. Problem when the run is not held; TransportError when the input
    cannot be looked at.
    """
    reason = _moved(run)
    with transaction.atomic():
        run = _held(run)
        if reason:
            run.state, run.finished_at = RunState.STALE, clock.now()
            run.findings = [single_finding(PLAN_STALE, reason), *run.findings]
        else:
            _decide(run, True, person, clock, note)
            run.state, run.finished_at = RunState.QUEUED, None
        run.save()
    if reason:
        raise Problem(PLAN_STALE, reason)
    return run


@transaction.atomic
def discard(run: Run, person: str, clock: Clock, note: str = "") -> Run:
    """End a held run without writing anything. Problem when the run is not held."""
    run = _held(run)
    _decide(run, False, person, clock, note)
    run.state, run.finished_at = RunState.DISCARDED, clock.now()
    run.save()
    return run


def _held(run: Run) -> Run:
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state != RunState.HELD:
        raise Problem(NOT_HELD, f"run {run.pk} is {locked.state}")
    return locked


def _decide(run: Run, approved: bool, person: str, clock: Clock, note: str) -> None:
    Approval.objects.create(
        run=run,
        approved=approved,
        plan_sha256=run.plan_sha256,
        person=person,
        at=clock.now(),
        note=note,
    )


def _moved(run: Run) -> str:
    """What has moved since the preview, in words; empty when nothing has."""
    if run.state != RunState.HELD:
        return ""
    if run.version_id != run.sync.version.pk:
        return "the sync's settings were changed"
    if run.school_year != run.district.school_year:
        return "the district's school year was changed"
    later = Run.objects.filter(sync=run.sync, pk__gt=run.pk, test=False, applied_at__isnull=False)
    if later.exists():
        return "a later run of the same sync was applied"
    if inputs := moved_at_source(run):
        return f"there is a newer file for {', '.join(inputs)}"
    return ""
