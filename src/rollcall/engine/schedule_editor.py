"""The schedule editor: preview without saving, save, enable, disable."""

from collections.abc import Mapping
from typing import Any

from rollcall.core import schedule_preview
from rollcall.core.schedule_preview import Preview
from rollcall.engine import sync_settings
from rollcall.engine.clock import Clock
from rollcall.engine.config import Mistakes
from rollcall.engine.models import Sync


def present(sync: Sync, clock: Clock) -> Preview:
    """The schedule in force and what it will do."""
    return preview(sync, sync.version.config.get("schedule", {}), clock)


def preview(sync: Sync, given: Mapping[str, Any], clock: Clock) -> Preview:
    """What an edited schedule would do on the clock of the sync's district; saves nothing."""
    return schedule_preview.preview(given, sync.district.timezone, clock.now())


def save(
    sync: Sync, given: Mapping[str, Any], clock: Clock, person: str, based_on: int | None = None
) -> str:
    """Save an edited schedule as a version of the sync: "changed", or "same".

    Times that have passed are not made up. Raises Mistakes by field, or Problem when somebody else
    saved the sync since version `based_on`.
    """
    errors = preview(sync, given, clock).errors
    if errors:
        raise Mistakes(errors)
    return sync_settings.save(sync, {"schedule": dict(given)}, clock, person, based_on)


def enable(sync: Sync, clock: Clock, person: str) -> str:
    """Let the sync run by itself. Raises Mistakes when the schedule names no time to run at."""
    return _switch(sync, True, clock, person)


def disable(sync: Sync, clock: Clock, person: str) -> str:
    """Let the sync run only when somebody starts it; its days and times are kept."""
    return _switch(sync, False, clock, person)


def _switch(sync: Sync, enabled: bool, clock: Clock, person: str) -> str:
    given = {**sync.version.config.get("schedule", {}), "enabled": enabled}
    return save(sync, given, clock, person)
