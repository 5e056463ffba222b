"""How many operations may begin: of a second, of a day, at once."""

from datetime import UTC, datetime, timedelta

from rollcall.core.sending.channel import Limits
from rollcall.core.sending.pacing import Quota

NOON = datetime(2025, 10, 15, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def begun(quota: Quota, times: int, at: datetime) -> Quota:
    for _ in range(times):
        quota = quota.after(at)
    return quota


def test_without_limits_only_those_at_once_count() -> None:
    quota = Quota(Limits(4), NOON)
    assert begun(quota, 1_000, NOON).room(NOON) == 4


def test_a_seconds_operations_come_back_one_by_one() -> None:
    quota = begun(Quota(Limits(9, per_second=4), NOON), 4, NOON)
    assert quota.room(NOON) == 0
    assert quota.room(NOON + SECOND / 4) == 1
    assert quota.room(NOON + SECOND / 2) == 2
    assert quota.room(NOON + 60 * SECOND) == 4


def test_less_than_one_a_second_is_one_after_a_while() -> None:
    quota = Quota(Limits(9, per_second=0.5), NOON)
    assert quota.room(NOON) == 1
    quota = quota.after(NOON)
    assert quota.room(NOON + SECOND) == 0
    assert quota.room(NOON + 2 * SECOND) == 1


def test_a_days_operations_come_back_the_next_day() -> None:
    quota = begun(Quota(Limits(9, per_day=5), NOON), 5, NOON)
    assert quota.room(NOON + 11 * 3600 * SECOND) == 0
    assert quota.room(NOON + 12 * 3600 * SECOND) == 5


def test_a_clock_that_goes_back_gives_nothing_back() -> None:
    quota = begun(Quota(Limits(9, per_second=4), NOON), 4, NOON)
    assert quota.room(NOON - SECOND) == 0
