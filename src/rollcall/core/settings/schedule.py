"""When a sync runs by itself: days and times of day on the district's own clock, or an interval.

Daylight saving time is treated as RFC 5545 (calendars) does. A time that the spring day skips is
moved on by what was skipped (02:30 runs at 03:30); one that the autumn day has twice runs once,
the first time. Times that fall on one moment run once.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_serializer,
    model_validator,
)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ONE_DAY = timedelta(days=1)
#: Clocks of machines that work together differ by less; what is further ahead was never the time.
_SKEW = timedelta(hours=1)
_TO = " to "
#: So many blackouts a schedule has at most. Workers and pages of all districts walk over them.
_MOST_BLACKOUTS = 400


def _day(value: object) -> str:
    """The day's short name; long names and capitals are read too."""
    text = str(value).strip().lower()
    if text in _LONG:
        return text[:3]
    if text in DAYS:
        return text
    raise ValueError(f"{value!r} is not a day of the week; they are {', '.join(DAYS)}")


def _time(value: object) -> time:
    """A time of day from "18:30", "6:30 pm" or TOML's own time."""
    if isinstance(value, time) and value == time(value.hour, value.minute):
        return value
    text = str(value).strip().lower()
    for pattern, form in ((r"\d\d?:\d\d", "%H:%M"), (r"\d\d?:\d\d ?[ap]m", "%I:%M%p")):
        if re.fullmatch(pattern, text, re.ASCII):
            try:
                return datetime.strptime(text.replace(" ", ""), form).time()  # noqa: DTZ007 - no date
            except ValueError:
                break
    raise ValueError(f"{str(value)!r} is not a time of day; write hours and minutes, as 18:30")


def _month_day(value: object) -> int | Literal["last"]:
    """A day of the month, or "last"."""
    if value == "last":
        return "last"
    if isinstance(value, int) and value is not True and 1 <= value <= 31:
        return value
    raise ValueError(f'{value!r} is not a day of the month; use 1 to 31 or "last"')


