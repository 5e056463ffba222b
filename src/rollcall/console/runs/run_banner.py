"""The banner of a run: its state, what to do about it and who can. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollcall.console.frame.state_words import run_word
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.results import row_errors, state_words

_APPROVER = "anyone with the Approver role"
_MANAGER = "the district's data manager"

#: What to do about a run in a state that its findings do not explain, and who does it.
_NEXT: Mapping[RunState, tuple[str, str]] = {
    RunState.QUEUED: (
        "Wait a few seconds for a worker to start this run. If the run stays queued, check "
        "whether a worker is running.",
        "the person who runs the server",
    ),
    RunState.RUNNING: ("Wait for the run to finish. This page updates automatically.", ""),
    RunState.HELD: (
        "Review the changes. Then apply all or some of them, or discard the run.",
        _APPROVER,
    ),
    RunState.DISCARDED: ("To import the files after all, run the sync again.", _MANAGER),
    RunState.STOPPED: ("Resume the sync, then run it again.", _MANAGER),
}
#: States whose first finding says what happened and what to do.
_EXPLAINED = (RunState.FAILED, RunState.UNCHANGED, RunState.STALE)


@dataclass(frozen=True)
class Banner:
    """`meaning` and `why` in sentences; `do` and `who` are empty when nothing is to be done."""

    tone: str
    meaning: str
    why: str
    do: str
    who: str


def banner(run: Run) -> Banner:
    """What the page of a run says first."""
    _, tone = run_word(run)
    return Banner("ok" if tone == "good" else tone, state_words(run), *_next(run))


def _next(run: Run) -> tuple[str, str, str]:
    """(why it is so, what to do, who)."""
    state = RunState(run.state)
    if state in _EXPLAINED and run.findings:
        finding = run.findings[0]
        return f"{finding['text'].rstrip('.')}.", finding["what_to_do"], finding["who"]
    if state in _NEXT:
        tripped = [guard["sentence"] for guard in run.guards if guard["tripped"]]
        return " ".join(tripped) if state == RunState.HELD else "", *_NEXT[state]
    if not (errors := row_errors(run)):
        return "", "", ""
    rows = "1 row was" if errors == 1 else f"{errors:,} rows were"
    return (
        "",
        f"{rows} skipped because of errors. See the findings for the reasons, correct these rows "
        "and upload only them.",
        "the person in charge of the partner system",
    )
