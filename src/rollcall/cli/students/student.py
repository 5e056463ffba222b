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
from rollcall.records.search import search, student_by_local_id


@click.command()
@click.argument("id")
@click.option("--limit", default=20, show_default=True, help="How many changes, the newest first.")
@district_option
@json_option
@command
def student(id: str, limit: int, district_code: str | None, as_json: bool) -> None:
    """Show the student whose name or id begins with ID: records, last rows and timeline.

    Several students: they are listed. The timeline says which run and line, or which person,
    changed what.
    """
    district = the_district(district_code)
    connection.ensure_connection()
    number = student_by_local_id(connection.connection, district.pk, id)
    if number is None:
        students = search(connection.connection, district.pk, id).students
        if len(students) > 1:
            audit(district, Action.SAW, "students found", shown=len(students))
            if as_json:
                print_json([asdict(student) for student in students])
                return
            for student in students:
                names = f"{student.last_name}, {student.first_name}"
                say(f"{student.local_id}  {names}  {student.birth_date or ''}")
            return
        number = students[0].id if students else wrong_usage("There is no such student.")
    page = student_page(district, number, limit=limit)
    audit(district, Action.SAW, f"student {number}")
    if as_json:
        print_json(page)
    else:
        _show(page)


def _show(page: dict[str, Any]) -> None:
    fields = page["student"]
    say(f"{fields['last_name']}, {fields['first_name']}  {fields['birth_date'] or ''}")
    for source, id in page["ids"].items():
        say(f"  {source} id: {id}")
    for record, rows in page["records"].items():
        say(f"  {record}: {len(rows)}")
    for row in page["rows"]:
        say(f"Last row: run {row['run']} ({row['sync']}), {row['input']} line {row['line']}")
    for change in page["timeline"]:
        by = f"run {change['run_id']}" if change["run_id"] else change["person"] or "SQL"
        line = f" line {change['line']}" if change["line"] else ""
        before, after = (change[side] or "(blank)" for side in ("before", "after"))
        say(
            f"{change['at']:%Y-%m-%d %H:%M}Z  {by}{line}: {change['kind']} {change['record']} "
            f"{change['field']}: {before} -> {after}"
        )
