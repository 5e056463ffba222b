"""Guard: may this plan be applied? Nothing is written before the answer (promise 2)."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans import guards
from rollcall.core.plans.counts import plan_counts
from rollcall.core.plans.exclusion import with_excluded
from rollcall.engine.models import RunState
from rollcall.engine.plans import excluding, plan_store
from rollcall.engine.plans.planning import Planned
from rollcall.engine.runs.inputs.fetching import last_comparable
from rollcall.engine.runs.results import finding_counts, single_finding
from rollcall.engine.runs.steps import Done, RunFacts

PLAN_STALE = Codes.add(
    "approval.stale",
    Severity.ERROR,
    "The plan no longer fits: records, input or settings have moved since it was made",
    "Run the sync again, look at the new plan and approve that.",
    "the person who approves runs",
)


def guard(facts: RunFacts, planned: Planned) -> Done:
    """Store the plan. HELD when a guard wants a person to look at it first; the next step gets the
    plan without what was excluded from it.

    An approved run is not guarded again: it must be exactly the plan that was approved, else it is
    STALE and the plan that was approved stays as it was stored.
    """
    run, approval, inputs = facts.run, facts.approval, facts.integration.inputs
    sha256 = plan_store.fingerprint(planned.plan)
    if approval is not None and approval.plan_sha256 != sha256:
        stale = single_finding(PLAN_STALE, "records have changed")
        return Done(findings=[stale], state=RunState.STALE)
    plan_store.save(run, planned.plan)
    remaining, excluded = excluding.left_of(approval, facts.integration, planned.plan)
    counts = with_excluded(plan_counts(remaining, inputs), excluded, inputs)
    results = [] if approval else _guards(facts, planned, counts)
    over = [result for result in results if result.tripped]
    return Done(
        replace(planned, plan=remaining),
        findings=[
            *(single_finding(guards.EXCEEDED, result.sentence) for result in over),
            *excluding.finding(approval, excluded),
            *finding_counts(planned.plan.findings),
        ],
        fields={
            "plan_sha256": sha256,
            "counts": counts,
            "guards": run.guards if approval else [asdict(result) for result in results],
        },
        state=RunState.HELD if over and not run.test else None,
    )


def _guards(
    facts: RunFacts, planned: Planned, counts: Mapping[str, Mapping[str, int]]
) -> list[guards.GuardResult]:
    run, inputs = facts.run, facts.integration.inputs
    limits = guards.Guards.model_validate(run.version.config.get("guards", {}))
    last = None if run.partial else last_comparable(run)
    before = {name: numbers.get("read") for name, numbers in last.counts.items()} if last else {}
    rows = {
        name: numbers
        for name, numbers in counts.items()
        if "read" in numbers and (numbers["read"] or not run.partial)
    }
    titles = {declared.name: declared.title for declared in inputs}
    one_student = "student" in run.about
    return guards.check(limits, planned.plan.changes, rows, before, titles, may_empty=one_student)
