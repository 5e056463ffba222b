"""rollcall show."""

import click

from rollcall.cli.common import command, json_option, print_json


@click.command()
@click.argument("run", type=int)
@json_option
@command
def show(run: int, as_json: bool) -> None:
    """Show run number RUN: what became of it, counts, findings, reports."""
    from rollcall.cli.lookups import the_run
    from rollcall.cli.runs.show_run import show_run
    from rollcall.engine.runs.results import result

    found = the_run(run)
    if as_json:
        print_json(result(found))
    else:
        show_run(found)
