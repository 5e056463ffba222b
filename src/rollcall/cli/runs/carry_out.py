"""Carry out a run in this process, show how it goes, print what came of it."""

from rollcall.cli.common import print_json
from rollcall.cli.runs.progress_bar import watching
from rollcall.cli.runs.show_run import show_run
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Run
from rollcall.engine.runs.results import exit_code, result
from rollcall.engine.runs.running import execute


def carry_out(run: Run, *, as_json: bool) -> int:
    """Execute the run here and print its result; the exit code."""
    with watching(f"Run {run.pk}, {run.sync.name}") as watcher:
        run = execute(run.pk, SystemClock(), watcher)
    if as_json:
        print_json(result(run))
    else:
        show_run(run)
    return exit_code(run)
