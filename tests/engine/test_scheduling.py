"""What is due is started once, whoever asks, and a missed time is not lost."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.town import Town

from rollcall.engine.models import Run, Sync
from rollcall.engine.scheduling import start_due, start_due_of

Due = Callable[[], list[Run]]
WEEKDAYS = {"days": ["mon", "wed", "fri"], "at": ["18:30"], "enabled": True}
MONDAY_EVENING = datetime(2016, 12, 6, 2, 30, tzinfo=UTC)  # 18:30 in Los Angeles


@pytest.fixture
def due(town: Town) -> Due:
    """Asks what is due in this town: the other tests' towns, hundreds by now, are asked once."""

    def ask() -> list[Run]:
        syncs = Sync.objects.filter(district=town.district).values_list("pk", flat=True)
        return [run for pk in syncs if (run := start_due_of(pk, town.clock))]

    return ask


def test_a_sync_runs_at_its_time_in_the_districts_zone(town: Town, due: Due) -> None:
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING - timedelta(seconds=1)
    assert due() == []
    town.clock.time = MONDAY_EVENING
    (run,) = due()
    assert (run.started_by, run.scheduled_for) == ("schedule", MONDAY_EVENING)


def test_and_only_once(town: Town, due: Due) -> None:
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING
    assert len(due()) == 1
    assert due() == []


def test_every_sync_is_asked(town: Town) -> None:
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING
    (run,) = (run for run in start_due(town.clock) if run.district == town.district)
    assert run.sync == town.sync


def test_a_disabled_schedule_starts_nothing(town: Town, due: Due) -> None:
    town.apply(schedule={**WEEKDAYS, "enabled": False})
    town.clock.time = MONDAY_EVENING
    assert due() == []


def test_times_missed_while_no_worker_ran_make_one_run_of_the_last(town: Town, due: Due) -> None:
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING + timedelta(days=7)
    (run,) = due()
    assert run.scheduled_for == MONDAY_EVENING + timedelta(days=7)


def test_an_edited_schedule_counts_from_its_edit(town: Town, due: Due) -> None:
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING + timedelta(minutes=1)
    town.apply(schedule={**WEEKDAYS, "at": ["18:30", "18:35"]})
    assert due() == []
    town.clock.time += timedelta(minutes=5)
    assert len(due()) == 1


def test_a_paused_sync_starts_nothing_and_makes_nothing_up_when_resumed(
    town: Town, due: Due
) -> None:
    from rollcall.engine.pausing import pause, resume

    town.apply(schedule=WEEKDAYS)
    pause(town.sync, town.clock)
    town.clock.time = MONDAY_EVENING
    assert due() == []
    resume(town.sync, town.clock)
    assert due() == []
    assert Run.objects.filter(district=town.district).count() == 0
