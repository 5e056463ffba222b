"""rollcall schedule."""

import click

from rollcall.cli.common import (
    command,
    district_option,
    json_option,
    person,
    print_json,
    say,
    sync_argument,
)
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.settings import schedule_editor


@click.command()
@sync_argument
@click.option(
    "--enable/--disable", "enabled", default=None, help="Let it run by itself, or no longer."
)
@district_option
@json_option
@command
def schedule(
    sync_name: str, enabled: bool | None, district_code: str | None, as_json: bool
) -> None:
    """Show when SYNC runs: its schedule in words, the next times, and those that blackouts skip.

    Days and times are edited in the configuration or in the console; they are kept when the
    schedule is disabled.
    """
    sync, clock = the_sync(sync_name, district_code), SystemClock()
    if enabled is not None:
        switch = schedule_editor.enable if enabled else schedule_editor.disable
        switch(sync, clock, person())
    shown = schedule_editor.present(sync, clock)
    status = "Enabled" if shown.schedule.enabled else "Disabled"
    if as_json:
        skipped = [{"at": skip.at.isoformat(), "blackout": skip.blackout} for skip in shown.skipped]
        times = [at.isoformat() for at in shown.next]
        facts = {"status": status, "schedule": shown.sentence, "next_times": times}
        print_json({**facts, "skipped": skipped})
        return
    job = schedule_editor.job_of(sync, shown.schedule)
    say(f"{status}: {shown.sentence}. It starts {job}." if job else f"{status}: {shown.sentence}")
    for at in shown.next:
        say(f"  {at:%a %Y-%m-%d %H:%M %Z}")
    for skip in shown.skipped:
        say(f"  not on {skip.at:%a %Y-%m-%d %H:%M %Z}: blackout {skip.blackout}")
