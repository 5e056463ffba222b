"""What an edited schedule would do, before it is saved: for the live preview of the editor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from rollcall.core.settings.schedule import Schedule, next_times, sentence
from rollcall.core.settings.setting_fields import places
from rollcall.core.whole_numbers import whole_number

_MOST_SKIPPED = 10
_FAR = timedelta(days=370)


@dataclass(frozen=True)
class Skipped:
    """A time the schedule names that falls on a blackout date, which is named."""

    at: datetime
    blackout: str


@dataclass(frozen=True)
class Preview:
    """An edited schedule. With `errors` (field to what is wrong) the rest is empty.

    `next`: the next times, enabled or not; `skipped`: at most ten times up to the last of them
    that blackout dates take away; `past`: blackouts that are over.
    """

    errors: dict[str, str] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Schedule)
    sentence: str = ""
    next: list[datetime] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    past: list[str] = field(default_factory=list)


def preview(fields: Mapping[str, Any], zone: str, at: datetime, count: int = 5) -> Preview:
    """What `fields` (as the configuration has a schedule) would do from `at` on."""
    try:
        schedule = Schedule.model_validate(fields)
    except ValidationError as error:
        # Mistakes by field: one of several times or days is told at the list it is in.
        errors: dict[str, str] = {}
        for place, what in places(error).items():
            name = place.partition(".")[0]
            errors[name] = f"{errors[name]}; {what}" if name in errors else what
        return Preview(errors=errors)
    times = next_times(schedule, zone, at, count)
    today = at.astimezone(times[0].tzinfo).date() if times else at.date()
    return Preview(
        schedule=schedule,
        sentence=sentence(schedule, zone),
        next=times,
        skipped=_skipped(schedule, zone, at, times),
        past=[str(out) for out in schedule.blackout if out.last < today],
    )


def _skipped(
    schedule: Schedule, zone: str, since: datetime, times: list[datetime]
) -> list[Skipped]:
    """The times up to the last of `times` (or within a year) that only the blackouts take away."""
    until = times[-1] if times else since + _FAR
    without = schedule.model_copy(update={"blackout": ()})
    without_blackouts = next_times(without, zone, since, len(times) + _MOST_SKIPPED)
    gone = [at for at in without_blackouts if at <= until and at not in times]
    skipped = []
    for at in gone[:_MOST_SKIPPED]:
        # That of the day before, when the clocks moved the time on.
        days = [at.date() + timedelta(days=days) for days in (0, -1, 1)]
        blackouts = (str(out) for day in days for out in schedule.blackout if day in out)
        skipped.append(Skipped(at, next(blackouts, "")))
    return skipped


def from_form(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule as the configuration has it, from what a form sent.

    `days`, `month_days`, `at`, `blackout` are lists, or texts with commas or on several lines.
    What does not go with the frequency is left out, so that a form may keep it on show.
    """
    lists = {name: _parts(sent.get(name)) for name in ("days", "month_days", "at", "blackout")}
    numbers = ((whole_number(day), day) for day in lists["month_days"])
    lists["month_days"] = [day if number is None else number for number, day in numbers]
    frequency = sent.get("frequency") or "weekly"
    fitting = {"weekly": ("days", "at"), "monthly": ("month_days", "at"), "daily": ("at",)}
    names = (*fitting.get(frequency, ()), "blackout")
    fields: dict[str, Any] = {name: lists[name] for name in names if lists[name]}
    if frequency == "interval" and sent.get("every_seconds"):
        number = whole_number(str(sent["every_seconds"]))
        fields["every_seconds"] = sent["every_seconds"] if number is None else number
    if sent.get("job"):
        fields["job"] = sent["job"]
    enabled = sent.get("enabled") in (True, "true", "on", "yes", "1")
    return {"frequency": frequency, **fields, "enabled": enabled}


def _parts(sent: Any) -> list[Any]:
    parts = sent.replace("\n", ",").split(",") if isinstance(sent, str) else list(sent or ())
    return [part for part_text in parts if (part := str(part_text).strip())]
