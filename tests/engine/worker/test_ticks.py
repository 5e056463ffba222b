"""The worker's own jobs come again whatever the clock does, and not a thousand times at once."""

import pytest
from procrastinate.contrib.django import app
from procrastinate.periodic import PeriodicDeferrer

from rollcall.engine.worker.ticks import Ticks

NOON = 1_480_000_020.5  # half a second after a full minute
HOUR, DAY = 3600, 86_400


@pytest.fixture
def ticks(wired: None) -> PeriodicDeferrer:
    return Ticks(registry=app.periodic_registry, max_delay=600)


def names(ticks: PeriodicDeferrer, at: float) -> list[str]:
    return sorted(task.task.name for task, _ in ticks.get_previous_tasks(at))


@pytest.mark.parametrize("jump", [-DAY, -HOUR, -60, 0, 60, HOUR, 2 * DAY, 4000 * DAY])
def test_after_a_jump_the_next_tick_comes_once(ticks: PeriodicDeferrer, jump: int) -> None:
    often = ["rollcall.start_often", "rollcall.take_over"]
    both = ["rollcall.start_due", *often]
    assert names(ticks, NOON) == both
    assert names(ticks, NOON + 1) == []
    names(ticks, NOON + jump)
    back = NOON + 300
    assert names(ticks, back) == both
    assert names(ticks, back + 5) == often
    assert names(ticks, back + 60) == both


def test_retention_comes_at_its_time(ticks: PeriodicDeferrer) -> None:
    at = NOON - NOON % DAY + 9 * HOUR + 23 * 60
    assert "rollcall.retention" not in names(ticks, at - 1)
    assert "rollcall.retention" in names(ticks, at + 1)
    assert "rollcall.retention" not in names(ticks, at + 61)
