"""Students: search, one student, and edits of records."""

from dataclasses import asdict
from typing import Annotated, Any

from django.db import connection
from django.http import JsonResponse
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api.callers import (
    NOT_FOUND,
    ApiRequest,
    Invalid,
    Limit,
    Name,
    Number,
    Token,
    audit,
    person,
)
from rollcall.api.shapes import Values
from rollcall.core.problems import Problem
from rollcall.engine.students import editing
from rollcall.engine.students.student_page import student_page
from rollcall.records.search import search

router = Router(tags=["Students"])


class Search(Schema):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=200)] = Field(
        description="the beginning of a name, or of an id of the district, the state or another "
        "partner"
    )
    after: Annotated[str, Field(pattern=r"^[0-9]{1,2}-[0-9]{1,18}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 25


class StudentSummary(Schema):
    """A student as lists show them. `id`: our number, which addresses name. `ids`: further ids by
    which partners know the student, by whose they are.
    """

    id: int
    local_id: str
    state_id: str | None
    ids: dict[str, str]
    last_name: str | None
    first_name: str | None
    birth_date: Any
    grade: str | None
    school_code: str | None


class Students(Schema):
    """Students found. `next`: the `after` of the next page; null when there is none."""

    students: list[StudentSummary]
    next: str | None


@router.post("/students/search", auth=Token(Ability.VIEW), response=Students)
def search_students(request: ApiRequest, body: Search) -> dict[str, Any]:
    """Find students by the beginning of a name or an id. Posted, so that no name and no id is in
    an address.
    """
    connection.ensure_connection()
    district = request.auth.district.pk
    page = search(connection.connection, district, body.text, body.after, body.limit)
    audit(request, Action.SAW, "students found", shown=len(page.students))
    return {"students": [asdict(student) for student in page.students], "next": page.next}


class Row(Schema):
    """The last row of a sync that was about the student."""

    run: int
    sync: str
    input: str
    line: int


class Student(Schema):
    """A student and records. `student` and each of `records` have `number` and `digest`, to edit
    them by. `timeline`: who changed what, the newest first.
    """

    student: Values
    ids: dict[str, Any]
    records: dict[str, list[Values]]
    rows: list[Row]
    timeline: list[Values]


@router.get("/students/{number}", auth=Token(Ability.VIEW), response=Student)
def show_student(
    request: ApiRequest, number: Number, before: Number | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """One student: records, ids by partner, last rows, and a page of the timeline."""
    page = student_page(request.auth.district, number, before, limit)
    audit(request, Action.SAW, f"student {number}")
    return page


class Edit(Schema):
    """New values of a record."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Annotated[str, Field(max_length=2000)]] = Field(
        description="column to value, as text; an empty text is no value"
    )
    digest: Name = Field(
        description="the record's, when you read it: an edit in between is not overwritten"
    )


class Change(Schema):
    """What a column was and is."""

    before: Any
    after: Any


@router.patch(
    "/records/{record}/{number}",
    auth=Token(Ability.EDIT_RECORDS),
    response=dict[str, Change],
)
def edit_record(request: ApiRequest, record: Name, number: Number, body: Edit) -> JsonResponse:
    """Edit a record of a student, checked like a row of a file. Answers what was changed."""
    if record not in editing.EDITABLE:
        raise Problem(NOT_FOUND, f"kind of record; there are {', '.join(editing.EDITABLE)}")
    district = request.auth.district
    editable = editing.fields(district, record)
    if unknown := [name for name in body.values if name not in editable]:
        raise Invalid({f"body.values.{name}": "no column to edit" for name in unknown})
    changed = editing.edit(district, record, number, body.values, body.digest, person(request))
    audit(request, Action.CHANGED, f"{record} {number}", fields=len(changed))
    return JsonResponse(
        {name: {"before": before, "after": after} for name, (before, after) in changed.items()}
    )
