"""rollcall link / different / ignore / decisions / revoke."""

from datetime import datetime
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
from rollcall.cli.lookups import the_district, the_run, the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.students import match_decisions
from rollcall.engine.students.match_decisions import Place

_input = click.option("--input", help="Which input the line is of; the first when not given.")
_note = click.option("--note", default="", help="Why; kept with the decision.")


@click.command()
@click.argument("run", type=int)
@click.argument("line", type=int)
@click.argument("student")
@_input
@_note
@json_option
@command
def link(run: int, line: int, student: str, input: str | None, note: str, as_json: bool) -> None:
    """Link: line LINE of run RUN is the student with the local id STUDENT, in every later run.

    LINE is the OriginalLineNumber of the reports. The decision is kept with the row's state id,
    else with its names and birth date; `rollcall revoke` takes it back.
    """
    place = match_decisions.Place(the_run(run), line, input)
    decision = match_decisions.link(place, student, person(), SystemClock(), note)
    _decided(place, "link")
    _show(decision, as_json)


@click.command()
@click.argument("run", type=int)
@click.argument("line", type=int)
@click.argument("student")
@_input
@_note
@json_option
@command
def different(
    run: int, line: int, student: str, input: str | None, note: str, as_json: bool
) -> None:
    """Different person: line LINE of run RUN is never the student with the local id STUDENT."""
    place = match_decisions.Place(the_run(run), line, input)
    decision = match_decisions.different(place, student, person(), SystemClock(), note)
    _decided(place, "different")
    _show(decision, as_json)


@click.command()
@click.argument("run", type=int)
@click.argument("line", type=int)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The day on which the row is an open question again, as 2017-01-31.",
)
@_input
@_note
@json_option
@command
def ignore(
    run: int, line: int, until: datetime, input: str | None, note: str, as_json: bool
) -> None:
    """Ignore line LINE of run RUN until a day: it stays unmatched, and is no open question."""
    place = match_decisions.Place(the_run(run), line, input)
    decision = match_decisions.ignore(place, until.date(), person(), SystemClock(), note)
    _decided(place, "ignore")
    _show(decision, as_json)


@click.command()
@click.argument("sync", required=False)
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
@district_option
@json_option
@command
def decisions(sync: str | None, limit: int, district: str | None, as_json: bool) -> None:
    """List what people decided about rows, the newest first; SYNC: only of its integration."""
    of = the_district(district)
    integration = the_sync(sync, of.code).integration if sync else None
    found = [
        match_decisions.told(one) for one in match_decisions.decisions(of, integration, limit=limit)
    ]
    if as_json:
        print_json(found)
        return
    if not found:
        say("Nothing is decided yet. `rollcall link RUN LINE STUDENT` links a row to a student.")
    for one in found:
        say(_line(one))


@click.command()
@click.argument("number", type=int)
@district_option
@json_option
@command
def revoke(number: int, district: str | None, as_json: bool) -> None:
    """Take decision NUMBER back (see `rollcall decisions`); later runs decide without it."""
    of = the_district(district)
    revoked = match_decisions.revoke(of, number, person())
    audit(of, Action.REVOKED, f"decision {number}")
    _show(revoked, as_json, "Revoked: ")


def _decided(place: "Place", kind: str) -> None:
    audit(place.run.district, Action.DECIDED, f"run {place.run.pk}, line {place.line}", kind=kind)


def _show(decision: Any, as_json: bool, word: str = "") -> None:
    told = match_decisions.told(decision)
    if as_json:
        print_json(told)
    else:
        say(word + _line(told))


def _line(told: dict[str, Any]) -> str:
    note = f" Note: {told['note']}" if told["note"] else ""
    return f"{told['number']}  {told['integration']}, {told['row']}: {told['decision']}{note}"
