"""The state of a sync: one word, why, what to do, who."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.core.health import Action, Facts, LiveRun, State, Verdict, health, late_since
from rollcall.core.settings.schedule import Schedule

ZONE = "America/Los_Angeles"
NOW = datetime(2016, 12, 5, 20, 0, tzinfo=UTC)  # Monday, noon in Los Angeles
YESTERDAY = NOW - timedelta(days=1)
WEEKDAYS = Schedule.model_validate(
    {"days": ["mon", "wed", "fri"], "at": ["18:30"], "enabled": True}
)
GOOD = LiveRun(7, YESTERDAY, Verdict.GOOD)
FAILED = LiveRun(8, YESTERDAY, Verdict.FAILED, "No answer", "Ask the owner.", "the owner")
SAME = replace(FAILED, verdict=Verdict.SAME_FILES)
HELD = LiveRun(9, YESTERDAY, text="Too many removals", who="an approver")
FINE = Facts(
    by_hand=False,
    paused=False,
    schedule=WEEKDAYS,
    zone=ZONE,
    schedule_seen=NOW,
    late_after=timedelta(hours=1),
    last=GOOD,
    last_good=GOOD,
)
BY_HAND = replace(FINE, by_hand=True, schedule=Schedule())
BEFORE_DUE = NOW - timedelta(days=3)  # Friday 18:30 lies between


def waiting(since: timedelta) -> Facts:
    return replace(FINE, waiting=LiveRun(10, NOW - since))


@pytest.mark.parametrize(
    ("facts", "state", "action", "run"),
    [
        (FINE, State.FINE, Action.NONE, 7),
        (replace(FINE, last=replace(GOOD, what_to_do="Look.")), State.FINE, Action.FINDINGS, 7),
        (replace(FINE, paused=True, held=HELD), State.PAUSED, Action.RESUME, None),
        (replace(FINE, held=HELD, last=FAILED), State.HELD, Action.REVIEW, 9),
        (replace(FINE, last=FAILED), State.FAILED, Action.FINDINGS, 8),
        (replace(FINE, last=SAME), State.LATE, Action.FINDINGS, 8),
        (replace(FINE, schedule_seen=BEFORE_DUE), State.LATE, Action.WORKER, None),
        (waiting(timedelta(hours=2)), State.LATE, Action.RUN, 10),
        (waiting(timedelta(minutes=2)), State.FINE, Action.NONE, 7),
        (replace(FINE, last=None), State.NEVER_RUN, Action.TEST_RUN, None),
        (replace(FINE, schedule=Schedule()), State.OFF, Action.SCHEDULE, None),
        (BY_HAND, State.FINE, Action.NONE, 7),
    ],
)
def test_the_state_and_where_its_next_step_leads(
    facts: Facts, state: State, action: Action, run: int | None
) -> None:
    said = health(facts, NOW)
    assert (said.state, said.action, said.run) == (state, action, run)
    assert said.meaning.endswith(".")
    assert bool(said.next_step) == (action is not Action.NONE)


def test_the_next_step_and_who_are_those_of_the_problem() -> None:
    said = health(replace(FINE, last=FAILED), NOW)
    assert said.meaning == "Run 8 failed on Sun Dec 4, 12:00 pm: No answer."
    assert (said.next_step, said.owner) == ("Ask the owner.", "the owner")


def test_a_person_named_as_owner_goes_before_the_role() -> None:
    assert health(replace(FINE, last=FAILED, owner="Pat Doe"), NOW).owner == "Pat Doe"
    assert health(replace(FINE, owner="Pat Doe"), NOW).owner == ""  # there is nothing to do


def test_late_counts_from_the_time_it_was_due() -> None:
    due = datetime(2016, 12, 3, 2, 30, tzinfo=UTC)  # Friday 18:30 in Los Angeles
    late = replace(FINE, schedule_seen=BEFORE_DUE)
    assert late_since(late, NOW) == due
    assert late_since(late, due + timedelta(minutes=59)) is None
    assert late_since(late, due + timedelta(minutes=60)) == due
    assert late_since(replace(late, paused=True), NOW) is None


def test_a_day_without_a_run_on_purpose_is_not_late() -> None:
    friday_off = WEEKDAYS.model_copy(
        update={"blackout": Schedule(blackout=("2016-12-02",)).blackout}  # type: ignore[arg-type]  # read by the model
    )
    assert late_since(replace(FINE, schedule=friday_off, schedule_seen=BEFORE_DUE), NOW) is None


def test_the_next_run_is_told_in_the_districts_zone_unless_nothing_will_run() -> None:
    next_run = health(FINE, NOW).next_run
    assert next_run is not None
    assert f"{next_run:%a %H:%M %Z}" == "Mon 18:30 PST"
    assert health(replace(FINE, paused=True), NOW).next_run is None
    assert health(replace(FINE, schedule=Schedule()), NOW).next_run is None
