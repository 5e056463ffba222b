"""rollcall unmatched."""

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, district_option, say
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock
from rollcall.engine.students.inbox import inbox
from rollcall.engine.students.match_decisions import today_of


@click.command()
@click.argument("sync_name", metavar="[SYNC]", required=False)
@click.option("--limit", default=10, show_default=True, help="How many rows.")
@click.option("--after", help="Where the page before ended.")
@district_option
@command
def unmatched(
    sync_name: str | None, limit: int, after: str | None, district_code: str | None
) -> None:
    """List the open rows of the last live run (of SYNC), each with similar students.

    Decide about one with `rollcall link`, `rollcall different` or `rollcall ignore`.
    """
    district = the_district(district_code)
    page = inbox(district, today_of(district, SystemClock()), sync_name, after, limit)
    audit(district, Action.SAW, "unmatched rows", shown=len(page.rows))
    for sync in page.syncs:
        say(f"{sync.sync}: {sync.open} open, {sync.new} new since the run before (run {sync.run})")
    for row in page.rows:
        new = " new" if row.new else ""
        values = ", ".join(str(value) for value in row.values.values() if value is not None)
        say(f"run {row.run}, {row.input} line {row.line}:{new} {row.outcome}: {values}")
        for student in row.near:
            say(f"    {student.local_id}  differs: {', '.join(student.differs) or 'nothing'}")
    if page.next:
        say(f"More: rollcall unmatched --after {page.next}")
