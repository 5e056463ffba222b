"""Schedules on district clocks, daylight saving time included."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.examples import examples

from rollcall.core.settings.schedule import (
    DAYS,
    Schedule,
    due,
    next_times,
    sentence,
    zone_words,
)

LA, LONDON, LORD_HOWE = "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe"
#: Lord Howe moves its clocks by half an hour; Apia skipped December 30, 2011 as a whole.
ZONES = (LA, LONDON, LORD_HOWE, "Pacific/Apia", "America/Sao_Paulo", "UTC")
DAY = timedelta(days=1)


def schedule(**declared: Any) -> Schedule:
    return Schedule.model_validate(declared)


def clock(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def shown(times: list[datetime]) -> list[str]:
    return [f"{moment:%Y-%m-%d %H:%M %z}" for moment in times]


times_of_day = st.builds(time, st.integers(0, 23), st.integers(0, 59))
clock_times = st.lists(times_of_day, min_size=1, max_size=3, unique=True)
blackouts = st.lists(
    st.builds(
        lambda first, length: {"first": first, "last": first + timedelta(days=length)},
        st.dates(date(2011, 1, 1), date(2012, 12, 31)),
        st.integers(0, 40),
    ),
    max_size=2,
)
schedules = st.one_of(
    st.fixed_dictionaries(
        {"days": st.lists(st.sampled_from(DAYS), min_size=1, unique=True), "at": clock_times},
        optional={"blackout": blackouts},
    ),
    st.fixed_dictionaries(
        {"frequency": st.just("daily"), "at": clock_times}, optional={"blackout": blackouts}
    ),
    st.fixed_dictionaries(
        {
            "frequency": st.just("monthly"),
            "month_days": st.lists(st.integers(1, 31) | st.just("last"), min_size=1, max_size=3),
            "at": clock_times,
        },
        optional={"blackout": blackouts},
    ),
).map(lambda declared: Schedule.model_validate({**declared, "enabled": True}))
moments = st.integers(0, 500 * 24 * 60).map(
    lambda minutes: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def is_its_day(plan: Schedule, day: date) -> bool:
    """The rule, said as plainly as possible."""
    if any(out.first <= day <= out.last for out in plan.blackout):
        return False
    if plan.frequency == "weekly":
        return f"{day:%a}".lower() in plan.days
    if plan.frequency == "monthly":
        month_ends = (day + DAY).month != day.month
        wanted = [32 if named == "last" else named for named in plan.month_days]
        return day.day in wanted or (month_ends and max(wanted) > day.day)
    return True


def offset_near(zone: str, wall: datetime, hours: int) -> timedelta:
    found = (wall.replace(tzinfo=UTC) + timedelta(hours=hours)).astimezone(ZoneInfo(zone))
    return found.utcoffset() or timedelta(0)


def expected_moment(zone: str, wall: datetime) -> datetime:
    """The first moment at which a clock there shows `wall`, found by trying both offsets around.

    None does: what the offset before the gap makes of it.
    """
    before, after = offset_near(zone, wall, -30), offset_near(zone, wall, 30)
    tried = sorted(wall.replace(tzinfo=UTC) - offset for offset in {before, after})
    for moment in tried:
        if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall:
            return moment
    return wall.replace(tzinfo=UTC) - before


def expected(plan: Schedule, zone: str, first: date, last: date) -> list[datetime]:
    days = [first + n * DAY for n in range((last - first).days + 1)]
    walls = [datetime.combine(day, at) for day in days if is_its_day(plan, day) for at in plan.at]
    return sorted({expected_moment(zone, wall) for wall in walls})


@given(schedules, st.sampled_from(ZONES), moments)
@examples(60)
def test_every_day_and_time_named_comes_exactly_once_in_order(
    plan: Schedule, zone: str, after: datetime
) -> None:
    until = after + timedelta(days=400)
    around = expected(plan, zone, after.date() - 3 * DAY, until.date() + 3 * DAY)
    wanted = [moment for moment in around if after < moment <= until]
    found = next_times(plan, zone, after, count=len(wanted))
    assert [moment.astimezone(UTC) for moment in found] == wanted
    assert all(one < other for one, other in pairwise(wanted))
    assert {str(moment.tzinfo) for moment in found} <= {zone}


@given(schedules, st.sampled_from(ZONES), moments, st.integers(0, 60 * 24 * 60))
@examples(60)
def test_due_is_the_last_of_the_next_times_that_has_come(
    plan: Schedule, zone: str, last: datetime, minutes: int
) -> None:
    now = last + timedelta(minutes=minutes)
    passed = [moment for moment in next_times(plan, zone, last, count=200) if moment <= now]
    assert due(plan, zone, last, now) == (passed[-1] if passed else None)


@given(schedules, st.sampled_from(ZONES), moments)
@examples(20)
def test_looked_at_every_few_hours_each_time_is_due_once(
    plan: Schedule, zone: str, start: datetime
) -> None:
    ticks = [start + timedelta(hours=3 * n) for n in range(120)]
    seen = [due(plan, zone, *pair) for pair in pairwise(ticks)]
    found = [moment for moment in seen if moment is not None]
    assert len(set(found)) == len(found)
    assert set(found) <= set(next_times(plan, zone, start, count=400))


@given(schedules)
@examples(30)
def test_what_is_exported_is_read_back_the_same(plan: Schedule) -> None:
    assert Schedule.model_validate(plan.model_dump(mode="json", exclude_unset=True)) == plan


def test_monday_wednesday_friday_at_half_past_six() -> None:
    plan = schedule(days=["mon", "wed", "fri"], at=["18:30"])
    assert shown(next_times(plan, LA, clock(LA, "2017-02-24 18:30"), count=3)) == [
        "2017-02-27 18:30 -0800",
        "2017-03-01 18:30 -0800",
        "2017-03-03 18:30 -0800",
    ]


def test_a_time_the_spring_day_skips_moves_on_by_what_was_skipped() -> None:
    plan = schedule(frequency="daily", at=["02:30"])
    assert shown(next_times(plan, LA, clock(LA, "2017-03-11 12:00"), count=2)) == [
        "2017-03-12 03:30 -0700",
        "2017-03-13 02:30 -0700",
    ]
    assert shown(next_times(plan, LORD_HOWE, clock(LORD_HOWE, "2017-09-30 12:00"), count=1)) == [
        "2017-10-01 02:30 +1100"
    ]
    half_hour = schedule(frequency="daily", at=["02:15"])
    after = clock(LORD_HOWE, "2017-09-30 12:00")
    assert shown(next_times(half_hour, LORD_HOWE, after, count=1)) == ["2017-10-01 02:45 +1100"]


def test_a_time_the_autumn_day_has_twice_runs_once_the_first_time() -> None:
    plan = schedule(frequency="daily", at=["01:30"])
    assert shown(next_times(plan, LA, clock(LA, "2017-11-04 12:00"), count=2)) == [
        "2017-11-05 01:30 -0700",
        "2017-11-06 01:30 -0800",
    ]


def test_times_that_fall_on_one_moment_run_once() -> None:
    plan = schedule(frequency="daily", at=["02:30", "03:30"])
    assert shown(next_times(plan, LA, clock(LA, "2017-03-11 12:00"), count=2)) == [
        "2017-03-12 03:30 -0700",
        "2017-03-13 02:30 -0700",
    ]


def test_a_day_the_zone_skipped_joins_the_next() -> None:
    plan = schedule(frequency="daily", at=["18:30"])
    assert shown(next_times(plan, "Pacific/Apia", clock("UTC", "2011-12-30 00:00"), count=3)) == [
        "2011-12-29 18:30 -1000",
        "2011-12-31 18:30 +1400",
        "2012-01-01 18:30 +1400",
    ]


def test_a_month_without_the_day_runs_on_its_last() -> None:
    plan = schedule(frequency="monthly", month_days=[30, 31], at=["06:00"])
    found = next_times(plan, "UTC", clock("UTC", "2017-01-31 12:00"), count=4)
    assert [f"{moment:%m-%d}" for moment in found] == ["02-28", "03-30", "03-31", "04-30"]


def test_nothing_runs_in_a_blackout_first_and_last_day_included() -> None:
    plan = schedule(frequency="daily", at=["06:00"], blackout=["2016-12-24 to 2017-01-02"])
    found = next_times(plan, LA, clock(LA, "2016-12-22 12:00"), count=2)
    assert [f"{moment:%m-%d}" for moment in found] == ["12-23", "01-03"]


def test_a_blackout_without_end_ends_the_search() -> None:
    plan = schedule(frequency="daily", at=["06:00"], blackout=["2017-01-01 to 9999-12-31"])
    assert len(next_times(plan, LA, clock(LA, "2016-12-30 12:00"))) == 1


def test_it_is_off_until_enabled_and_still_says_when_it_would_run() -> None:
    plan = schedule(days=["mon"], at=["18:30"])
    now = clock(LA, "2017-03-01 00:00")
    assert plan.enabled is False
    assert due(plan, LA, now - 30 * DAY, now) is None
    assert len(next_times(plan, LA, now)) == 5


def test_without_days_or_times_it_never_runs() -> None:
    now = clock(LA, "2017-03-01 00:00")
    for plan in (schedule(), schedule(days=["mon"]), schedule(at=["18:30"])):
        assert next_times(plan, LA, now) == []
        assert sentence(plan, LA) == "Not scheduled"


def test_several_missed_times_are_one_due_time_the_latest() -> None:
    plan = schedule(frequency="daily", at=["06:00", "18:00"], enabled=True)
    found = due(plan, LA, clock(LA, "2017-03-01 00:00"), clock(LA, "2017-03-04 07:00"))
    assert found == clock(LA, "2017-03-04 06:00")
    assert due(plan, LA, found, clock(LA, "2017-03-04 07:00")) is None


def test_the_moment_itself_is_due_and_not_due_again() -> None:
    plan = schedule(frequency="daily", at=["06:00"], enabled=True)
    six = clock(LA, "2017-03-04 06:00")
    assert due(plan, LA, six - DAY, six) == six
    assert due(plan, LA, six, six) is None


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"days": ["fri", "mon", "wed"], "at": ["18:30"]}, "Mon, Wed, Fri at 6:30 pm"),
        ({"days": DAYS, "at": ["00:05"]}, "Every day at 12:05 am"),
        (
            {"frequency": "daily", "at": ["6:00", "18:00", "12:00"]},
            "Every day at 6:00 am, 12:00 pm and 6:00 pm",
        ),
        (
            {"frequency": "monthly", "month_days": ["last", 15, 1], "at": ["06:00"]},
            "Every month on day 1, 15 and the last at 6:00 am",
        ),
    ],
)
def test_it_can_be_said_in_words(declared: dict[str, Any], words: str) -> None:
    assert sentence(schedule(**declared), LA) == f"{words} Pacific Time"


def test_a_zone_without_words_is_called_by_its_city() -> None:
    assert [zone_words(zone) for zone in ("America/St_Johns", "UTC")] == ["St Johns time", "UTC"]


def test_many_blackouts_in_any_order_take_no_time_to_walk_over() -> None:
    fifths = [str(date(2017 + n // 12, n % 12 + 1, 5)) for n in range(400)]
    blackout = [*fifths[200:], *fifths[:200]]
    plan = schedule(frequency="monthly", month_days=[5], at=["06:00"], blackout=blackout)
    began = process_time()
    for _ in range(20):
        (first,) = next_times(plan, LA, datetime(2017, 1, 1, tzinfo=UTC), 1)
    assert first.date() == date(2050, 5, 5)
    assert process_time() - began < 3  # each once took as long as this


def test_more_blackouts_than_anybody_has_are_refused() -> None:
    """A district's document could have had a hundred thousand, which held up all districts."""
    days = [str(date(2017, 1, 1) + timedelta(days=2 * n)) for n in range(401)]
    with pytest.raises(ValidationError, match="at most 400"):
        schedule(frequency="daily", at=["06:00"], blackout=days)


