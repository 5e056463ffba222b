"""rollcall schedule."""

import click

from rollcall.cli.common import command, district_option, json_option, person, print_json, say
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.settings import schedule_editor


@click.command()
@click.argument("sync")
@click.option(
    "--enable/--disable", "enabled", default=None, help="Let it run by itself, or no longer."
)
@district_option
@json_option
@command
def schedule(sync: str, enabled: bool | None, district: str | None, as_json: bool) -> None:
    """Show when SYNC runs: its schedule in words, the next times, those that blackouts take away.

    Days and times are edited in the configuration or in the console; they are kept when the
    schedule is disabled.
    """
    found, clock = the_sync(sync, district), SystemClock()
    if enabled is not None:
        switch = schedule_editor.enable if enabled else schedule_editor.disable
        switch(found, clock, person())
    shown = schedule_editor.present(found, clock)
    status = "Enabled" if shown.schedule.enabled else "Disabled"
    if as_json:
        skipped = [{"at": one.at.isoformat(), "blackout": one.blackout} for one in shown.skipped]
        times = [at.isoformat() for at in shown.next]
        said = {"status": status, "schedule": shown.sentence, "next_times": times}
        print_json({**said, "skipped": skipped})
        return
    job = schedule_editor.job_of(found, shown.schedule)
    starts = f" It starts {job}." if job else ""
    say(f"{status}: {shown.sentence}.{starts}" if starts else f"{status}: {shown.sentence}")
    for at in shown.next:
        say(f"  {at:%a %Y-%m-%d %H:%M %Z}")
    for one in shown.skipped:
        say(f"  not on {one.at:%a %Y-%m-%d %H:%M %Z}: blackout {one.blackout}")
