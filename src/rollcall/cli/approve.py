"""rollcall approve / discard."""

import click

from rollcall.cli.common import command, json_option, person, print_json, say

_note = click.option("--note", default="", help="Why; kept with the decision.")


@click.command()
@click.argument("run", type=int)
@_note
@json_option
@command
def approve(run: int, note: str, as_json: bool) -> int:
    """Approve held run RUN: apply exactly the plan that was previewed, or refuse if it is stale."""
    from rollcall.cli.carry_out import carry_out
    from rollcall.cli.find import the_run
    from rollcall.engine import approving
    from rollcall.engine.clock import SystemClock

    approved = approving.approve(the_run(run), person(), SystemClock(), note)
    return carry_out(approved, as_json=as_json)


@click.command()
@click.argument("run", type=int)
@_note
@json_option
@command
def discard(run: int, note: str, as_json: bool) -> None:
    """Discard held run RUN: nothing is written."""
    from rollcall.cli.find import the_run
    from rollcall.engine import approving
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.results import result

    discarded = approving.discard(the_run(run), person(), SystemClock(), note)
    if as_json:
        print_json(result(discarded))
    else:
        say(f"Run {run} is discarded; nothing was written.")
