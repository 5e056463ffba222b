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
    run_argument,
    say,
)
from rollcall.cli.lookups import the_district, the_run, the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.students import match_decisions
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import MatchDecision

_line_argument = click.argument("line", type=int)
_student_argument = click.argument("local_id", metavar="STUDENT")
_input = click.option(
    "--input", "input_name", help="Which input the line is of; the first when not given."
)
_note = click.option("--note", default="", help="Why; stored with the decision.")


@click.command()
@run_argument
@_line_argument
@_student_argument
@_input
@_note
@json_option
@command
def link(
    run_number: int, line: int, local_id: str, input_name: str | None, note: str, as_json: bool
) -> None:
    """Link: line LINE of run RUN is the student with the local id STUDENT, in every later run.

    LINE is the OriginalLineNumber of the reports. The decision is stored with the row's state id,
    or else with its names and birth date; `rollcall revoke` takes it back.
    """
    place = Place(the_run(run_number), line, input_name)
    decision = match_decisions.link(place, local_id, person(), SystemClock(), note)
    _show_new(decision, place, "link", as_json)


@click.command()
@run_argument
@_line_argument
@_student_argument
@_input
@_note
@json_option
@command
def different(
    run_number: int, line: int, local_id: str, input_name: str | None, note: str, as_json: bool
) -> None:
    """Different person: line LINE of run RUN is never the student with the local id STUDENT."""
    place = Place(the_run(run_number), line, input_name)
    decision = match_decisions.different(place, local_id, person(), SystemClock(), note)
    _show_new(decision, place, "different", as_json)


@click.command()
@run_argument
@_line_argument
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The day on which the row is open again, as 2017-01-31.",
)
@_input
@_note
@json_option
@command
def ignore(
    run_number: int, line: int, until: datetime, input_name: str | None, note: str, as_json: bool
) -> None:
    """Ignore line LINE of run RUN until a day: it stays unmatched, but is not listed as open."""
    place = Place(the_run(run_number), line, input_name)
    decision = match_decisions.ignore(place, until.date(), person(), SystemClock(), note)
    _show_new(decision, place, "ignore", as_json)


@click.command()
@click.argument("sync_name", metavar="[SYNC]", required=False)
@click.option("--limit", default=50, show_default=True, help="How many, the newest first.")
@district_option
@json_option
@command
def decisions(sync_name: str | None, limit: int, district_code: str | None, as_json: bool) -> None:
    """List what people decided about rows, the newest first; SYNC: only of its integration."""
    district = the_district(district_code)
    integration = the_sync(sync_name, district.code).integration if sync_name else None
    newest = match_decisions.decisions(district, integration, limit=limit)
    documents = [match_decisions.as_json(decision) for decision in newest]
    if as_json:
        print_json(documents)
        return
    if not documents:
        say("Nothing is decided yet. `rollcall link RUN LINE STUDENT` links a row to a student.")
    for document in documents:
        say(_line_of(document))


@click.command()
@click.argument("number", type=int)
@district_option
@json_option
@command
def revoke(number: int, district_code: str | None, as_json: bool) -> None:
    """Take decision NUMBER back (see `rollcall decisions`); later runs decide without it."""
    district = the_district(district_code)
    revoked = match_decisions.as_json(match_decisions.revoke(district, number, person()))
    audit(district, Action.REVOKED, f"decision {number}")
    if as_json:
        print_json(revoked)
    else:
        say(f"Revoked: {_line_of(revoked)}")


def _show_new(decision: MatchDecision, place: Place, kind: str, as_json: bool) -> None:
    """Audit and print a decision that was just made about the row at `place`."""
    row = f"run {place.run.pk}, line {place.line}"
    audit(place.run.district, Action.DECIDED, row, kind=kind)
    document = match_decisions.as_json(decision)
    if as_json:
        print_json(document)
    else:
        say(_line_of(document))


def _line_of(decision: dict[str, Any]) -> str:
    note = f" Note: {decision['note']}" if decision["note"] else ""
    row = f"{decision['integration']}, {decision['row']}"
    return f"{decision['number']}  {row}: {decision['decision']}{note}"
