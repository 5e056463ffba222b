"""rollcall pause / resume."""

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, district_option, say
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.runs.pausing import pause as stop
from rollcall.engine.runs.pausing import resume as go_on


@click.command()
@click.argument("sync")
@district_option
@command
def pause(sync: str, district: str | None) -> None:
    """Stop SYNC: nothing of it is written any more, queued and running work included."""
    found = the_sync(sync, district)
    stopped = stop(found, SystemClock())
    audit(found.district, Action.PAUSED, f"sync {sync}", stopped=stopped)
    say(f"{sync} is paused. Runs stopped that were waiting: {stopped}.")


@click.command()
@click.argument("sync")
@district_option
@command
def resume(sync: str, district: str | None) -> None:
    """Let SYNC run again, by schedule and by hand. Times missed in the pause are not made up."""
    found = the_sync(sync, district)
    go_on(found, SystemClock())
    audit(found.district, Action.RESUMED, f"sync {sync}")
    say(f"{sync} is resumed.")
