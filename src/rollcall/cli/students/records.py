"""rollcall records load / export."""

from pathlib import Path

import click

from rollcall.cli.common import command, district_option, json_option, person, say
from rollcall.cli.lookups import the_district
from rollcall.cli.runs.carry_out import carry_out
from rollcall.core.files.record_files import record_file
from rollcall.engine import registry
from rollcall.engine.clock import SystemClock
from rollcall.engine.folders import below
from rollcall.engine.plans.planning import snapshot_transaction
from rollcall.engine.runs.loading import record_files, records_sync
from rollcall.engine.runs.starting import start
from rollcall.records.read import every


@click.group()
def records() -> None:
    """Load the district's records from its SIS, or write them out."""


@records.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--test", is_flag=True, help="Preview: decide everything, write nothing.")
@click.option("--force", is_flag=True, help="Load even when the files are those of last time.")
@district_option
@json_option
@command
def load(path: Path, test: bool, force: bool, district_code: str | None, as_json: bool) -> int:
    """Load schools, students and what belongs to them from PATH, a folder or a zip.

    PATH has Rollcall's own record files or a OneRoster 1.1 CSV bundle. Loading is a run like any
    other: planned, guarded, explained and undoable.
    """
    clock = SystemClock()
    sync = records_sync(the_district(district_code), clock, person())
    files = record_files(path, sync)
    started = start(
        sync, clock, by="person", person=person(), test=test, forced=force, uploads=files
    )
    return carry_out(started, as_json=as_json)


@records.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@district_option
@command
def export(folder: Path, district_code: str | None) -> None:
    """Write the district's records into DIR, a CSV file for each kind of record.

    `records load` reads the files of students and what every district has, and none of the others.
    """
    district = the_district(district_code)
    exports = [file for name in registry.names() for file in registry.integration(name).exports]
    with snapshot_transaction() as (database, _):
        frames = [every(database, file.record, district.pk) for file in exports]
    if all(frame.is_empty() for frame in frames):
        say("The district has no records yet. Load them with `rollcall records load PATH`.")
    folder.mkdir(parents=True, exist_ok=True)
    for file, frame in zip(exports, frames, strict=True):
        # A file without records would be refused on loading: one that came out empty is a fault.
        if frame.is_empty():
            continue
        path = below(folder, f"{file.name}.csv")
        path.write_bytes(record_file(frame, file.columns or tuple(file.record.schema)))
        say(str(path))
