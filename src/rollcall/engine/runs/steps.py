"""What a step of a run gets, and what it leaves. A step never writes the run's row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from rollcall.core.integration import Integration
from rollcall.core.jobs import Job, Step
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Approval, Run, RunState
from rollcall.engine.runs.run_row import RunRow


@dataclass(frozen=True)
class RunFacts:
    """What is the same for all steps of a run. `integration` as this run is decided by
    (engine.runs.partial_run). `approval`: of a plan that was held. `row`: to say how far it has
    come.
    """

    run: Run
    integration: Integration
    settings: BaseModel
    job: Job
    approval: Approval | None
    clock: Clock
    row: RunRow


@dataclass(frozen=True)
class Done:
    """What a step leaves. `value`: for the next step. `findings` and `summary` are added to those
    of the other steps; `fields`: what the run's row is to say. `state`: what the run ends in,
    where it is not DONE. `again`: the step to go back to, for what it decided is no longer so.
    """

    value: Any = None
    findings: Sequence[dict[str, Any]] = ()
    summary: Sequence[Sequence[Any]] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    state: RunState | None = None
    again: Step | None = None


Work = Callable[[RunFacts, Any], Done]


def job_of(run: Run) -> Job:
    """The job a run carries out; of an undo, one with the steps that put back what the run it
    undoes wrote. A job that the integration no longer has is one without steps.
    """
    name = run.job if run.undo_of is None else run.undo_of.job
    job = registry.integration(run.sync.integration).job(name) or Job(name, name, "", ())
    if run.undo_of is None:
        return job
    # It is about what the other run sent, and takes away what that one added.
    return replace(job, steps=job.undo, undo=(), removes=True, clears_scope=False)
