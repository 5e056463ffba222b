"""rollcall live."""

import click
from django.db import transaction

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
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
from rollcall.engine.outbound.figures import json_shapes
from rollcall.engine.outbound.figures.figures import near_real_time
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.worker import tasks


@click.command()
@sync_argument
@click.argument("on_or_off", metavar="[on|off]", required=False, type=click.Choice(["on", "off"]))
@district_option
@json_option
@command
def live(sync_name: str, on_or_off: str | None, district_code: str | None, as_json: bool) -> None:
    """Show whether edits are sent to SYNC's partner by themselves, or turn that on or off.

    It can be turned on once Start Year has completed. Turning it on also starts a run that compares
    everything, which a worker carries out; near real time needs a `rollcall worker` anyway.
    """
    sync = the_sync(sync_name, district_code)
    if on_or_off is not None:
        with transaction.atomic():
            if on_or_off == "off":
                switch.turn_off(sync, person(), SystemClock())
            elif run := switch.turn_on(sync, person(), SystemClock()):
                tasks.enqueue(run)
            subject = f"near real time of {sync.name}"
            audit(sync.district, Action.CHANGED, subject, on=on_or_off == "on")
    status = near_real_time(sync)
    if as_json:
        print_json(json_shapes.near_real_time(status))
        return
    at = status.changed_at
    changed = f", changed {at:%Y-%m-%d %H:%M}Z by {status.changed_by}" if at else ""
    say(f"Near real time is {'on' if status.on else 'off'}{changed}.")
    if not status.may_turn_on:
        say("It can be turned on once Start Year has completed for the school year.")
