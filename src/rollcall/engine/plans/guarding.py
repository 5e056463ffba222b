"""Guard: may this plan be applied? Nothing is written before the answer (promise 2)."""

from dataclasses import asdict

from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.plans import guards
from rollcall.core.plans.counts import plan_counts
from rollcall.core.plans.exclusion import with_excluded
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.plans import excluding, plan_store
from rollcall.engine.plans.planning import Planned
from rollcall.engine.runs.fetching import last_comparable
from rollcall.engine.runs.results import finding_counts, single_finding

PLAN_STALE = Codes.add(
    "approval.stale",
    Severity.ERROR,
    "The plan no longer fits: records, input or settings have moved since it was made",
    "Run the sync again, look at the new plan and approve that.",
    "the person who approves runs",
)


def guard(run: Run, integration: Integration, planned: Planned) -> RunState:
    """DONE when the plan may be applied, HELD when a guard wants a person to look at it first.

    An approved run is not guarded again: it must be exactly the plan that was approved, else it is
    STALE and the plan that was approved stays as it was stored.
    """
    sha256 = plan_store.fingerprint(planned.plan)
    approval = Approval.objects.filter(run=run, approved=True).first()
    if approval is not None and approval.plan_sha256 != sha256:
        run.findings = [single_finding(PLAN_STALE, "records have changed")]
        return RunState.STALE
    # Store the whole plan, and what it says in numbers without what was excluded from it.
    plan_store.save(run, planned.plan)
    remaining, excluded = excluding.left_of(run, integration, planned.plan)
    run.plan_sha256 = sha256
    run.counts = with_excluded(
        plan_counts(remaining, integration.inputs), excluded, integration.inputs
    )
    by_severity = finding_counts(planned.plan.findings)
    run.findings = [*excluding.finding(run, excluded), *by_severity]
    run.save(update_fields=["plan_sha256", "counts", "findings", "carried", "carried_from"])
    if approval is not None:
        return RunState.DONE
    return RunState.HELD if _tripped(run, integration, planned) and not run.test else RunState.DONE


def _tripped(run: Run, integration: Integration, planned: Planned) -> bool:
    limits = guards.Guards.model_validate(run.version.config.get("guards", {}))
    last = None if run.partial else last_comparable(run)
    before = {name: counts["read"] for name, counts in last.counts.items()} if last else {}
    read_counts = {name: counts for name, counts in run.counts.items() if counts["read"]}
    counts = read_counts if run.partial else run.counts
    titles = {declared.name: declared.title for declared in integration.inputs}
    changes, declared = planned.plan.changes, "student" in run.about
    results = guards.check(limits, changes, counts, before, titles, may_empty=declared)
    run.guards = [asdict(result) for result in results]
    run.save(update_fields=["guards"])
    over = [result for result in results if result.tripped]
    run.findings = [
        *(single_finding(guards.EXCEEDED, result.sentence) for result in over),
        *run.findings,
    ]
    return bool(over)
