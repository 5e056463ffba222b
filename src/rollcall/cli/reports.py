"""rollcall reports."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rollcall.cli.common import command, say

if TYPE_CHECKING:
    from rollcall.engine.models import Run


@click.command()
@click.argument("run", type=int)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option(
    "--failed-rows",
    is_flag=True,
    help="Instead, the rows that were not taken, as they were written: correct them, and send them "
    "with `run --partial`.",
)
@command
def reports(run: int, folder: Path, failed_rows: bool) -> None:
    """Copy the reports of run number RUN into DIR."""
    from rollcall.cli.audited import note
    from rollcall.cli.find import the_run
    from rollcall.engine import artifacts

    if failed_rows:
        _write_failed_rows(the_run(run), folder)
        return
    found = the_run(run).artifacts.filter(kind="report").order_by("name")
    if not found:
        say(f"Run {run} has no reports.")
        return
    note(found[0].run.district, "EXPORTED", f"run {run}", reports=len(found))
    folder.mkdir(parents=True, exist_ok=True)
    for report in found:
        shutil.copyfile(artifacts.checked_path(report), folder / report.name)
        say(str(folder / report.name))


def _write_failed_rows(run: "Run", folder: Path) -> None:
    from rollcall.cli.audited import note
    from rollcall.engine.failed_rows import failed_rows

    files = failed_rows(run)
    if not files:
        say(f"Run {run.pk} took every row.")
        return
    note(run.district, "EXPORTED", f"run {run.pk}", part="failed rows")
    folder.mkdir(parents=True, exist_ok=True)
    for name, blocks in files.items():
        with (folder / name).open("wb") as file:
            file.writelines(blocks)
        say(str(folder / name))