def _day_words(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


#: What an enabled schedule cannot be without.
_NEEDS = {"weekly": "days", "monthly": "month_days", "interval": "every_seconds"}


class Blackout(BaseModel):
    """Days on which nothing runs, both ends included: "2016-12-24 to 2017-01-02" or one date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: date
    last: date

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        if isinstance(value, (str, date)):
            first, _, last = str(value).partition(_TO)
            return {"first": first.strip(), "last": (last or first).strip()}
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("the last day is before the first")
        return self

    @property
    def words(self) -> str:
        """The days as people say them: "Nov 24, 2016", "Dec 24, 2016 to Jan 2, 2017"."""
        if self.first == self.last:
            return _day_words(self.first)
        year = "" if self.first.year == self.last.year else f", {self.first.year}"
        return f"{self.first:%b} {self.first.day}{year} to {_day_words(self.last)}"

    @model_serializer
    def __str__(self) -> str:
        single_day = self.first == self.last
        return str(self.first) if single_day else f"{self.first}{_TO}{self.last}"

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


_Day = Annotated[str, BeforeValidator(_day)]
_MonthDay = Annotated[int | Literal["last"], BeforeValidator(_month_day)]
_Time = Annotated[
    time, BeforeValidator(_time), PlainSerializer(lambda at: f"{at:%H:%M}", return_type=str)
]


class Schedule(BaseModel):
    """When a sync runs by itself. Times are on the clock of the district's time zone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frequency: Literal["weekly", "daily", "monthly", "interval"] = Field(
        default="weekly",
        description="weekly (on `days`), daily, monthly (on `month_days`), or interval (again "
        "after `every_seconds`)",
    )
    every_seconds: int | None = Field(
        default=None,
        ge=10,
        le=86_400,
        description="interval: seconds from one start to the next. A run that still goes on is "
        "waited for",
    )
    days: Annotated[
        tuple[_Day, ...], AfterValidator(lambda days: tuple(sorted(set(days), key=DAYS.index)))
    ] = Field(default=(), description="weekly: the days of the week, mon to sun")
    month_days: Annotated[
        tuple[_MonthDay, ...],
        AfterValidator(
            lambda days: tuple(sorted(set(days), key=lambda day: 32 if day == "last" else day))
        ),
    ] = Field(
        default=(),
        description='monthly: days of the month, 1 to 31 or "last"; in a month that has no such '
        "day, its last day",
    )
    at: Annotated[tuple[_Time, ...], AfterValidator(lambda times: tuple(sorted(set(times))))] = (
        Field(default=(), description="the times of day, one or several, as 18:30")
    )
    blackout: tuple[Blackout, ...] = Field(
        default=(),
        max_length=_MOST_BLACKOUTS,
        description="dates it does not run: 2016-11-24, or 2016-12-24 to 2017-01-02",
    )
    job: str = Field(
        default="", description="the job that is started; without it the one the integration names"
    )
    enabled: bool = Field(default=False, description="whether it runs by itself at all")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.days and self.frequency != "weekly":
            raise ValueError(f"days go with weekly; this schedule is {self.frequency}")
        if self.month_days and self.frequency != "monthly":
            raise ValueError(f"month_days go with monthly; this schedule is {self.frequency}")
        at_interval = self.frequency == "interval"
        if self.every_seconds is not None and not at_interval:
            raise ValueError(f"every_seconds goes with interval; this schedule is {self.frequency}")
        if self.at and at_interval:
            raise ValueError("times of day (at) do not go with interval")
        if self.enabled and not self.at and not at_interval:
            raise ValueError("an enabled schedule needs a time of day (at)")
        if self.enabled and not self.complete:
            needs = _NEEDS[self.frequency]
            raise ValueError(f"an enabled {self.frequency} schedule needs {needs}")
        return self

    @property
    def complete(self) -> bool:
        """Does it name at least one day and time, or an interval?"""
        if self.frequency == "interval":
            return self.every_seconds is not None
        complete = {"daily": True, "weekly": bool(self.days), "monthly": bool(self.month_days)}
        return bool(self.at) and complete[self.frequency]

    def runs_on(self, day: date) -> bool:
        """Is `day` one of its days? (Blackouts aside.)"""
        if self.frequency == "monthly":
            last = (day + _ONE_DAY).day == 1
            return day.day in self.month_days or (
                last
                and any(month_day == "last" or month_day > day.day for month_day in self.month_days)
            )
        return self.frequency in ("daily", "interval") or DAYS[day.weekday()] in self.days


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name. ValueError with a sentence when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a time zone; use a name as America/Los_Angeles"
        ) from None


_ZONE_WORDS = {
    "America/New_York": "Eastern Time",
    "America/Detroit": "Eastern Time",
    "America/Chicago": "Central Time",
    "America/Denver": "Mountain Time",
    "America/Boise": "Mountain Time",
    "America/Edmonton": "Mountain Time",
    "America/Phoenix": "Arizona Time",
    "America/Los_Angeles": "Pacific Time",
    "America/Anchorage": "Alaska Time",
    "Pacific/Honolulu": "Hawaii Time",
}


def zone_words(name: str) -> str:
    """A time zone in words: "Pacific Time", or "Regina time" by its city."""
    city = name.rpartition("/")[2].replace("_", " ")
    return _ZONE_WORDS.get(name) or (f"{city} time" if "/" in name else name)


def next_times(schedule: Schedule, zone: str, after: datetime, count: int = 5) -> list[datetime]:
    """The next `count` moments it names after `after`, enabled or not; fewer when it names none.

    Aware, in `zone`, strictly increasing.
    """
    local = zone_named(zone)
    times: list[datetime] = []
    for moment in _moments(schedule, local, after):
        if len(times) == count:
            break
        times.append(moment.astimezone(local))
    return times


def due(schedule: Schedule, zone: str, last: datetime, at: datetime) -> datetime | None:
    """The latest moment it names in (last, now], None when there is none or it is disabled.

    The latest alone: after a night without a worker a sync runs once, not once a missed time.
    """
    if not schedule.enabled:
        return None
    local = zone_named(zone)
    if schedule.every_seconds is not None:
        moment = _last_of(schedule.every_seconds, at).astimezone(local)
        falls_out = any(moment.date() in out for out in schedule.blackout)
        return None if moment <= last or falls_out else moment
    latest = None
    for moment in _moments(schedule, local, last):
        if moment > at:
            break
        latest = moment
    return latest and latest.astimezone(local)


