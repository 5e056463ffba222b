"""rollcall demo."""

import click

from rollcall.cli.common import set_up


@click.command()
@click.option("--once", is_flag=True, help="End after the summary instead of serving.")
@click.option("--edfi", is_flag=True, help="Show the sending to a state's Ed-Fi API instead.")
def demo(once: bool, edfi: bool) -> None:
    """Show Rollcall at work: a district of 5,000 students and two weeks of its CASEMIS import.

    A held run and unmatched rows wait for you. Each further start goes on with the next day. With
    --edfi, a district in Minnesota sends everybody's records to a stand-in for its state, and an
    edit travels.
    """
    set_up()
    if edfi:
        from rollcall.sandbox.demo import show_state

        show_state.show(once=once)
    else:
        from rollcall.sandbox.demo import show as demo_import

        demo_import.show(once=once)
