"""rollcall unmatched."""

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, district_option, say
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock
from rollcall.engine.students.inbox import inbox
from rollcall.engine.students.match_decisions import today_of


@click.command()
@click.argument("sync", required=False)
@click.option("--limit", default=10, show_default=True, help="How many rows.")
@click.option("--after", help="Where the page before ended.")
@district_option
@command
def unmatched(sync: str | None, limit: int, after: str | None, district: str | None) -> None:
    """List the open rows of the last live run (of SYNC), each with the students like it.

    Answer one with `rollcall link`, `rollcall different` or `rollcall ignore`.
    """
    of = the_district(district)
    found = inbox(of, today_of(of, SystemClock()), sync, after, limit)
    audit(of, Action.SAW, "unmatched rows", shown=len(found.rows))
    for one in found.syncs:
        say(f"{one.sync}: {one.open} open, {one.new} new since the run before (run {one.run})")
    for row in found.rows:
        new = " new" if row.new else ""
        said = ", ".join(str(value) for value in row.values.values() if value is not None)
        say(f"run {row.run}, {row.input} line {row.line}:{new} {row.outcome}: {said}")
        for near in row.near:
            differs = ", ".join(near.differs) or "nothing"
            say(f"    {near.local_id}  differs: {differs}")
    if found.next:
        say(f"More: rollcall unmatched --after {found.next}")
