"""rollcall syncs."""

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say
from rollcall.cli.lookups import the_district
from rollcall.engine.alerts import health
from rollcall.engine.clock import SystemClock


@click.command()
@district_option
@json_option
@command
def syncs(district_code: str | None, as_json: bool) -> None:
    """List syncs: state, next step and owner, last good run, schedule and its next five times."""
    clock = SystemClock()
    states = health.of_district(the_district(district_code), clock)
    summaries = [health.as_json(state, clock) for state in states]
    if as_json:
        print_json(summaries)
        return
    if not summaries:
        say("No sync yet. Declare one with `rollcall config apply FILE.toml`.")
    for sync in summaries:
        say(f"{sync['name']} ({sync['integration']}): {sync['state']}. {sync['meaning']}")
        if sync["next_step"]:
            say(f"  next step  {sync['next_step']} Owner: {sync['owner']}.")
        say(f"  last good  {sync['last_good'] or 'never'}; open alerts: {sync['open_alerts']}")
        say(f"  schedule   {sync['status']}: {sync['schedule']}")
        for at in sync["next_times"]:
            say(f"             {at}")
