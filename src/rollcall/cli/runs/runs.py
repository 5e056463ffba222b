"""rollcall runs."""

import click
from rich.console import Console
from rich.table import Table

from rollcall.cli.common import command, district_option, json_option, print_json, say
from rollcall.cli.lookups import the_district
from rollcall.engine.models import Run
from rollcall.engine.runs.results import result, state_words


@click.command()
@click.option("--sync", "sync_name", help="Only the runs of this sync.")
@click.option("--limit", default=20, show_default=True, help="How many, the newest first.")
@district_option
@json_option
@command
def runs(sync_name: str | None, limit: int, district_code: str | None, as_json: bool) -> None:
    """List runs, the newest first."""
    query = Run.objects.filter(district=the_district(district_code)).select_related("sync")
    query = query.filter(sync__name=sync_name) if sync_name else query
    newest = list(query.order_by("-pk")[:limit])
    if as_json:
        print_json([result(run) for run in newest])
        return
    if not newest:
        say("No run yet. Start one with `rollcall run SYNC`, or preview with --test.")
        return
    table = Table(box=None, pad_edge=False, header_style="")
    for title in ("run", "sync", "job", "started", "by", "state"):
        table.add_column(title)
    for run in newest:
        at = f"{run.created_at:%Y-%m-%d %H:%M}Z"
        table.add_row(str(run.pk), run.sync.name, run.job, at, run.started_by, state_words(run))
    Console(highlight=False).print(table)
