"""The engine's own steps by name, and how a step of an integration's own is carried out."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rollcall.core.jobs import OwnStep, Step, StepFacts
from rollcall.engine.outbound.jobs import batch, undo_sent
from rollcall.engine.plans.guarding import guard
from rollcall.engine.plans.planning import context_of, snapshot_transaction, views_of
from rollcall.engine.runs import importing, undo_steps
from rollcall.engine.runs.reporting import store
from rollcall.engine.runs.results import finding_counts
from rollcall.engine.runs.steps import Done, RunFacts, Work

_WORK: Mapping[str, Work] = {
    "fetch": importing.fetch_files,
    "read": importing.read_files,
    "match": importing.match_and_plan,
    "guard": guard,
    "apply": importing.write_plan,
    "report": importing.make_reports,
    "refresh": batch.refresh_mirror,
    "compare": batch.compare,
    "put": batch.put,
    "send": batch.send,
    "report_sent": batch.report_sent,
    "plan_undo": undo_steps.plan_undo,
    "plan_undo_sent": undo_sent.plan_undo_sent,
    "put_back": undo_steps.put_back,
}


def work_of(step: Step) -> Work:
    """What a step does."""
    if isinstance(step.work, str):
        return _WORK[step.work]
    return partial(_own, step.reads, step.work)


def _own(reads: tuple[str, ...], work: OwnStep, facts: RunFacts, before: Any) -> Done:
    """A pure step of an integration's own, with the views that it reads at one moment."""
    run = facts.run
    with snapshot_transaction() as (database, _):
        views = views_of(run, reads, database)
    result = work(StepFacts(facts.settings, context_of(run, facts.clock), views), before)
    for name, frame in result.reports.items():
        store(run, name, frame)
    return Done(
        result.value, findings=finding_counts(result.findings), summary=list(result.summary)
    )
