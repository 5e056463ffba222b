"""rollcall syncs."""

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say
from rollcall.cli.lookups import the_district
from rollcall.engine.alerts import health
from rollcall.engine.clock import SystemClock
from rollcall.engine.worker.sync_summary import told


@click.command()
@district_option
@json_option
@command
def syncs(district: str | None, as_json: bool) -> None:
    """List syncs: state, next step and owner, last good run, schedule and its next five times."""
    clock = SystemClock()
    listed = [told(one, clock) for one in health.of_district(the_district(district), clock)]
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
