"""rollcall undo."""

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, json_option, person, run_argument
from rollcall.cli.lookups import the_run
from rollcall.cli.runs.carry_out import carry_out
from rollcall.engine.clock import SystemClock
from rollcall.engine.runs.undoing import start_undo


@click.command()
@run_argument
@click.option("--test", is_flag=True, help="Only say what would be put back and what would not.")
@json_option
@command
def undo(run_number: int, test: bool, as_json: bool) -> int:
    """Undo run RUN: put back every record it wrote, but for those changed since, which it lists."""
    started = start_undo(the_run(run_number), person(), SystemClock(), test=test)
    action = Action.STARTED if test else Action.UNDID
    audit(started.district, action, f"run {run_number}", test=test, by_run=started.pk)
    return carry_out(started, as_json=as_json)