def test_blackouts_are_said_too() -> None:
    plan = schedule(days=["mon"], at=["18:30"], blackout=["2016-11-24", "2016-12-24 to 2017-01-02"])
    assert sentence(plan, "UTC").endswith("except Nov 24, 2016 and Dec 24, 2016 to Jan 2, 2017")


def test_days_and_times_are_read_as_people_write_them() -> None:
    plan = schedule(days=["Monday", "WED", "wed"], at=["6:30 PM", time(6, 30), "6:30am"])
    assert plan.days == ("mon", "wed")
    assert plan.at == (time(6, 30), time(18, 30))


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"days": ["mun"]}, "'mun' is not a day of the week"),
        ({"at": ["25:00"]}, "'25:00' is not a time of day; write hours and minutes, as 18:30"),
        ({"at": ["13:00 pm"]}, "is not a time of day"),
        ({"at": ["18.30"]}, "is not a time of day"),
        ({"at": [time(6, 30, 15)]}, "is not a time of day"),
        ({"at": [1830]}, "is not a time of day"),
        ({"frequency": "monthly", "month_days": [32]}, "32 is not a day of the month"),
        ({"frequency": "monthly", "month_days": [0]}, "0 is not a day of the month"),
        ({"frequency": "monthly", "month_days": [True]}, "True is not a day of the month"),
        ({"frequency": "yearly"}, "'weekly', 'daily', 'monthly' or 'interval'"),
        ({"days": ["mon"], "frequency": "daily"}, "days go with weekly"),
        ({"month_days": [1]}, "month_days go with monthly"),
        ({"every_seconds": 60}, "every_seconds goes with interval"),
        ({"frequency": "interval", "every_seconds": 9}, "greater than or equal to 10"),
        (
            {"frequency": "interval", "every_seconds": 60, "at": ["06:00"]},
            "do not go with interval",
        ),
        ({"frequency": "interval", "enabled": True}, "needs every_seconds"),
        ({"enabled": True}, "needs a time of day"),
        ({"enabled": True, "at": ["18:30"]}, "needs days"),
        ({"enabled": True, "at": ["18:30"], "frequency": "monthly"}, "needs month_days"),
        ({"blackout": ["2016-02-30"]}, "valid date"),
        ({"blackout": ["2017-01-02 to 2016-12-24"]}, "last day is before the first"),
        ({"cron": "* * * * *"}, "Extra inputs"),
    ],
)
def test_a_mistake_is_said_in_words(declared: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        schedule(**declared)


@pytest.mark.parametrize("zone", ["America/Los_Angles", "", "../etc/passwd", "PST8"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        next_times(schedule(days=["mon"], at=["18:30"]), zone, clock(LA, "2017-03-01 00:00"))


@given(seconds=st.integers(10, 86_400), seen=moments, passed=st.integers(0, 200_000))
@examples(100)
def test_an_interval_is_due_once_it_has_passed_and_the_latest_alone(
    seconds: int, seen: datetime, passed: int
) -> None:
    plan = schedule(frequency="interval", every_seconds=seconds, enabled=True)
    at = seen + timedelta(seconds=passed)
    latest = due(plan, LA, seen, at)
    multiples = int(at.timestamp()) // seconds - int(seen.timestamp()) // seconds
    assert (latest is not None) == (multiples > 0)
    if latest is not None:
        assert seen < latest <= at < latest + timedelta(seconds=seconds)
        assert next_times(plan, LA, latest - timedelta(seconds=1), 1) == [latest]
        assert due(plan, LA, latest, at) is None


def test_an_interval_passes_over_blackouts_and_the_hour_that_comes_twice() -> None:
    plan = schedule(frequency="interval", every_seconds=3600, blackout=["2016-11-05"])
    times = next_times(plan, LA, clock(LA, "2016-11-04 22:30"), 5)
    assert shown(times) == [
        "2016-11-04 23:00 -0700",
        "2016-11-06 00:00 -0700",
        "2016-11-06 01:00 -0700",
        "2016-11-06 01:00 -0800",
        "2016-11-06 02:00 -0800",
    ]
    enabled = plan.model_copy(update={"enabled": True})
    assert due(enabled, LA, times[0], clock(LA, "2016-11-05 12:30")) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (45, "Every 45 seconds"),
        (60, "Every minute"),
        (900, "Every 15 minutes"),
        (7200, "Every 2 hours"),
    ],
)
def test_an_interval_in_words(seconds: int, words: str) -> None:
    assert sentence(schedule(frequency="interval", every_seconds=seconds), LA) == words
