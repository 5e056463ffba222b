"""rollcall student."""

from dataclasses import asdict
from typing import Any

import click
from django.db import connection

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    print_json,
    say,
    wrong_usage,
)
from rollcall.cli.lookups import the_district
from rollcall.engine.students.student_page import student_page
from rollcall.records.search import Found, search, student_by_local_id


@click.command()
@click.argument("id")
@click.option("--limit", default=20, show_default=True, help="How many changes, the newest first.")
@district_option
@json_option
@command
def student(id: str, limit: int, district: str | None, as_json: bool) -> None:
    """Show the student whose name or id begins with ID: records, last rows and timeline.

    Several students: they are listed. The timeline says which run and line, or which person,
    changed what.
    """
    of = the_district(district)
    connection.ensure_connection()
    number = student_by_local_id(connection.connection, of.pk, id)
    if number is None:
        found = search(connection.connection, of.pk, id).students
        if len(found) > 1:
            audit(of, Action.SAW, "students found", shown=len(found))
            _list(found, as_json)
            return
        number = found[0].id if found else wrong_usage("There is no such student.")
    told = student_page(of, number, limit=limit)
    audit(of, Action.SAW, f"student {number}")
    if as_json:
        print_json(told)
    else:
        _show(told)


def _list(found: "list[Found]", as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        say(f"{one.local_id}  {one.last_name}, {one.first_name}  {one.birth_date or ''}")


def _show(told: dict[str, Any]) -> None:
    values = told["student"]
    say(f"{values['last_name']}, {values['first_name']}  {values['birth_date'] or ''}")
    for whose, id in told["ids"].items():
        say(f"  {whose} id: {id}")
    for record, held in told["records"].items():
        say(f"  {record}: {len(held)}")
    for row in told["rows"]:
        say(f"Last row: run {row['run']} ({row['sync']}), {row['input']} line {row['line']}")
    for change in told["timeline"]:
        place = f"run {change['run_id']}" if change["run_id"] else change["person"] or "SQL"
        line = f" line {change['line']}" if change["line"] else ""
        before, after = (change[side] or "(blank)" for side in ("before", "after"))
        say(
            f"{change['at']:%Y-%m-%d %H:%M}Z  {place}{line}: {change['kind']} {change['record']} "
            f"{change['field']}: {before} -> {after}"
        )
