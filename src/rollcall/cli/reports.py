"""rollcall reports."""

import shutil
from pathlib import Path

import click

from rollcall.cli.common import command, say


@click.command()
@click.argument("run", type=int)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@command
def reports(run: int, folder: Path) -> None:
    """Copy the reports of run number RUN into DIR."""
    from rollcall.cli.find import the_run
    from rollcall.engine import artifacts

    found = the_run(run).artifacts.filter(kind="report").order_by("name")
    if not found:
        say(f"Run {run} has no reports.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for report in found:
        shutil.copyfile(artifacts.checked_path(report), folder / report.name)
        say(str(folder / report.name))
