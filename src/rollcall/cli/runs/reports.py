"""rollcall reports."""

import shutil
from pathlib import Path

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, say
from rollcall.cli.lookups import the_run
from rollcall.core.files.file_names import shown_name
from rollcall.engine import artifacts
from rollcall.engine.folders import below
from rollcall.engine.models import Run
from rollcall.engine.plans.failed_rows import failed_rows, safe_failed_rows


@click.command()
@click.argument("run", type=int)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option(
    "--failed-rows",
    is_flag=True,
    help="Instead, the rows that were not taken, as they were written: correct them, and send them "
    "with `run --partial`. They are the partner's: a spreadsheet would run a formula in them.",
)
@click.option(
    "--spreadsheet",
    is_flag=True,
    help="With --failed-rows: as CSV that is safe to open in a spreadsheet, with what is wrong and "
    "what to do beside each row. It can be corrected and sent as well.",
)
@command
def reports(run: int, folder: Path, failed_rows: bool, spreadsheet: bool) -> None:
    """Copy the reports of run number RUN into DIR."""
    if failed_rows or spreadsheet:
        _write_failed_rows(the_run(run), folder, spreadsheet)
        return
    found = the_run(run).artifacts.filter(kind="report").order_by("name")
    if not found:
        say(f"Run {run} has no reports.")
        return
    audit(found[0].run.district, Action.EXPORTED, f"run {run}", reports=len(found))
    folder.mkdir(parents=True, exist_ok=True)
    for report in found:
        path = below(folder, shown_name(report.name))
        shutil.copyfile(artifacts.checked_path(report), path)
        say(str(path))


def _write_failed_rows(run: "Run", folder: Path, spreadsheet: bool) -> None:
    files = safe_failed_rows(run) if spreadsheet else failed_rows(run)
    if not files:
        say(f"Run {run.pk} took every row.")
        return
    audit(run.district, Action.EXPORTED, f"run {run.pk}", part="failed rows")
    folder.mkdir(parents=True, exist_ok=True)
    for name, blocks in files.items():
        path = below(folder, name)
        with path.open("wb") as file:
            file.writelines(blocks)
        say(str(path))
