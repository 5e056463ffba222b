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
    sync_argument,
)
from rollcall.cli.lookups import the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.outbound.figures import json_shapes
from rollcall.engine.outbound.problems import rules_report


@click.command()
@sync_argument
@click.argument("report", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--looked", is_flag=True, help="Record that you looked at the partner's pages.")
@district_option
@json_option
@command
def level2(
    sync_name: str, report: Path | None, looked: bool, district_code: str | None, as_json: bool
) -> None:
    """Upload REPORT, the errors that the partner's rules find in what it accepted (level 2).

    Each problem of a student becomes an alert; what a new report no longer has is resolved. Without
    REPORT: when it was last uploaded or looked at, and how to get it.
    """
    sync, clock = the_sync(sync_name, district_code), SystemClock()
    if report is not None:
        upload = asdict(rules_report.upload(sync, report.read_bytes(), clock, person()))
        audit(sync.district, Action.CHANGED, f"rules report of {sync.name}", rows=upload["rows"])
        print_json(upload) if as_json else _show_upload(upload)
        return
    if looked:
        rules_report.looked(sync, clock, person())
        audit(sync.district, Action.CHANGED, f"rules report of {sync.name}", looked=True)
    status = json_shapes.rules(sync)
    print_json(status) if as_json else _show_status(status)


def _show_upload(upload: dict[str, Any]) -> None:
    opened, continuing, resolved = (upload[name] for name in ("opened", "continuing", "resolved"))
    say(f"{upload['rows']:,} problems of {upload['students']:,} students.")
    say(f"New {opened:,}, continuing {continuing:,}, resolved {resolved:,}.")
    if upload["unreadable"]:
        unreadable = f"{upload['unreadable']:,} rows could not be read"
        say(f"{unreadable}, so no problem was closed as resolved.")
    for line, state_id in upload["strangers"]:
        say(f"Line {line}: no student, or several, with the state id {state_id}.")


def _show_status(status: dict[str, Any]) -> None:
    if not status["title"]:
        say("The partner of this sync has no report of its rules that could be read.")
        return
    for name, title in (("last_upload", "Last upload"), ("last_look", "Last look")):
        last = status[name]
        say(f"{title}: {last['at'][:16]}Z, by {last['by']}" if last else f"{title}: never")
    say(f"{status['title']}: {status['help']}")
