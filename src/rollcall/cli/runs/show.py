"""rollcall show."""

import click

from rollcall.cli.common import command, json_option, print_json, run_argument
from rollcall.cli.lookups import the_run
from rollcall.engine.runs.results import result
from rollcall.terminal import show_run


@click.command()
@run_argument
@json_option
@command
def show(run_number: int, as_json: bool) -> None:
    """Show run number RUN: how it ended, counts, findings, reports."""
    run = the_run(run_number)
    if as_json:
        print_json(result(run))
    else:
        show_run(run)
