"""A sync in the shape that `rollcall syncs --json` and the API give."""

from typing import Any

from rollcall.core.health import spoken
from rollcall.core.settings.schedule import next_times, sentence
from rollcall.engine import registry
from rollcall.engine.alerts.health import SyncHealth
from rollcall.engine.clock import Clock


def told(sync_health: SyncHealth, clock: Clock) -> dict[str, Any]:
    """State, next step and owner, last good run, schedule and its next five times."""
    schedule, zone, health = (
        sync_health.schedule,
        sync_health.sync.district.timezone,
        sync_health.health,
    )
    times = next_times(schedule, zone, clock.now()) if schedule.complete else []
    good = health.last_good
    return {
        "name": sync_health.sync.name,
        "integration": sync_health.sync.integration,
        "state": health.state,
        "meaning": health.meaning,
        "next_step": health.next_step,
        "owner": health.owner,
        "open_alerts": sync_health.open_alerts,
        "last_good": f"run {good.number}, {spoken(good.at, zone)}" if good else "",
        "status": "Enabled" if schedule.enabled else "Disabled",
        "schedule": sentence(schedule, zone),
        "job": registry.integration(sync_health.sync.integration).job_of(schedule),
        "next_times": [f"{at:%a %Y-%m-%d %H:%M %Z}" for at in times],
    }
