"""A sync in the shape that `rollcall syncs --json` and the API give."""

from typing import Any

from rollcall.core.health import spoken
from rollcall.core.settings.schedule import next_times, sentence
from rollcall.engine import registry
from rollcall.engine.alerts.health import SyncHealth
from rollcall.engine.clock import Clock


def told(one: SyncHealth, clock: Clock) -> dict[str, Any]:
    """State, next step and owner, last good run, schedule and its next five times."""
    schedule, zone, said = one.schedule, one.sync.district.timezone, one.health
    times = next_times(schedule, zone, clock.now()) if schedule.complete else []
    good = said.last_good
    return {
        "name": one.sync.name,
        "integration": one.sync.integration,
        "state": said.state,
        "meaning": said.meaning,
        "next_step": said.next_step,
        "owner": said.owner,
        "open_alerts": one.open_alerts,
        "last_good": f"run {good.number}, {spoken(good.at, zone)}" if good else "",
        "status": "Enabled" if schedule.enabled else "Disabled",
        "schedule": sentence(schedule, zone),
        "job": registry.integration(one.sync.integration).job_of(schedule),
        "next_times": [f"{at:%a %Y-%m-%d %H:%M %Z}" for at in times],
    }
