"""Undo: a run that puts back what another run wrote, except what was changed since (promise 6)."""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from rollcall.core.findings import Codes, Severity, no_findings
from rollcall.core.plans.plan import ChangeKind, Changes, Plan
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.installation import disk_room
from rollcall.engine.models import Artifact, RetentionPolicy, Run, RunState, Step
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.planning import context_of
from rollcall.engine.runs import fencing, reporting
from rollcall.engine.runs.progress import Progress
from rollcall.engine.runs.results import single_finding
from rollcall.records import stamps, undo, write

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
KEPT = Codes.add(
    "undo.kept",
    Severity.WARNING,
    "Records that were changed after the run are kept as they are now",
    "Look at the report Undo_KeptRecords and correct those records by hand where needed.",
    "the district's data manager",
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


SENT = Codes.add(
    "undo.sent",
    Severity.ERROR,
    "This run sent records to a partner and changed none of yours, so it cannot be undone",
    "Correct your records; the partner follows with the next run, or by itself in near real time.",
    "the district's data manager",
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
    if registry.integration(run.sync.integration).outbound is not None:
        return Problem(SENT, f"run {run.pk}")
    if run.undo_of_id is not None:
        return Problem(IS_UNDO, f"run {run.pk}, of run {run.undo_of_id}")
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


def carry_out(run: Run, clock: Clock, progress: Progress) -> RunState:
    """Put back what the run wrote, in one transaction; say what was put back and what was kept."""
    if run.applied_at is not None:
        return RunState.DONE
    undone = run.undo_of
    assert undone is not None
    if by := undone_by(undone):
        raise Problem(ALREADY_UNDONE, f"run {undone.pk}, by run {by.pk}")
    integration = registry.integration(run.sync.integration)
    with transaction.atomic():
        fencing.hold(run)
        database = connection.connection
        progress.step(Step.PLAN)
        write.lock(database, [record.name for record in integration.records])
        # Runs after this one that were undone, and those that undid them.
        pairs = Run.objects.filter(
            district=undone.district_id, pk__gt=undone.pk, test=False, state=RunState.DONE
        ).exclude(undo_of=None)
        changes, kept_records = undo.undo_changes(
            database,
            run.district_id,
            undone.pk,
            [pk for pair in pairs.values_list("pk", "undo_of_id") for pk in pair],
        )
        _say(run, changes, kept_records.height)
        by_type = {change.record.name: change for change in changes}
        plan_store.save(run, Plan({}, by_type, no_findings()))
        reporting.store(run, "Undo_KeptRecords", kept_records)
        if not run.test:
            progress.step(Step.APPLY)
            _put_back(run, undone, changes, clock)
    return RunState.DONE


def _say(run: Run, changes: tuple[Changes, ...], kept_count: int) -> None:
    run.counts = {
        change.record.name: {
            "added": change.count(ChangeKind.ADD),
            "updated": change.count(ChangeKind.UPDATE),
            "ended": change.count(ChangeKind.END),
            "removed": change.count(ChangeKind.REMOVE),
        }
        for change in changes
    }
    run.summary = [
        [f"{name}: {kind}", number]
        for name, kinds in run.counts.items()
        for kind, number in kinds.items()
        if number
    ] + [["Kept because they were changed since", kept_count]]
    if kept_count:
        run.findings = [{**single_finding(KEPT, ""), "count": kept_count}]


def _put_back(run: Run, undone: Run, changes: tuple[Changes, ...], clock: Clock) -> None:
    disk_room.check_database(changes)
    database = connection.connection
    today = context_of(run, clock).today
    for change in changes:
        write.apply(database, run.district_id, change, run_id=run.pk, today=today)
    write.settle(database)
    for artifact in Artifact.objects.filter(
        run=undone, kind="plan", name__endswith=".stamps-before.parquet"
    ):
        record = artifact.name.removesuffix(".stamps-before.parquet")
        before = plan_store.read(undone, f"{record}.stamps-before")
        stamps.restore_stamps(database, run.district_id, record, before, undone.pk)
    run.applied_at = clock.now()
    run.save()
