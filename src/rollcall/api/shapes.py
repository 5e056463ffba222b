"""Parts of answers that several operations share."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

#: A moment as ISO 8601 text.
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
#: A value of a row or a record as JSON has it.
Values = dict[str, Any]


class RunHead(Schema):
    """A run in a list."""

    run: int
    sync: str
    job: str
    state: str
    meaning: str
    test: bool
    partial: bool
    started_by: str
    person: str = Field(description="who started it; empty for the schedule")
    undo_of: int | None
    created_at: Moment
    started_at: Moment | None
    applied_at: Moment | None
    finished_at: Moment | None
    counts: dict[str, dict[str, int]] = Field(description="by input, how many rows and changes")


class FindingCount(Schema):
    """How often a finding was made, with its words."""

    severity: str
    code: str
    input: str
    count: int
    text: str
    what_to_do: str
    who: str


class RunDetails(RunHead):
    """Everything about a run, as `rollcall show --json` has it."""

    step: str
    rows_done: int
    rows_expected: int | None
    steps: list[Values]
    findings: list[FindingCount]
    guards: list[Values]
    summary: list[list[Any]]
    plan_sha256: str
    approval: Values | None
    reports: list[str]


class RowsPage(Schema):
    """Some rows or changes. `next`: the `after` of the next page; null when there is none."""

    rows: list[Values]
    next: int | None


class Decision(Schema):
    """What a person decided about all rows that identify their student in the same way."""

    number: int
    row: str
    decision: str
    note: str
    integration: str
    kind: str
    local_id: str | None
    until: str | None


class Note(Schema):
    """A note that is stored with what is done."""

    note: Annotated[str, Field(max_length=500)] = ""
