"""What is due is started once, whoever asks, and a missed time is not lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.town import Town
from tests.town_fixtures import new_town

from rollcall.engine.models import Alert, Mail, Run, Sync, SyncVersion
from rollcall.engine.worker.scheduling import (
    NOT_STARTED,
    start_due,
    start_due_of,
    with_interval,
)

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


@pytest.mark.usefixtures("only_new_syncs")
def test_every_sync_is_asked(town: Town) -> None:
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING
    (run,) = (run for run in start_due(town.clock, str) if run.district == town.district)
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
    from rollcall.engine.runs.pausing import pause, resume

    town.apply(schedule=WEEKDAYS)
    pause(town.sync, town.clock)
    town.clock.time = MONDAY_EVENING
    assert due() == []
    resume(town.sync, town.clock)
    assert due() == []
    assert Run.objects.filter(district=town.district).count() == 0


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize("back", [timedelta(seconds=2), MINUTE, timedelta(hours=2), 400 * DAY])
def test_a_clock_that_goes_back_starts_nothing_twice_and_the_next_time_again(
    town: Town, due: Due, back: timedelta
) -> None:
    """An NTP step; a machine that was restored."""
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING
    assert len(due()) == 1
    town.clock.time -= back
    for _ in range(3):
        assert due() == []
        town.clock.time = MONDAY_EVENING
    town.clock.time += 2 * DAY
    assert [run.scheduled_for for run in due()] == [MONDAY_EVENING + 2 * DAY]


@pytest.mark.parametrize("ahead", [MINUTE, timedelta(hours=2), 40 * DAY, 4000 * DAY])
def test_a_clock_that_was_ahead_for_a_moment_loses_no_time_to_come(
    town: Town, due: Due, ahead: timedelta
) -> None:
    town.apply(schedule=WEEKDAYS)
    before = MONDAY_EVENING - 3 * timedelta(hours=1)
    town.clock.time = before + ahead
    due()
    for day in (0, 2, 4):
        town.clock.time = MONDAY_EVENING + day * DAY - timedelta(hours=3)
        due()
        town.clock.time = MONDAY_EVENING + day * DAY
        due()
        assert Run.objects.filter(sync=town.sync, scheduled_for=town.clock.time).count() == 1


def test_two_workers_whose_clocks_are_a_minute_apart_start_it_once(town: Town, due: Due) -> None:
    town.apply(schedule=WEEKDAYS)
    started = []
    for second in range(-120, 121, 15):
        for fast in (timedelta(0), MINUTE):
            town.clock.time = MONDAY_EVENING + timedelta(seconds=second) + fast
            started += due()
    assert [run.scheduled_for for run in started] == [MONDAY_EVENING]


def test_nor_does_a_pause_or_an_edit_by_a_slow_clock_bring_a_time_back(
    town: Town, due: Due
) -> None:
    from rollcall.engine.runs.pausing import resume

    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING
    assert len(due()) == 1
    town.clock.time -= MINUTE
    resume(town.sync, town.clock)
    town.apply(schedule={**WEEKDAYS, "days": ["mon"]})
    town.clock.time += 2 * MINUTE
    assert due() == []


@pytest.fixture
def broken(town: Town) -> Iterator[Town]:
    """A sync whose stored schedule no version of ours can read."""
    town.apply(schedule=WEEKDAYS)
    config = {**town.sync.version.config, "schedule": {"at": ["25:99"], "enabled": True}}
    SyncVersion.objects.filter(pk=town.sync.version.pk).update(config=config)
    yield town
    town.apply()


@pytest.mark.usefixtures("only_new_syncs")
def test_a_sync_that_raises_stops_no_other(
    broken: Town, wired: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = new_town(tmp_path_factory.mktemp("other"))
    other.apply(schedule=WEEKDAYS)
    other.clock.time = MONDAY_EVENING
    enqueued: list[Run] = []
    started = start_due(other.clock, enqueued.append)
    assert [run.sync for run in started if run.district == other.district] == [other.sync]
    assert enqueued == started


@pytest.mark.usefixtures("only_new_syncs")
def test_it_is_an_alert_once_with_a_mail_until_it_can_be_started(broken: Town) -> None:
    broken.clock.time = MONDAY_EVENING
    for _ in range(2):
        start_due(broken.clock, str)
    (alert,) = Alert.objects.filter(sync=broken.sync, code=NOT_STARTED)
    assert (alert.state, Mail.objects.filter(alert=alert).count()) == ("open", 1)
    broken.apply(schedule={**WEEKDAYS, "at": ["19:30"]})
    start_due(broken.clock, str)
    alert.refresh_from_db()
    assert alert.state == "resolved"


@pytest.mark.usefixtures("only_new_syncs")
def test_what_cannot_be_enqueued_is_due_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run and its job are one transaction, of this sync alone."""
    town.apply(schedule=WEEKDAYS)
    town.clock.time = MONDAY_EVENING

    def down(run: Run) -> None:
        if run.district == town.district:
            raise OSError("no queue")

    start_due(town.clock, down)
    assert not Run.objects.filter(sync=town.sync).exists()
    assert start_due_of(town.sync.pk, town.clock)


OFTEN = {"frequency": "interval", "every_seconds": 30, "enabled": True}


def test_a_sync_that_runs_at_an_interval_is_not_started_while_it_still_runs(
    town: Town, due: Due
) -> None:
    town.apply(schedule=OFTEN)
    town.clock.time = MONDAY_EVENING + timedelta(seconds=35)
    (run,) = due()
    assert run.scheduled_for == MONDAY_EVENING + timedelta(seconds=30)
    town.clock.time += timedelta(seconds=30)
    assert due() == []
    Run.objects.filter(pk=run.pk).update(state="done")
    town.clock.time += timedelta(seconds=30)
    assert [run.scheduled_for for run in due()] == [MONDAY_EVENING + timedelta(seconds=90)]


def test_only_such_syncs_are_looked_at_every_few_seconds(town: Town) -> None:
    town.apply(schedule=OFTEN)
    assert town.sync in with_interval()
    town.apply(schedule=WEEKDAYS)
    assert town.sync not in with_interval()