def looked_up_to(seen: datetime, at: datetime) -> datetime:
    """Up to when a schedule counts as looked at, by a note that may be of another clock.

    What lies ahead was looked at already, by a clock that is fast or before ours went back. Far
    ahead it was written by a clock that was wrong, and counts from now on.
    """
    return at if seen > at + _SKEW else seen


def seen_at(seen: datetime, at: datetime) -> datetime:
    """Up to when a schedule was looked at, once it is looked at now: never back with a clock."""
    return max(looked_up_to(seen, at), at)


def _moments(schedule: Schedule, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Every moment after `after`, in UTC, in order.

    A skipped time may be moved past times of the next day (Samoa skipped a whole day in 2011):
    so a day's moments wait until no later day can have an earlier one.
    """
    if not schedule.complete:
        return
    if schedule.every_seconds is not None:
        yield from _at_intervals(schedule, schedule.every_seconds, zone, after)
        return
    waiting: set[datetime] = set()
    for day in _days(schedule, after.astimezone(zone).date() - 2 * _ONE_DAY):
        begins = _moment(day, time.min, zone)
        settled = sorted(moment for moment in waiting if moment < begins)
        yield from (moment for moment in settled if moment > after)
        waiting.difference_update(settled)
        waiting.update(_moment(day, at, zone) for at in schedule.at)
    yield from (moment for moment in sorted(waiting) if moment > after)


def _at_intervals(
    schedule: Schedule, seconds: int, zone: ZoneInfo, after: datetime
) -> Iterator[datetime]:
    """Every moment of an interval after `after`, in UTC; the days of a blackout are passed over."""
    for day in _days(schedule, after.astimezone(zone).date()):
        begins, ends = (_moment(at, time.min, zone) for at in (day, day + _ONE_DAY))
        moment = _last_of(seconds, max(begins - timedelta(microseconds=1), after))
        while (moment := moment + timedelta(seconds=seconds)) < ends:
            yield moment


def _last_of(seconds: int, at: datetime) -> datetime:
    """The last moment up to `at` of those so many seconds apart, the same for every worker."""
    since = int(at.timestamp())
    return datetime.fromtimestamp(since - since % seconds, UTC)


def _days(schedule: Schedule, first: date) -> Iterator[date]:
    """Its days from `first` on, without blackouts; ends with the last year a date can have."""
    day, ahead = first, sorted(schedule.blackout, key=lambda out: out.first, reverse=True)
    while day.year < date.max.year:
        while ahead and ahead[-1].last < day:
            ahead.pop()
        if ahead and day in ahead[-1]:
            day = ahead[-1].last
        elif schedule.runs_on(day):
            yield day
        if day < date.max:
            day += _ONE_DAY


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment a clock in `zone` shows that day and time, in UTC (RFC 5545, 3.3.5)."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def sentence(schedule: Schedule, zone: str) -> str:
    """It in words: "Mon, Wed, Fri at 6:30 pm Pacific Time"."""
    if not schedule.complete:
        return "Not scheduled"
    if schedule.every_seconds is not None:
        return _with_blackouts(schedule, f"Every {_duration(schedule.every_seconds)}")
    if schedule.frequency == "monthly":
        names = ["the last" if day == "last" else str(day) for day in schedule.month_days]
        days = f"Every month on day {_listed(names)}"
    elif schedule.frequency == "daily" or len(schedule.days) == len(DAYS):
        days = "Every day"
    else:
        days = ", ".join(day.capitalize() for day in schedule.days)
    times = _listed(
        [f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}" for at in schedule.at]
    )
    return _with_blackouts(schedule, f"{days} at {times} {zone_words(zone)}")


def _with_blackouts(schedule: Schedule, when: str) -> str:
    if not schedule.blackout:
        return when
    return f"{when}, except {_listed([out.words for out in schedule.blackout])}"


def _duration(seconds: int) -> str:
    """A length of time as people say it: "90 seconds", "15 minutes", "hour"."""
    for size, unit in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return unit if number == 1 else f"{number} {unit}s"
    raise ValueError(seconds)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
