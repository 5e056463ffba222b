"""rollcall run."""

from pathlib import Path
from typing import Any

import click
from django.db import connection

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    person,
    sync_argument,
    wrong_usage,
)
from rollcall.cli.lookups import the_sync
from rollcall.cli.runs.carry_out import carry_out
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Sync
from rollcall.engine.runs.starting import start
from rollcall.records.search import student_by_local_id


@click.command()
@sync_argument
@click.argument("job", required=False)
@click.option("--grade", metavar="CODE", help="The grade of a job about one grade.")
@click.option("--student", metavar="LOCAL_ID", help="The student of a job about one student.")
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
    help="Read this file instead of the connection's; can be given for several inputs.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="The files given are parts, such as corrected rows: only these rows are imported, and "
    "nothing is concluded from rows that are absent.",
)
@district_option
@json_option
@command
def run(
    sync_name: str,
    job: str | None,
    grade: str | None,
    student: str | None,
    test: bool,
    force: bool,
    inputs: tuple[str, ...],
    partial: bool,
    district_code: str | None,
    as_json: bool,
) -> int:
    """Run SYNC's JOB now (its first job when none is named) and print how it ended."""
    sync = the_sync(sync_name, district_code)
    started = start(
        sync,
        SystemClock(),
        by="person",
        person=person(),
        job=job,
        about=_about(sync, grade, student),
        test=test,
        forced=force,
        partial=partial,
        uploads=_uploads(inputs),
    )
    audit(started.district, Action.STARTED, f"run {started.pk}", test=test, uploaded=len(inputs))
    return carry_out(started, as_json=as_json)


def _about(sync: Sync, grade: str | None, student: str | None) -> dict[str, Any]:
    """The grade or student of the run, as Run.about has it."""
    about: dict[str, Any] = {} if grade is None else {"grade": grade}
    if student is not None:
        connection.ensure_connection()
        number = student_by_local_id(connection.connection, sync.district_id, student)
        about["student"] = number or wrong_usage("There is no student with that local id.")
    return about


def _uploads(inputs: tuple[str, ...]) -> dict[str, Path]:
    uploads = {}
    for argument in inputs:
        name, equals, path = argument.partition("=")
        if not (name and equals and path):
            wrong_usage(f"--input {argument!r}: write NAME=PATH, such as students=export.csv")
        uploads[name] = Path(path)
    return uploads
