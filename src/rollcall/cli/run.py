"""rollcall run."""

from pathlib import Path

import click

from rollcall.cli.common import command, district_option, json_option, person, wrong_usage


@click.command()
@click.argument("sync")
@click.argument("job", required=False)
@click.option("--test", is_flag=True, help="Preview: decide everything, write nothing.")
@click.option(
    "--force",
    is_flag=True,
    help="Import even when the files are those of last time, and decide every line anew.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=PATH",
    help="Read this file instead of the connection's; may be given for several inputs.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="The files given are parts, such as corrected rows: only these rows are imported, and "
    "nothing is concluded from the others.",
)
@district_option
@json_option
@command
def run(
    sync: str,
    job: str | None,
    test: bool,
    force: bool,
    inputs: tuple[str, ...],
    partial: bool,
    district: str | None,
    as_json: bool,
) -> int:
    """Run SYNC's JOB now (its first job when none is named) and print what came of it."""
    from rollcall.cli.audited import note
    from rollcall.cli.carry_out import carry_out
    from rollcall.cli.find import the_sync
    from rollcall.engine.clock import SystemClock
    from rollcall.engine.starting import start

    started = start(
        the_sync(sync, district),
        SystemClock(),
        by="person",
        person=person(),
        job=job,
        test=test,
        forced=force,
        partial=partial,
        uploads=_uploads(inputs),
    )
    note(started.district, "STARTED", f"run {started.pk}", test=test, uploaded=len(inputs))
    return carry_out(started, as_json=as_json)


def _uploads(inputs: tuple[str, ...]) -> dict[str, Path]:
    uploads = {}
    for given in inputs:
        name, equals, path = given.partition("=")
        if not (name and equals and path):
            wrong_usage(f"--input {given!r}: write NAME=PATH, for example students=CASEMISA.csv")
        uploads[name] = Path(path)
    return uploads
