"""rollcall reports."""

import shutil
from pathlib import Path

import click

from rollcall.access.audit import Action
from rollcall.cli.common import audit, command, run_argument, say
from rollcall.cli.lookups import the_run
from rollcall.core.files.file_names import shown_name
from rollcall.engine import artifacts
from rollcall.engine.folders import below
from rollcall.engine.models import Run
from rollcall.engine.plans.failed_rows import failed_rows, safe_failed_rows


@click.command()
@run_argument
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option(
    "--failed-rows",
    is_flag=True,
    help="Instead, the rows that were skipped because of errors, as they were written: correct "
    "them, and upload them with `run --partial`. A spreadsheet would run a formula in them.",
)
@click.option(
    "--spreadsheet",
    is_flag=True,
    help="With --failed-rows: as CSV that is safe to open in a spreadsheet, with what is wrong and "
    "what to do beside each row. It can be corrected and uploaded as well.",
)
@command
def reports(run_number: int, folder: Path, failed_rows: bool, spreadsheet: bool) -> None:
    """Copy the reports of run number RUN into DIR."""
    run = the_run(run_number)
    if failed_rows or spreadsheet:
        _write_failed_rows(run, folder, spreadsheet)
        return
    stored = run.artifacts.filter(kind="report").order_by("name")
    if not stored:
        say(f"Run {run_number} has no reports.")
        return
    audit(run.district, Action.EXPORTED, f"run {run_number}", reports=len(stored))
    folder.mkdir(parents=True, exist_ok=True)
    for report in stored:
        path = below(folder, shown_name(report.name))
        shutil.copyfile(artifacts.checked_path(report), path)
        say(str(path))


def _write_failed_rows(run: Run, folder: Path, spreadsheet: bool) -> None:
    files = safe_failed_rows(run) if spreadsheet else failed_rows(run)
    if not files:
        say(f"Run {run.pk} skipped no row.")
        return
    audit(run.district, Action.EXPORTED, f"run {run.pk}", part="failed rows")
    folder.mkdir(parents=True, exist_ok=True)
    for name, blocks in files.items():
        path = below(folder, name)
        with path.open("wb") as file:
            file.writelines(blocks)
        say(str(path))
