"""A run while it goes on: its steps with their times, and how far it has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rollcall.core.sending.outbound import Refresh
from rollcall.engine import artifacts, registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Artifact, Run, RunState, Step
from rollcall.engine.runs.results import state_words

#: The steps of a run as people see them; `plan` is decided within `match`.
_STEPS = (Step.FETCH, Step.READ, Step.MATCH, Step.GUARD, Step.APPLY, Step.REPORT, Step.NOTIFY)
_STEPS_OF_SENDING = (
    Step.FETCH,
    Step.PLAN,
    Step.GUARD,
    Step.APPLY,
    Step.SEND,
    Step.REPORT,
    Step.NOTIFY,
)
_STEPS_OF_UNDO = (Step.PLAN, Step.APPLY, Step.NOTIFY)
TITLES: Mapping[Step, str] = {
    Step.FETCH: "Fetch the files",
    Step.READ: "Read",
    Step.MATCH: "Match and plan",
    Step.PLAN: "Plan",
    Step.GUARD: "Check the limits",
    Step.APPLY: "Write",
    Step.REPORT: "Make the reports",
    Step.NOTIFY: "Send the mail",
}
_TITLES_OF_SENDING: Mapping[Step, str] = {
    **TITLES,
    Step.FETCH: "Read the partner's records",
    Step.APPLY: "Put in the queue",
    Step.SEND: "Send",
}
_WRITES = (Step.APPLY, Step.SEND)
_UNDER_WAY = (RunState.QUEUED, RunState.RUNNING)


class Stage(StrEnum):
    """Where one step stands."""

    TODO = "todo"
    NOW = "now"
    DONE = "done"
    FAILED = "failed"
    WAITING = "waiting"  # for a person's approval
    SKIPPED = "skipped"  # a test writes nothing, an unchanged file is not read ...


@dataclass(frozen=True)
class StepProgress:
    """One step: `seconds` it has taken so far, `usual` by the last good run (None: not known)."""

    step: Step
    title: str
    stage: Stage
    started_at: datetime | None
    seconds: float | None
    usual: float | None


@dataclass(frozen=True)
class Live:
    """What a page that watches a run shows. `rows_expected`: None when not known; `exact` when it
    was counted and not estimated from the files' sizes. `over`: nothing changes by itself any more.
    """

    state: RunState
    meaning: str
    over: bool
    step: Step
    rows_done: int
    rows_expected: int | None
    exact: bool
    seconds: float
    steps: list[StepProgress]


def live(run: Run, clock: Clock) -> Live:
    """How far a run has come, by what its own row says: two queries."""
    state = RunState(run.state)
    read = [counts["read"] for counts in run.counts.values() if "read" in counts]
    ended = run.finished_at or clock.now()
    return Live(
        state=state,
        meaning=state_words(run),
        over=state not in _UNDER_WAY,
        step=Step(run.step),
        rows_done=run.rows_done,
        rows_expected=sum(read) if read else run.rows_expected,
        exact=bool(read),
        seconds=(ended - run.started_at).total_seconds() if run.started_at else 0.0,
        steps=_steps(run, state, clock.now()),
    )


def worked(run: Run) -> float | None:
    """How many seconds a run has worked, not those it waited for a person; None before its end."""
    if run.finished_at is None:
        return None
    return sum(seconds for _, seconds in _taken(run.steps, run.finished_at).values())


def _steps(run: Run, state: RunState, at: datetime) -> list[StepProgress]:
    # Seconds by step of the sync's last good run of this kind before this one.
    alike = Run.objects.filter(sync=run.sync_id, job=run.job, test=run.test, partial=run.partial)
    last = alike.filter(state=RunState.DONE, pk__lt=run.pk).order_by("-pk").first()
    usual_taken = _taken(last.steps, last.finished_at or last.created_at) if last else {}
    taken, usual = (
        _taken(run.steps, at),
        {step: seconds for step, (_, seconds) in usual_taken.items()},
    )
    names, titles = _named(run)
    return [
        StepProgress(
            step=step,
            title=titles[step],
            stage=_stage(run, state, step, step in taken),
            started_at=taken[step][0] if step in taken else None,
            seconds=taken[step][1] if step in taken else None,
            usual=usual.get(step),
        )
        for step in names
    ]


def _named(run: Run) -> tuple[tuple[Step, ...], Mapping[Step, str]]:
    """The steps of a run in order, and what people call them."""
    if run.undo_of_id is not None:
        return _STEPS_OF_UNDO, TITLES
    outbound = registry.integration(run.sync.integration).outbound
    if outbound is None:
        return _STEPS, TITLES
    reads = any(job.refresh is not Refresh.NEVER for job in outbound.jobs if job.name == run.job)
    return _STEPS_OF_SENDING[0 if reads else 1 :], _TITLES_OF_SENDING


def _stage(run: Run, state: RunState, step: Step, begun: bool) -> Stage:
    under_way = state in _UNDER_WAY
    if begun:
        if under_way:
            return Stage.NOW if step == run.step else Stage.DONE
        # The last step but the mail, which is sent of a failure too.
        work = [taken["step"] for taken in run.steps if taken["step"] != Step.NOTIFY]
        failed = state == RunState.FAILED and work[-1:] == [step]
        return Stage.FAILED if failed else Stage.DONE
    if step in _WRITES and run.test:
        return Stage.SKIPPED
    if step in _WRITES and state == RunState.HELD:
        return Stage.WAITING
    return Stage.TODO if under_way else Stage.SKIPPED


def _taken(steps: Iterable[Mapping[str, Any]], at: datetime) -> dict[str, tuple[datetime, float]]:
    """By step: when it began first, and its seconds; several turns of one are added up."""
    times: dict[str, tuple[datetime, float]] = {}
    for step_entry in steps:
        began = datetime.fromisoformat(step_entry["started_at"])
        ended = (
            datetime.fromisoformat(step_entry["finished_at"]) if step_entry["finished_at"] else at
        )
        first, seconds = times.get(step_entry["step"], (began, 0.0))
        times[step_entry["step"]] = (first, seconds + (ended - began).total_seconds())
    return times


def estimated_rows(inputs: Iterable[Artifact]) -> int:
    """How many rows some files hold, judged by the length of their first lines."""
    rows = 0
    for artifact in inputs:
        with artifacts.checked_path(artifact).open("rb") as file:
            head = file.read(artifacts.BLOCK)
        lines = max(head.count(b"\n"), head.count(b"\r"), 1)
        rows += round(artifact.size / len(head) * lines) if head else 0
    return rows
