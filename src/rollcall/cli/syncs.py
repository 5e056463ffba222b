"""rollcall syncs."""

from typing import TYPE_CHECKING, Any

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say

if TYPE_CHECKING:
    from rollcall.engine.models import Sync


@click.command()
@district_option
@json_option
@command
def syncs(district: str | None, as_json: bool) -> None:
    """List syncs: state, last run, schedule with its status, and the next five times."""
    from rollcall.cli.find import the_district
    from rollcall.engine.models import Sync

    of = the_district(district)
    found = Sync.objects.filter(district=of).select_related("district").order_by("name")
    listed = [_told(sync) for sync in found]
    if as_json:
        print_json(listed)
        return
    if not listed:
        say("No sync yet. Declare one with `rollcall config apply FILE.toml`.")
    for one in listed:
        say(f"{one['name']} ({one['integration']}): {'Paused' if one['paused'] else 'Active'}")
        say(f"  last run   {one['last_run'] or 'none'}")
        say(f"  schedule   {one['status']}: {one['schedule']}")
        for at in one["next_times"]:
            say(f"             {at}")


def _told(sync: "Sync") -> dict[str, Any]:
    from rollcall.core.schedule import next_times, sentence
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.results import state_words
    from rollcall.engine.scheduling import schedule_of

    schedule, zone = schedule_of(sync), sync.district.timezone
    last = sync.runs.order_by("-pk").first()
    times = next_times(schedule, zone, SystemClock().now()) if schedule.complete else []
    return {
        "name": sync.name,
        "integration": sync.integration,
        "paused": sync.paused,
        "last_run": f"run {last.pk}: {state_words(last)}" if last else "",
        "status": "Enabled" if schedule.enabled else "Disabled",
        "schedule": sentence(schedule, zone),
        "next_times": [f"{at:%a %Y-%m-%d %H:%M %Z}" for at in times],
    }
