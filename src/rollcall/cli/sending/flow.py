"""rollcall flow."""

import click

from rollcall.cli.common import (
    command,
    district_option,
    json_option,
    print_json,
    say,
    sync_argument,
)
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.outbound.figures import figures, json_shapes

#: Each column's field of the counts, and its title.
_COLUMNS = {
    "records": "in records",
    "waiting": "waiting",
    "parent": "for parent",
    "held": "held",
    "sent": "sent",
    "refused": "refused",
    "accepted": "accepted",
    "partner": "at partner",
}


@click.command()
@sync_argument
@district_option
@json_option
@command
def flow(sync_name: str, district_code: str | None, as_json: bool) -> None:
    """Show the flow of SYNC in numbers: in our records, waiting, sent, at the partner.

    `rollcall documents` lists what is behind each number.
    """
    numbers = figures.flow(the_sync(sync_name, district_code), SystemClock())
    if as_json:
        print_json(json_shapes.flow(numbers))
    else:
        _show(numbers)


def _show(flow: figures.Flow) -> None:
    say(" " * 44 + "".join(f"{title:>12}" for title in _COLUMNS.values()))
    for counts in (*flow.resources, flow.total):
        numbers = (getattr(counts, field) for field in _COLUMNS)
        cells = "".join(f"{'' if number is None else f'{number:,}':>12}" for number in numbers)
        say(f"{counts.resource or 'all':<44}{cells}")
    total = flow.total
    if flow.records_at:
        say(f"In records: as of {flow.records_at:%Y-%m-%d %H:%M}Z.")
    if total.read_at:
        say(
            f"The partner had {total.read:,} when all were read on {total.read_at:%Y-%m-%d %H:%M}Z."
        )
    if total.removals:
        say(f"{total.removals:,} of those on their way remove a document.")
    if total.not_called_for:
        say(f"{total.not_called_for:,} accepted ones are not expected by any record.")
    if flow.oldest:
        since = f"{flow.oldest:%Y-%m-%d %H:%M:%S}Z"
        say(f"The oldest has been waiting since {since}; {flow.edits:,} edits.")
    say(f"Near real time is {'on' if flow.near_real_time.on else 'off'}.")
    if flow.trouble:
        say(flow.trouble)
