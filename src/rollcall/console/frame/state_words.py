"""States as pages show them: a word and its tone (good, attention, bad, busy, quiet)."""

from collections.abc import Mapping

from rollcall.core.health import State
from rollcall.engine.models import AlertKind, Run, RunState
from rollcall.engine.runs.results import row_errors

SYNC_TONES: Mapping[State, str] = {
    State.FINE: "good",
    State.LATE: "attention",
    State.HELD: "attention",
    State.FAILED: "bad",
    State.PAUSED: "quiet",
    State.OFF: "quiet",
    State.NEVER_RUN: "quiet",
}

RUN_WORDS: Mapping[RunState, tuple[str, str]] = {
    RunState.QUEUED: ("Waiting", "busy"),
    RunState.RUNNING: ("Running", "busy"),
    RunState.HELD: ("Held", "attention"),
    RunState.DONE: ("Done", "good"),
    RunState.UNCHANGED: ("Same files", "attention"),
    RunState.STALE: ("Stale", "attention"),
    RunState.DISCARDED: ("Discarded", "quiet"),
    RunState.STOPPED: ("Stopped", "quiet"),
    RunState.FAILED: ("Failed", "bad"),
}

#: What an alert is about. REFUSED is what the state calls level 1, RULE what it calls level 2.
ALERT_KINDS: Mapping[AlertKind, str] = {
    AlertKind.SIGN_IN: "Sign-in",
    AlertKind.FAILED: "Failed run",
    AlertKind.HELD: "Held run",
    AlertKind.LATE: "Late",
    AlertKind.SAME_FILES: "Same files",
    AlertKind.REFUSED: "Refused by the partner",
    AlertKind.RULE: "Rules of the partner",
    AlertKind.CHECK: "Pre-check",
    AlertKind.FINDING: "Found in a run",
    AlertKind.MAIL: "Mail",
    AlertKind.ADVICE: "Reminder",
}


def run_word(run: Run) -> tuple[str, str]:
    """A run's state as a word, and its tone."""
    if run.state == RunState.DONE and row_errors(run):
        return "Done with errors", "attention"
    return RUN_WORDS[RunState(run.state)]
