"""rollcall demo."""

import click

from rollcall.cli.common import command
from rollcall.sandbox.demo import show, show_state


@click.command()
@click.option("--once", is_flag=True, help="End after the summary instead of serving.")
@click.option("--edfi", is_flag=True, help="Show the sending to a state's Ed-Fi API instead.")
@command
def demo(once: bool, edfi: bool) -> None:
    """Show Rollcall at work: a district of 5,000 students and two weeks of its CASEMIS import.

    A held run and unmatched rows wait for you. Each further start goes on with the next day. With
    --edfi, a district in Minnesota sends all students' records to a stand-in for its state, and an
    edit travels.
    """
    if edfi:
        show_state.show(once=once)
    else:
        show.show(once=once)
