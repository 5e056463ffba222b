"""rollcall flow."""

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.outbound.figures import figures as flows
from rollcall.engine.outbound.figures import json_shapes
from rollcall.engine.outbound.figures.figures import Counts, Flow

_COLUMNS = ("records", "waiting", "parent", "held", "sent", "refused", "accepted", "partner")
_HEADS = (
    *("in records", "waiting", "for parent", "held"),
    *("sent", "refused", "accepted", "at partner"),
)


@click.command()
@click.argument("sync")
@district_option
@json_option
@command
def flow(sync: str, district: str | None, as_json: bool) -> None:
    """Show the flow of SYNC in numbers: in our records, waiting, sent, at the partner.

    `rollcall documents` lists what is behind each number.
    """
    told = flows.flow(the_sync(sync, district), SystemClock())
    if as_json:
        print_json(json_shapes.flow(told))
    else:
        _show(told)


def _show(told: "Flow") -> None:
    say(" " * 44 + "".join(f"{head:>12}" for head in _HEADS))
    for one in (*told.resources, told.total):
        _line(one)
    if told.records_at:
        say(f"In records: as of {told.records_at:%Y-%m-%d %H:%M}Z.")
    if told.total.read_at:
        say(f"Read whole on {told.total.read_at:%Y-%m-%d %H:%M}Z: it held {told.total.read:,}.")
    if told.total.removals:
        say(f"{told.total.removals:,} of those on their way take a document away.")
    if told.total.not_called_for:
        say(f"{told.total.not_called_for:,} accepted ones are called for by no record.")
    if told.oldest:
        say(f"The oldest waits since {told.oldest:%Y-%m-%d %H:%M:%S}Z; {told.edits:,} edits.")
    say(f"Near real time is {'on' if told.near_real_time.on else 'off'}.")
    if told.trouble:
        say(told.trouble)


def _line(one: "Counts") -> None:
    numbers = [getattr(one, name) for name in _COLUMNS]
    cells = "".join(f"{'' if number is None else f'{number:,}':>12}" for number in numbers)
    say(f"{one.resource or 'all':<44}{cells}")
