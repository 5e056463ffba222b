"""The state of a sync as one word, what it means, what to do next and who should do it.

Pure: everything it depends on is in `Facts`; the moment is an argument.
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

    FINE = "Fine"
    LATE = "Late"
    HELD = "Held"
    FAILED = "Failed"
    PAUSED = "Paused"
    OFF = "Off"
    NEVER_RUN = "Never run"


#: States that a person chose or that are right; the others ask for someone.
CALM = frozenset({State.FINE, State.OFF})


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
    of its gravest finding, "" when it found nothing that needs a look.
    """

    number: int
    at: datetime
    verdict: Verdict | None = None
    text: str = ""
    what_to_do: str = ""
    who: str = ""


@dataclass(frozen=True)
class Facts:
    """What the state of a sync depends on.

    `by_hand`: it has no connection and no schedule, it runs when someone gives it files.
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
class _Answer:
    """What one rule says; the rest of a Health is the same whichever rule it was."""

    state: State
    meaning: str
    next_step: str = ""
    action: Action = Action.NONE
    who: str = ""
    run: int | None = None


def health(facts: Facts, at: datetime) -> Health:
    """The state of a sync at `at` (aware): the first rule that fits."""
    runs = facts.schedule.enabled and not facts.paused
    times = next_times(facts.schedule, facts.zone, at, 1) if runs else []
    verdict = next(answer for rule in _RULES if (answer := rule(facts, at)))
    return Health(
        verdict.state,
        verdict.meaning,
        verdict.next_step,
        verdict.action,
        (facts.owner or verdict.who) if verdict.next_step else "",
        verdict.run,
        facts.last_good,
        next(iter(times), None),
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


def _paused(facts: Facts, at: datetime) -> _Answer | None:
    if not facts.paused:
        return None
    meaning = "This sync is paused. Nothing runs and nothing is written until it is resumed."
    step = "Resume it when the reason for the pause is gone."
    return _Answer(State.PAUSED, meaning, step, Action.RESUME, _MANAGER)


def _held(facts: Facts, at: datetime) -> _Answer | None:
    if not (run := facts.held):
        return None
    meaning = (
        f"Run {run.number} has been waiting for approval since {spoken(run.at, facts.zone)}: "
        f"{run.text}."
    )
    step = "Review its plan and approve or discard it."
    return _Answer(State.HELD, meaning, step, Action.REVIEW, run.who, run.number)


def _failed(facts: Facts, at: datetime) -> _Answer | None:
    run = facts.last
    if run is None or run.verdict is not Verdict.FAILED:
        return None
    meaning = f"Run {run.number} failed on {spoken(run.at, facts.zone)}: {run.text}."
    return _Answer(State.FAILED, meaning, run.what_to_do, Action.FINDINGS, run.who, run.number)


def _late(facts: Facts, at: datetime) -> _Answer | None:
    since = late_since(facts, at)
    if since is None:
        return None
    due_at = spoken(since, facts.zone)
    if facts.waiting and facts.waiting.at == since:
        meaning = f"Run {facts.waiting.number} should have ended long ago; it was due on {due_at}."
        step = "Check how far the run is, and whether a worker is running."
        return _Answer(State.LATE, meaning, step, Action.RUN, _SERVER, facts.waiting.number)
    meaning = f"A run was due on {due_at}, and no worker has started it."
    return _Answer(State.LATE, meaning, "Start `rollcall worker`.", Action.WORKER, _SERVER)


def _same_files(facts: Facts, at: datetime) -> _Answer | None:
    """Old news is not good news: nothing new has come though a run looked for it."""
    run = facts.last
    if run is None or run.verdict is not Verdict.SAME_FILES:
        return None
    meaning = f"No new files had come by {spoken(run.at, facts.zone)}, so nothing was imported."
    return _Answer(State.LATE, meaning, run.what_to_do, Action.FINDINGS, run.who, run.number)


def _never_run(facts: Facts, at: datetime) -> _Answer | None:
    if facts.last is not None:
        return None
    meaning = "This sync has never run live."
    step = "Make a test run: it shows what would change and writes nothing."
    return _Answer(State.NEVER_RUN, meaning, step, Action.TEST_RUN, _MANAGER)


def _off(facts: Facts, at: datetime) -> _Answer | None:
    if facts.by_hand or facts.schedule.enabled:
        return None
    meaning = "Its schedule is off, so it runs only when someone starts it."
    step = "Turn the schedule on if the sync should run by itself."
    return _Answer(State.OFF, meaning, step, Action.SCHEDULE, _MANAGER)


def _fine(facts: Facts, at: datetime) -> _Answer:
    run = facts.last
    assert run is not None  # _never_run came before
    if not run.what_to_do:
        return _Answer(State.FINE, "The last run went well.", run=run.number)
    meaning = f"The last run went well, but it found: {run.text}."
    return _Answer(State.FINE, meaning, run.what_to_do, Action.FINDINGS, run.who, run.number)


_RULES: tuple[Callable[[Facts, datetime], _Answer | None], ...] = (
    _paused,
    _held,
    _failed,
    _late,
    _same_files,
    _never_run,
    _off,
    _fine,
)
