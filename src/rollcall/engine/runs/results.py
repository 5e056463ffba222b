"""A run in the shape that `run --json`, `show --json`, the mail and the pages give."""

from typing import Any

import polars as pl

from rollcall.core.findings import Codes, count_by_code
from rollcall.core.plans.counts import CHANGE_WORDS
from rollcall.core.plans.plan import Outcome
from rollcall.engine import registry
from rollcall.engine.models import Approval, Run, RunState

#: Exit codes of the command line, by what became of the run.
DONE, ROW_ERRORS, USAGE, HELD, FAILED = range(5)

COUNT_WORDS = (
    *("read", *map(str, Outcome), *CHANGE_WORDS.values(), "excluded"),
    *("accepted", "refused", "waiting"),  # of a run that sent
)
_ROW_ERRORS = ("rejected", "ambiguous", "duplicate")
_FAILED = (RunState.FAILED, RunState.STALE, RunState.STOPPED)

STATE_WORDS = {
    RunState.QUEUED: "Waiting for a worker",
    RunState.RUNNING: "Running",
    RunState.HELD: "Held: a person has to approve or discard the plan",
    RunState.DONE: "Done",
    RunState.UNCHANGED: "Nothing imported: the same files as last time",
    RunState.STALE: "Not applied: records, input or settings had moved since the preview",
    RunState.DISCARDED: "Discarded: nothing was written",
    RunState.STOPPED: "Stopped: the sync was paused before anything was written",
    RunState.FAILED: "Failed: nothing was written",
}


#: Beside the state of a run of a part of a file.
PARTIAL = "only the rows of the file given"


def state_words(run: Run) -> str:
    """What a run's state means, for people; of a run of a part of a file, that it is one."""
    return f"{_words(run)} ({PARTIAL})" if run.partial else _words(run)


def _words(run: Run) -> str:
    if run.test and run.state == RunState.DONE:
        of = f" of undoing run {run.undo_of_id}" if run.undo_of_id else ""
        return f"Test{of} done: no data was written"
    if run.undo_of_id and run.state == RunState.DONE:
        return f"Run {run.undo_of_id} was undone"
    if run.applied_at is not None and run.state == RunState.FAILED:
        return "Written, but the reports could not be made"
    return STATE_WORDS[RunState(run.state)]


def finding_counts(findings: pl.DataFrame) -> list[dict[str, Any]]:
    """Findings grouped by code and input, with the code's words: what runs remember of them."""
    return [
        {
            "severity": str(declared.severity),
            "code": declared.code,
            "input": input,
            "count": count,
            "text": declared.text,
            "what_to_do": declared.what_to_do,
            "who": declared.who,
        }
        for declared, input, count in count_by_code(findings)
    ]


def single_finding(code: str, detail: str) -> dict[str, Any]:
    """A finding about the whole run in the same shape."""
    declared = Codes.get(code)
    text = f"{declared.text} ({detail.removesuffix('.')})" if detail else declared.text
    return {
        "severity": str(declared.severity),
        "code": code,
        "input": "",
        "count": 1,
        "text": text,
        "what_to_do": declared.what_to_do,
        "who": declared.who,
    }


def counts_of(run: Run) -> dict[str, dict[str, int]]:
    """A run's counts in the order people read them; the database keeps no order of its own."""
    inputs = [input.name for input in registry.integration(run.sync.integration).inputs]
    in_order = [
        *(name for name in inputs if name in run.counts),
        *(name for name in run.counts if name not in inputs),
    ]
    return {
        name: {kind: run.counts[name][kind] for kind in COUNT_WORDS if kind in run.counts[name]}
        for name in in_order
    }


def row_errors(run: Run) -> int:
    """How many rows were not taken because of an error in them."""
    return sum(counts.get(kind, 0) for counts in run.counts.values() for kind in _ROW_ERRORS)


def exit_code(run: Run) -> int:
    """The command line's exit code for a run that is over or held."""
    if run.state == RunState.HELD:
        return HELD
    if run.state in _FAILED:
        return FAILED
    return ROW_ERRORS if row_errors(run) else DONE


def result(run: Run) -> dict[str, Any]:
    """All that is said of a run. No student data: counts, codes and names of files."""
    times = ("created_at", "started_at", "applied_at", "finished_at")
    decided = Approval.objects.filter(run=run).values("approved", "person", "note", "at").first()
    return {
        "run": run.pk,
        "sync": run.sync.name,
        "job": run.job,
        "state": run.state,
        "meaning": state_words(run),
        "test": run.test,
        "partial": run.partial,
        "step": run.step,
        "rows_done": run.rows_done,
        "rows_expected": run.rows_expected,
        "steps": run.steps,
        "started_by": run.started_by,
        "undo_of": run.undo_of_id,
        **{name: at.isoformat() if (at := getattr(run, name)) else None for name in times},
        "counts": counts_of(run),
        "carried": run.carried,
        "carried_from": run.carried_from_id,
        "findings": run.findings,
        "guards": run.guards,
        "summary": run.summary,
        "plan_sha256": run.plan_sha256,
        "approval": {**decided, "at": decided["at"].isoformat()} if decided else None,
        "reports": sorted(run.artifacts.filter(kind="report").values_list("name", flat=True)),
    }
