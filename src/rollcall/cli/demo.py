"""rollcall demo."""

import click


@click.command()
@click.option("--once", is_flag=True, help="End after the summary instead of serving.")
def demo(once: bool) -> None:
    """Show Rollcall at work: a district of 5,000 students and two weeks of its CASEMIS import.

    A held run and unmatched rows wait for you. Each further start goes on with the next day.
    """
    from rollcall import wiring

    wiring.set_up()
    from rollcall.sandbox.demo import show

    show(once=once)
