"""rollcall show."""

import click

from rollcall.cli.common import command, json_option, print_json
from rollcall.cli.lookups import the_run
from rollcall.engine.runs.results import result
from rollcall.terminal import show_run


@click.command()
@click.argument("run", type=int)
@json_option
@command
def show(run: int, as_json: bool) -> None:
    """Show run number RUN: what became of it, counts, findings, reports."""
    found = the_run(run)
    if as_json:
        print_json(result(found))
    else:
        show_run(found)
