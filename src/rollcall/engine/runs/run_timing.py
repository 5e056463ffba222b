"""A run while it goes on: its steps with their times, and how far it has come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rollcall.core.jobs import NOTIFY, Step
from rollcall.engine import artifacts
from rollcall.engine.clock import Clock
from rollcall.engine.models import Artifact, Run, RunState
from rollcall.engine.runs.results import state_words
from rollcall.engine.runs.steps import job_of

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

    step: str
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
    step: str
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
        step=run.step,
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
    return [
        StepProgress(
            step=step.name,
            title=step.title,
            stage=_stage(run, state, step, step.name in taken),
            started_at=taken[step.name][0] if step.name in taken else None,
            seconds=taken[step.name][1] if step.name in taken else None,
            usual=usual.get(step.name),
        )
        for step in (*job_of(run).steps, NOTIFY)
    ]


def _stage(run: Run, state: RunState, step: Step, begun: bool) -> Stage:
    under_way = state in _UNDER_WAY
    if begun:
        if under_way:
            return Stage.NOW if step.name == run.step else Stage.DONE
        # The last step but the mail, which is sent of a failure too.
        work = [taken["step"] for taken in run.steps if taken["step"] != NOTIFY.name]
        failed = state == RunState.FAILED and work[-1:] == [step.name]
        return Stage.FAILED if failed else Stage.DONE
    if step.writes and run.test:
        return Stage.SKIPPED
    if step.writes and state == RunState.HELD:
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
