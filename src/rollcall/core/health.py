"""The state of a sync as one word, what it means, what to do next and who should do it.

Pure: everything it is told from is in `Facts`; the moment is an argument.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rollcall.core.settings.schedule import Schedule, due, next_times

_MANAGER = "the district's data manager"
_SERVER = "the person who runs the server"


class State(StrEnum):
    """What pages, mails and the command line call the state of a sync."""

    OK = "OK"
    LATE = "Late"
    HELD = "Held"
    FAILING = "Failing"
    PAUSED = "Paused"
    DISABLED = "Disabled"
    NEVER_RUN = "Never run"


#: States that somebody chose or that are right; the others ask for somebody.
CALM = frozenset({State.OK, State.DISABLED})


class Action(StrEnum):
    """Where a next step leads; the console has a page for each."""

    NONE = ""
    REVIEW = "review"  # the plan of the held run `Health.run`
    FINDINGS = "findings"  # the findings of the run `Health.run`
    RUN = "run"  # the run `Health.run`
    WORKER = "worker"  # how to run a worker
    RESUME = "resume"
    SCHEDULE = "schedule"
    TEST_RUN = "test_run"


class Verdict(StrEnum):
    """What a live run says about its sync."""

    GOOD = "good"
    SAME_FILES = "same_files"
    FAILED = "failed"


@dataclass(frozen=True)
class LiveRun:
    """A live run, as far as the state of its sync depends on it.

    `at`: when it ended; for one that has not, when it was to begin. `text`, `what_to_do`, `who`:
    of its gravest finding, "" when it found nothing that wants a look.
    """

    number: int
    at: datetime
    verdict: Verdict | None = None
    text: str = ""
    what_to_do: str = ""
    who: str = ""


@dataclass(frozen=True)
class Facts:
    """What the state of a sync is told from.

    `by_hand`: it has no connection and no schedule, it runs when somebody gives it files.
    `schedule_seen`: up to when a worker has looked at its schedule. `last`: the last live run with
    a verdict. `held`: the newest held run, unless a later one was applied. `waiting`: the oldest
    live run that waits or is under way. `owner`: the person named in its configuration, or "".
    """

    by_hand: bool
    paused: bool
    schedule: Schedule
    zone: str
    schedule_seen: datetime
    late_after: timedelta
    last: LiveRun | None = None
    last_good: LiveRun | None = None
    held: LiveRun | None = None
    waiting: LiveRun | None = None
    owner: str = ""


@dataclass(frozen=True)
class Health:
    """The answer. `next_step` is a sentence ("" when there is nothing to do), `action` where it
    leads, `run` the run it is about; `next_run` is in the district's zone.
    """

    state: State
    meaning: str
    next_step: str = ""
    action: Action = Action.NONE
    owner: str = ""
    run: int | None = None
    last_good: LiveRun | None = None
    next_run: datetime | None = None


@dataclass(frozen=True)
class _Said:
    """What one rule says; the rest of a Health is the same whichever rule it was."""

    state: State
    meaning: str
    next_step: str = ""
    action: Action = Action.NONE
    who: str = ""
    run: int | None = None


def health(facts: Facts, at: datetime) -> Health:
    """The state of a sync at `at` (aware): the first rule that fits."""
    verdict = next(answer for rule in _RULES if (answer := rule(facts, at)))
    return Health(
        verdict.state,
        verdict.meaning,
        verdict.next_step,
        verdict.action,
        (facts.owner or verdict.who) if verdict.next_step else "",
        verdict.run,
        facts.last_good,
        _next_run(facts, at),
    )


def late_since(facts: Facts, at: datetime) -> datetime | None:
    """The time a sync is late against: a scheduled time no worker looked at, or a run that waits
    or is under way, each for longer than `late_after`. None when it is not late.
    """
    if facts.paused:
        return None
    before = at - facts.late_after
    if facts.waiting and facts.waiting.at <= before:
        return facts.waiting.at
    return due(facts.schedule, facts.zone, facts.schedule_seen, before)


def spoken(at: datetime, zone: str) -> str:
    """A moment as people of the district say it: "Mon Dec 5, 6:30 pm"."""
    local = at.astimezone(ZoneInfo(zone))
    half = "am" if local.hour < 12 else "pm"
    return f"{local:%a %b} {local.day}, {local.hour % 12 or 12}:{local:%M} {half}"


def _next_run(facts: Facts, at: datetime) -> datetime | None:
    if facts.paused or not facts.schedule.enabled:
        return None
    return next(iter(next_times(facts.schedule, facts.zone, at, 1)), None)


def _paused(facts: Facts, at: datetime) -> _Said | None:
    if not facts.paused:
        return None
    meaning = "It was paused; nothing runs and nothing is written until it is resumed."
    step = "Resume it when the reason for the pause is gone."
    return _Said(State.PAUSED, meaning, step, Action.RESUME, _MANAGER)


def _held(facts: Facts, at: datetime) -> _Said | None:
    if not (run := facts.held):
        return None
    meaning = f"Run {run.number} waits for a person since {spoken(run.at, facts.zone)}: {run.text}."
    step = "Review its plan and approve or discard it."
    return _Said(State.HELD, meaning, step, Action.REVIEW, run.who, run.number)


def _failing(facts: Facts, at: datetime) -> _Said | None:
    run = facts.last
    if run is None or run.verdict is not Verdict.FAILED:
        return None
    meaning = f"Run {run.number} failed on {spoken(run.at, facts.zone)}: {run.text}."
    return _Said(State.FAILING, meaning, run.what_to_do, Action.FINDINGS, run.who, run.number)


def _late(facts: Facts, at: datetime) -> _Said | None:
    since = late_since(facts, at)
    if since is None:
        return None
    due_at = spoken(since, facts.zone)
    if facts.waiting and facts.waiting.at == since:
        meaning = f"Run {facts.waiting.number} should have ended long ago; it was due on {due_at}."
        step = "See how far it is, and whether a worker is running."
        return _Said(State.LATE, meaning, step, Action.RUN, _SERVER, facts.waiting.number)
    meaning = f"It was due on {due_at}, and no worker has started it."
    return _Said(State.LATE, meaning, "Start `rollcall worker`.", Action.WORKER, _SERVER)


def _same_files(facts: Facts, at: datetime) -> _Said | None:
    """Old news is not good news: nothing new has come though a run looked for it."""
    run = facts.last
    if run is None or run.verdict is not Verdict.SAME_FILES:
        return None
    meaning = f"No new files had come by {spoken(run.at, facts.zone)}, so nothing was imported."
    return _Said(State.LATE, meaning, run.what_to_do, Action.FINDINGS, run.who, run.number)


def _never_run(facts: Facts, at: datetime) -> _Said | None:
    if facts.last is not None:
        return None
    meaning = "It has never run for real."
    step = "Make a test run: it shows what would change and writes nothing."
    return _Said(State.NEVER_RUN, meaning, step, Action.TEST_RUN, _MANAGER)


def _disabled(facts: Facts, at: datetime) -> _Said | None:
    if facts.by_hand or facts.schedule.enabled:
        return None
    meaning = "Its schedule is disabled; it runs only when someone starts it."
    step = "Enable the schedule if it should run by itself."
    return _Said(State.DISABLED, meaning, step, Action.SCHEDULE, _MANAGER)


def _ok(facts: Facts, at: datetime) -> _Said:
    run = facts.last
    assert run is not None  # _never_run came before
    if not run.what_to_do:
        return _Said(State.OK, "The last run went well.", run=run.number)
    meaning = f"The last run went well, but it found: {run.text}."
    return _Said(State.OK, meaning, run.what_to_do, Action.FINDINGS, run.who, run.number)


_RULES: tuple[Callable[[Facts, datetime], _Said | None], ...] = (
    _paused,
    _held,
    _failing,
    _late,
    _same_files,
    _never_run,
    _disabled,
    _ok,
)
