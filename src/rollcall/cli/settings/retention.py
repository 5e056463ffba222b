"""rollcall retention."""

import click

from rollcall.cli.common import command, district_option, json_option, person, print_json, say
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock
from rollcall.engine.settings import retention as engine


@click.command()
@click.option("--test", is_flag=True, help="Only say what would be removed.")
@district_option
@json_option
@command
def retention(test: bool, district_code: str | None, as_json: bool) -> None:
    """Remove stored files and logged changes older than the district's settings say.

    A worker does this every night. Runs that are held or under way, the last applied runs of each
    sync, and what undoing needs within its days are never touched.
    """
    district, clock = the_district(district_code), SystemClock()
    if test:
        removed = engine.removable(district, clock)
    else:
        removed = engine.remove(district, clock, person())
    if as_json:
        print_json({"test": test, **engine.as_json(removed)})
        return
    say("TEST: nothing was removed. This would be:" if test else "Removed:")
    for kind, files in removed.files.items():
        size = f"files of {files.runs:,} runs, {files.bytes:,} bytes"
        say(f"  {kind + 's':<8} {files.files:>9,} {size}")
    oldest = removed.changes_before
    reason = f"from before {oldest:%Y-%m-%d}" if oldest else "all are kept"
    say(f"  changes  {removed.changes:>9,} ({reason})")
