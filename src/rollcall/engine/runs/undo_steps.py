"""The steps of a run that puts back what another run wrote into the records.

The job is core.jobs.UNDO_RECORDS. What was changed since is kept as it is (promise 6).
"""

from rollcall.core.findings import Codes, Severity, no_findings
from rollcall.core.jobs import PLAN_UNDO
from rollcall.core.plans.plan import ChangeKind, Plan
from rollcall.core.problems import Problem
from rollcall.engine.models import Artifact, Run, RunState
from rollcall.engine.plans import plan_store
from rollcall.engine.plans.planning import Planned, snapshot_transaction
from rollcall.engine.runs import reporting
from rollcall.engine.runs.applying import apply
from rollcall.engine.runs.results import single_finding
from rollcall.engine.runs.steps import Done, RunFacts
from rollcall.engine.runs.undoing import ALREADY_UNDONE, undone_by
from rollcall.records import stamps, undo
from rollcall.records.copying import Database

KEPT = Codes.add(
    "undo.kept",
    Severity.WARNING,
    "Records that were changed after the run are kept as they are now",
    "Look at the report Undo_KeptRecords and correct those records by hand where needed.",
    "the district's data manager",
)

#: What a summary says of what is kept.
KEPT_LABEL = "Kept because they were changed since"
_KINDS = {
    "added": ChangeKind.ADD,
    "updated": ChangeKind.UPDATE,
    "ended": ChangeKind.END,
    "removed": ChangeKind.REMOVE,
}


def undone_of(run: Run) -> Run:
    """The run that an undo undoes; Problem when another undo has done so meanwhile."""
    undone = run.undo_of
    assert undone is not None
    if by := undone_by(undone):
        raise Problem(ALREADY_UNDONE, f"run {undone.pk}, by run {by.pk}")
    return undone


def plan_undo(facts: RunFacts, _: object) -> Done:
    """Plan to put back what the run wrote, and store that plan."""
    run, undone = facts.run, undone_of(facts.run)
    # Runs after the one undone that were undone, and those that undid them.
    pairs = Run.objects.filter(
        district=undone.district_id, pk__gt=undone.pk, test=False, state=RunState.DONE
    ).exclude(undo_of=None)
    undone_too = [pk for pair in pairs.values_list("pk", "undo_of_id") for pk in pair]
    with snapshot_transaction() as (database, snapshot):
        changes, kept_records = undo.undo_changes(database, run.district_id, undone.pk, undone_too)
    plan = Plan({}, {change.record.name: change for change in changes}, no_findings())
    plan_store.save(run, plan)
    reporting.store(run, "Undo_KeptRecords", kept_records)
    kept_count = kept_records.height
    counts = {
        change.record.name: {word: change.count(kind) for word, kind in _KINDS.items()}
        for change in changes
    }
    return Done(
        Planned(plan, snapshot),
        findings=[{**single_finding(KEPT, ""), "count": kept_count}] if kept_count else [],
        summary=[
            *(
                (f"{name}: {word}", number)
                for name, numbers in counts.items()
                for word, number in numbers.items()
                if number
            ),
            (KEPT_LABEL, kept_count),
        ],
        fields={"counts": counts},
    )


def put_back(facts: RunFacts, planned: Planned) -> Done:
    """Write what was planned, and what the run undone had confirmed (records.stamps)."""
    undone = undone_of(facts.run)
    stored = Artifact.objects.filter(
        run=undone, kind="plan", name__endswith=".stamps-before.parquet"
    )

    def restore_stamps(database: Database) -> None:
        for name in stored.values_list("name", flat=True):
            record = name.removesuffix(".stamps-before.parquet")
            before = plan_store.read(undone, f"{record}.stamps-before")
            stamps.restore_stamps(database, undone.district_id, record, before, undone.pk)

    return Done() if apply(facts, planned, restore_stamps) else Done(again=PLAN_UNDO)
