"""rollcall pause / resume."""

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, district_option, say, sync_argument
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.runs import pausing


@click.command()
@sync_argument
@district_option
@command
def pause(sync_name: str, district_code: str | None) -> None:
    """Stop SYNC: nothing of it is written any more, queued and running work included."""
    sync = the_sync(sync_name, district_code)
    stopped = pausing.pause(sync, SystemClock())
    audit(sync.district, Action.PAUSED, f"sync {sync.name}", stopped=stopped)
    say(f"{sync.name} is paused. Waiting runs that were stopped: {stopped}.")


@click.command()
@sync_argument
@district_option
@command
def resume(sync_name: str, district_code: str | None) -> None:
    """Let SYNC run again, by schedule and by hand. Times missed in the pause are not made up."""
    sync = the_sync(sync_name, district_code)
    pausing.resume(sync, SystemClock())
    audit(sync.district, Action.RESUMED, f"sync {sync.name}")
    say(f"{sync.name} is resumed.")
