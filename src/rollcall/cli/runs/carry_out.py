"""Carry out a run in this process, show its progress, print how it ended."""

from rollcall.cli.common import print_json
from rollcall.engine.models import Run
from rollcall.engine.runs.results import exit_code, result
from rollcall.terminal import execute_watched, show_run


def carry_out(run: Run, *, as_json: bool) -> int:
    """Execute the run here and print its result; the exit code."""
    run = execute_watched(run)
    if as_json:
        print_json(result(run))
    else:
        show_run(run)
    return exit_code(run)
