"""Syncs that send: the flow in numbers, near real time, and what the partner's rules say."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from ninja import File, Query, Router, Schema, UploadedFile
from pydantic import ConfigDict, Field

from rollcall.access.audit import Action
from rollcall.access.roles import Ability
from rollcall.api import callers
from rollcall.api.callers import (
    ApiRequest,
    Invalid,
    Limit,
    Name,
    Number,
    Token,
    audit,
    person,
    sync_of,
)
from rollcall.api.shapes import Moment
from rollcall.engine.outbound.figures import document_pages, json_shapes
from rollcall.engine.outbound.figures import figures as flows
from rollcall.engine.outbound.figures.document_pages import Which
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.outbound.problems import rules_report
from rollcall.engine.worker import tasks

router = Router(tags=["Sending"])
#: The largest report that is accepted, bytes.
_MOST = 50_000_000


class Counts(Schema):
    """Documents of one resource, or of all."""

    resource: str
    title: str
    records: int | None = Field(description="what the records expect; null before a first plan")
    sent: int = Field(description="answered by the partner: accepted or refused")
    accepted: int = Field(description="at the partner, as in the records")
    waiting: int
    parent: int = Field(description="waiting for what they refer to")
    refused: int
    held: int = Field(description="for a person")
    removals: int = Field(description="how many of those on their way remove a document")
    not_called_for: int = Field(description="at the partner, though no record expects them")
    partner: int | None = Field(description="what the partner has, by its answers")
    read: int | None = Field(
        description="what the partner had when all was last read, at `read_at`"
    )
    read_at: Moment | None


class NearRealTime(Schema):
    """Whether edits are sent by themselves."""

    on: bool
    may_turn_on: bool
    changed_at: Moment | None
    changed_by: str


class Flow(Schema):
    """From the records to the partner, in numbers."""

    resources: list[Counts]
    total: Counts
    near_real_time: NearRealTime
    records_at: Moment | None = Field(description="as of when the records are known")
    oldest: Moment | None = Field(description="since when the oldest has been waiting")
    edits: int = Field(description="not processed yet")
    trouble: str = Field(description="why the partner does not let us in; empty when it does")


@router.get("/syncs/{name}/flow", auth=Token(Ability.VIEW), response=Flow)
def show_flow(request: ApiRequest, name: str) -> dict[str, Any]:
    """The flow of a sync that sends: its numbers add up."""
    return json_shapes.flow(flows.flow(sync_of(request, name), callers.clock))


class Document(Schema):
    """A document that the partner has accepted, or that is on its way."""

    number: int
    resource: str
    title: str
    key: dict[str, str] = Field(description="the natural key")
    student: int | None = Field(description="our number of the student")
    local_id: str | None
    name: str
    state: str
    kind: str = Field(description="add, update or remove; empty when accepted")
    code: str = Field(description="of the last answer")
    text: str = Field(description="what the partner answered")
    what_to_do: str
    who: str
    attempts: int
    at: Moment = Field(description="when it was accepted, or since when it has been waiting")
    next_attempt: Moment | None


class Documents(Schema):
    """Documents. `next`: the `after` of the next page; null when there is none."""

    documents: list[Document]
    next: int | None


class DocumentsQuery(Schema):
    """Which documents."""

    resource: Name = Field("", description="of all resources when empty; needed for accepted ones")
    state: Which = Which.REFUSED
    after: Number | None = None
    limit: Limit = 50


@router.get("/syncs/{name}/documents", auth=Token(Ability.VIEW), response=Documents)
def list_documents(request: ApiRequest, name: str, query: Query[DocumentsQuery]) -> dict[str, Any]:
    """The documents behind a number of the flow."""
    sync = sync_of(request, name)
    switch.outbound_of(sync)
    page = document_pages.listed(sync, query.resource, query.state, query.after, query.limit)
    audit(request, Action.SAW, f"documents of {name}", shown=len(page.documents))
    return {
        "documents": [json_shapes.document(document) for document in page.documents],
        "next": page.next,
    }


@router.get("/syncs/{name}/live", auth=Token(Ability.VIEW), response=NearRealTime)
def show_near_real_time(request: ApiRequest, name: str) -> dict[str, Any]:
    """Whether edits are sent by themselves, since when, and who turned that on or off."""
    return json_shapes.near_real_time(flows.near_real_time(sync_of(request, name)))


class Switch(Schema):
    """On or off."""

    model_config = ConfigDict(extra="forbid")

    on: bool


@router.put("/syncs/{name}/live", auth=Token(Ability.ADMINISTER), response=NearRealTime)
def switch_near_real_time(request: ApiRequest, name: str, body: Switch) -> dict[str, Any]:
    """Turn near real time on, which also starts a run that compares everything, or off."""
    sync = sync_of(request, name)
    with transaction.atomic():
        if not body.on:
            switch.turn_off(sync, person(request), callers.clock)
        elif run := switch.turn_on(sync, person(request), callers.clock):
            tasks.enqueue(run)
        audit(request, Action.CHANGED, f"near real time of {name}", on=body.on)
    return show_near_real_time(request, name)


class Upload(Schema):
    """When a report was uploaded, or looked at on the partner's pages."""

    at: Moment
    by: str


class RulesReport(Upload):
    """A report that was uploaded."""

    counts: dict[str, int]
    strangers: list[tuple[int, str]] = Field(
        description="line and state id of rows about students whom the district does not have"
    )


class Rules(Schema):
    """The report of the state's rules."""

    title: str = Field(description="what it is called; empty when the partner has none")
    help: str = Field(description="how to get it")
    last_upload: RulesReport | None
    last_look: Upload | None


@router.get("/syncs/{name}/level2", auth=Token(Ability.VIEW), response=Rules)
def show_rules_report(request: ApiRequest, name: str) -> dict[str, Any]:
    """When the report of the partner's rules was last uploaded, or looked at; by whom."""
    sync = sync_of(request, name)
    switch.outbound_of(sync)
    audit(request, Action.SAW, f"rules report of {name}")
    return json_shapes.rules(sync)


class RulesReportResult(Schema):
    """What a report changed."""

    rows: int
    students: int
    opened: int = Field(description="problems that are new")
    continuing: int
    resolved: int
    unreadable: int = Field(description="rows; with any, no problem is closed as resolved")
    strangers: list[tuple[int, str]]


@router.post("/syncs/{name}/level2", auth=Token(Ability.EDIT_RECORDS), response=RulesReportResult)
def upload_rules_report(
    request: ApiRequest, name: str, report: File[UploadedFile]
) -> dict[str, Any]:
    """Upload the report from the partner's pages as the file `report`."""
    sync = sync_of(request, name)
    if (report.size or 0) > _MOST:
        raise Invalid({"file.report": f"larger than {_MOST:,} bytes"})
    result = rules_report.upload(sync, report.read(), callers.clock, person(request))
    audit(
        request,
        Action.CHANGED,
        f"rules report of {name}",
        rows=result.rows,
        resolved=result.resolved,
    )
    return asdict(result)


@router.post("/syncs/{name}/level2/looked", auth=Token(Ability.EDIT_RECORDS), response=Rules)
def note_rules_report_look(request: ApiRequest, name: str) -> dict[str, Any]:
    """Record that the token's owner looked at it on the partner's pages."""
    sync = sync_of(request, name)
    rules_report.looked(sync, callers.clock, person(request))
    audit(request, Action.CHANGED, f"rules report of {name}", looked=True)
    return json_shapes.rules(sync)
