"""Start to undo: a run that puts back what another run wrote, except what was changed since
(promise 6). engine.runs.undo_steps carries it out.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.engine.models import RetentionPolicy, Run, RunState
from rollcall.engine.runs.steps import job_of

NOTHING_TO_UNDO = Codes.add(
    "undo.nothing_written",
    Severity.ERROR,
    "This run wrote nothing, so there is nothing to undo",
    "Look at `rollcall runs` for the run you mean.",
    "the person who undoes runs",
)
IS_UNDO = Codes.add(
    "undo.is_undo",
    Severity.ERROR,
    "This run is itself an undo, which cannot be undone",
    "To import again what was undone, run the sync again.",
    "the person who undoes runs",
)
ALREADY_UNDONE = Codes.add(
    "undo.already_undone",
    Severity.ERROR,
    "This run has been undone already",
    "Nothing; its records are as they were before it.",
    "the person who undoes runs",
)
GOING_ON = Codes.add(
    "undo.going_on",
    Severity.ERROR,
    "This run is being undone already",
    "Wait until that undo has ended, and look at what it says.",
    "the person who undoes runs",
)
TOO_OLD = Codes.add(
    "undo.too_old",
    Severity.ERROR,
    "This run can no longer be undone: what it changed was removed because of its age",
    "Correct the records by hand. How long a run can be undone is a setting of the district.",
    "the district's data manager",
)


NOT_TESTED = Codes.add(
    "undo.not_tested",
    Severity.ERROR,
    "This undo was not tested yet",
    "Test it first: the test says what would be put back and which records would be kept.",
    "anyone with the Approver role",
)


NOT_POSSIBLE = Codes.add(
    "undo.not_possible",
    Severity.ERROR,
    "A run of this job changes nothing that could be put back",
    "Look at `rollcall runs` for the run you mean.",
    "the person who undoes runs",
)


@transaction.atomic
def start_undo(
    run: Run, person: str, clock: Clock, *, test: bool, tested_first: bool = False
) -> Run:
    """A queued run that undoes `run`. Problem when it wrote nothing, was undone already or is being
    undone, or, with `tested_first`, when nobody has seen by a test what it would put back. Of those
    who ask at once, one is let in.
    """
    run = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    if problem := why_not(run):
        raise problem
    if tested_first and not test and last_test(run) is None:
        raise Problem(NOT_TESTED, f"run {run.pk}")
    if earlier_undo := going_on(run).filter(test=test).first():
        raise Problem(GOING_ON, f"run {run.pk}, by run {earlier_undo.pk}")
    return Run.objects.create(
        district_id=run.district_id,
        sync=run.sync,
        version=run.version,
        job="undo",
        school_year=run.school_year,
        test=test,
        started_by="person",
        person=person,
        undo_of=run,
        created_at=clock.now(),
    )


def why_not(run: Run) -> Problem | None:
    """Why a run cannot be undone; None when it can."""
    if run.undo_of_id is not None:
        return Problem(IS_UNDO, f"run {run.pk}, of run {run.undo_of_id}")
    if not job_of(run).undo:
        return Problem(NOT_POSSIBLE, f"run {run.pk}")
    if run.applied_at is None:
        return Problem(NOTHING_TO_UNDO, f"run {run.pk} is {run.state}")
    if by := undone_by(run):
        return Problem(ALREADY_UNDONE, f"run {run.pk}, by run {by.pk}")
    return Problem(TOO_OLD, f"run {run.pk}") if too_old(run) else None


def undone_by(run: Run) -> Run | None:
    """The run that undid `run`."""
    return run.undos.filter(test=False, state=RunState.DONE).first()


def going_on(run: Run) -> QuerySet[Run]:
    """The undos of `run` that wait or go on."""
    return run.undos.filter(state__in=(RunState.QUEUED, RunState.RUNNING))


def last_test(run: Run) -> Run | None:
    """The last test of undoing `run` that came to its end."""
    return run.undos.filter(test=True, state=RunState.DONE).order_by("-pk").first()


def too_old(run: Run) -> bool:
    """Whether something that undoing a run needs was removed because of its age."""
    gone = RetentionPolicy.objects.filter(district=run.district_id).first()
    until = gone.changes_before if gone else None
    # A run logs its changes while it is applied, which takes hours at most.
    if until and run.applied_at and run.applied_at < until + timedelta(days=1):
        return True
    stamps = run.artifacts.filter(kind="plan", name__endswith=".stamps-before.parquet")
    return stamps.filter(removed_at__isnull=False).exists()
