"""rollcall demo."""

import click


@click.command()
@click.option("--once", is_flag=True, help="End after the summary instead of serving.")
def demo(once: bool) -> None:
    """Show Rollcall at work: a demo district of 5,000 students and its CASEMIS import."""
    from rollcall import wiring

    wiring.set_up()
    from rollcall.sandbox.demo import show

    show(once=once)
