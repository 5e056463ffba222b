"""One student in the shape that `rollcall student --json` and the page give."""

from typing import Any

from django.db import connection

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.students.student_rows import history, last_rows
from rollcall.records.models import District
from rollcall.records.student_file import Held, student_file

NO_STUDENT = Codes.add(
    "student.unknown",
    Severity.ERROR,
    "There is no such student, or they were removed",
    "Search for the student by name or id.",
    "the person who asks",
)


def student_page(
    district: District, number: int, before: int | None = None, limit: int = 50
) -> dict[str, Any]:
    """All about the student with the database's number: `student` and `records` (each with `number`
    and `digest` to edit it by), `ids` by partner, the last `rows` about them, a page of `timeline`.

    `before`, `limit`: see `student_rows.history`. Problem when there is no such student.
    """
    connection.ensure_connection()
    file = student_file(connection.connection, district.pk, number)
    if file is None:
        raise Problem(NO_STUDENT)
    return {
        "student": _as_json(file.student),
        "ids": file.partner_ids,
        "records": {
            name: [_as_json(record) for record in records] for name, records in file.records.items()
        },
        "rows": [
            {
                "run": place.run.pk,
                "sync": place.run.sync.name,
                "input": place.input,
                "line": place.line,
            }
            for place in last_rows(district, file.local_id)
        ],
        "timeline": history(district, file.local_id, before, limit).rows(named=True),
    }


def _as_json(record: Held) -> dict[str, Any]:
    return {"number": record.number, "digest": record.digest, **record.values}
