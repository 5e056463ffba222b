"""rollcall level2."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    person,
    print_json,
    say,
)
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.outbound.figures import json_shapes
from rollcall.engine.outbound.problems import rules_report as engine


@click.command()
@click.argument("sync")
@click.argument("report", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--looked", is_flag=True, help="Say that you looked at it on the partner's pages.")
@district_option
@json_option
@command
def level2(
    sync: str, report: Path | None, looked: bool, district: str | None, as_json: bool
) -> None:
    """Take in REPORT, the errors that the partner's rules find in what it accepted (level 2).

    Each problem of a student becomes an alert; what a new report no longer has is solved. Without
    REPORT: when it was last uploaded or looked at, and how to get it.
    """
    found = the_sync(sync, district)
    if report is not None:
        told = asdict(engine.upload(found, report.read_bytes(), SystemClock(), person()))
        audit(found.district, Action.CHANGED, f"level 2 of {found.name}", rows=told["rows"])
    else:
        if looked:
            engine.looked(found, SystemClock(), person())
            audit(found.district, Action.CHANGED, f"level 2 of {found.name}", looked=True)
        told = json_shapes.rules(found)
    if as_json:
        print_json(told)
    elif report is not None:
        _show_upload(told)
    else:
        _show_known(told)


def _show_upload(told: dict[str, Any]) -> None:
    say(f"{told['rows']:,} problems of {told['students']:,} students.")
    say(f"New {told['opened']:,}, continuing {told['continuing']:,}, solved {told['solved']:,}.")
    if told["unreadable"]:
        say(f"{told['unreadable']:,} rows could not be read, so nothing was taken for solved.")
    for line, state_id in told["strangers"]:
        say(f"Line {line}: no student, or several, with the state id {state_id}.")


def _show_known(told: dict[str, Any]) -> None:
    if not told["title"]:
        say("The partner of this sync has no report of its rules that could be read.")
        return
    for name, what in (("last_upload", "Last upload"), ("last_look", "Last look")):
        look = told[name]
        say(f"{what}: {look['at'][:16]}Z, by {look['by']}" if look else f"{what}: never")
    say(f"{told['title']}: {told['help']}")
