"""rollcall syncs."""

from typing import TYPE_CHECKING, Any

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say

if TYPE_CHECKING:
    from rollcall.engine.clock import Clock
    from rollcall.engine.health import SyncHealth


@click.command()
@district_option
@json_option
@command
def syncs(district: str | None, as_json: bool) -> None:
    """List syncs: state, next step and owner, last good run, schedule and its next five times."""
    from rollcall.cli.find import the_district
    from rollcall.engine import health
    from rollcall.engine.clock import SystemClock

    clock = SystemClock()
    listed = [_told(one, clock) for one in health.of_district(the_district(district), clock)]
    if as_json:
        print_json(listed)
        return
    if not listed:
        say("No sync yet. Declare one with `rollcall config apply FILE.toml`.")
    for one in listed:
        say(f"{one['name']} ({one['integration']}): {one['state']}. {one['meaning']}")
        if one["next_step"]:
            say(f"  next step  {one['next_step']} Owner: {one['owner']}.")
        say(f"  last good  {one['last_good'] or 'never'}; open alerts: {one['open_alerts']}")
        say(f"  schedule   {one['status']}: {one['schedule']}")
        for at in one["next_times"]:
            say(f"             {at}")


def _told(one: "SyncHealth", clock: "Clock") -> dict[str, Any]:
    from rollcall.core.health import spoken
    from rollcall.core.schedule import next_times, sentence

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
        "next_times": [f"{at:%a %Y-%m-%d %H:%M %Z}" for at in times],
    }
