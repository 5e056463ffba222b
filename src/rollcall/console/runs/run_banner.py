"""The banner of a run: how it stands, what to do about it and who can. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from rollcall.console.frame.state_words import run_word
from rollcall.engine.models import Run, RunState
from rollcall.engine.runs.results import row_errors, state_words

_APPROVER = "a person who may approve runs"
_MANAGER = "the district's data manager"

#: What to do about a run in a state that its findings do not explain, and who does it.
_NEXT: Mapping[RunState, tuple[str, str]] = {
    RunState.QUEUED: (
        "Nothing for now: a worker takes it up within seconds. If it stays so, see whether one is "
        "running.",
        "the person who runs the server",
    ),
    RunState.RUNNING: ("Nothing for now: this page follows it.", ""),
    RunState.HELD: (
        "Look at what it would change, then approve it, with or without some changes, or discard "
        "it.",
        _APPROVER,
    ),
    RunState.DISCARDED: ("Nothing; to import after all, run the sync again.", _MANAGER),
    RunState.STOPPED: ("Resume the sync, then run it again.", _MANAGER),
}
#: States whose first finding says what happened and what to do.
_EXPLAINED = (RunState.FAILED, RunState.UNCHANGED, RunState.STALE)
_TONES = {"good": "ok"}


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
    why, do, who = _next(run)
    return Banner(_TONES.get(tone, tone), state_words(run), why, do, who)


def _next(run: Run) -> tuple[str, str, str]:
    """(why it is so, what to do, who)."""
    state = RunState(run.state)
    if state in _EXPLAINED and run.findings:
        first = run.findings[0]
        return f"{first['text'].rstrip('.')}.", first["what_to_do"], first["who"]
    if state == RunState.HELD:
        return _tripped(run), *_NEXT[state]
    if state in _NEXT:
        return "", *_NEXT[state]
    return "", *_of_rows(run)


def _tripped(run: Run) -> str:
    return " ".join(guard["sentence"] for guard in run.guards if guard["tripped"])


def _of_rows(run: Run) -> tuple[str, str]:
    if not (errors := row_errors(run)):
        return "", ""
    rows = "1 row was" if errors == 1 else f"{errors:,} rows were"
    return (
        f"{rows} not taken because of an error. The findings say why; correct these rows and send "
        "only them again.",
        "the person who looks after the partner system",
    )
