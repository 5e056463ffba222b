"""Runs: lists of them, their rows, changes, findings and files."""

from enum import StrEnum
from typing import Annotated, Any

from django.http import StreamingHttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from rollcall.access.audit import Action
from rollcall.access.concurrency_limits import count_download
from rollcall.access.downloads import download, stored
from rollcall.access.roles import Ability
from rollcall.api.callers import (
    NOT_FOUND,
    ApiRequest,
    Limit,
    Name,
    Number,
    Place,
    Token,
    audit,
    run_of,
)
from rollcall.api.shapes import Moment, RowsPage, RunDetails, RunHead, Values
from rollcall.core.plans.plan import ChangeKind, Outcome
from rollcall.core.problems import Problem
from rollcall.engine import artifacts
from rollcall.engine.models import Run, RunState
from rollcall.engine.plans import browsing, causes
from rollcall.engine.plans.explaining import explain
from rollcall.engine.plans.failed_rows import failed_rows, safe_failed_rows
from rollcall.engine.runs.results import counts_of, result, state_words

router = Router(tags=["Runs"])

#: The answer of a download, for the document.
FILE: dict[str, Any] = {
    "responses": {
        200: {
            "description": "The file",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("text/csv", "application/octet-stream")
            },
        }
    }
}


class Runs(Schema):
    """Runs, the newest first. `next`: the `before` of the next page; null when there is none."""

    runs: list[RunHead]
    next: int | None


def run_head(run: Run) -> dict[str, Any]:
    """A run in a list, without a further query."""
    names = ("job", "state", "test", "partial", "started_by", "person")
    times = ("created_at", "started_at", "applied_at", "finished_at")
    return {
        "run": run.pk,
        "sync": run.sync.name,
        **{name: getattr(run, name) for name in names},
        "meaning": state_words(run),
        "undo_of": run.undo_of_id,
        **{name: at.isoformat() if (at := getattr(run, name)) else None for name in times},
        "counts": counts_of(run),
    }


def run_details(run: Run) -> dict[str, Any]:
    """Everything about a run."""
    return {**run_head(run), **result(run)}


@router.get("/runs", auth=Token(Ability.VIEW), response=Runs)
def list_runs(
    request: ApiRequest,
    sync: Name | None = None,
    state: RunState | None = None,
    test: bool | None = None,
    before: Number | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Runs, the newest first."""
    query = Run.objects.filter(district=request.auth.district).select_related("sync")
    query = query.defer("findings", "guards", "summary").order_by("-pk")
    filters = {"sync__name": sync, "state": state, "test": test, "pk__lt": before}
    query = query.filter(**{name: value for name, value in filters.items() if value is not None})
    page = list(query[: limit + 1])
    next_before = page[limit - 1].pk if len(page) > limit else None
    return {"runs": [run_head(run) for run in page[:limit]], "next": next_before}


@router.get("/runs/{number}", auth=Token(Ability.VIEW), response=RunDetails)
def show_run(request: ApiRequest, number: Number) -> dict[str, Any]:
    """How a run ended: counts, guards, findings, reports. It has no student data."""
    return run_details(run_of(request, number))


class RowsQuery(Schema):
    """Which rows of an input."""

    input: Name
    outcome: Outcome | None = None
    rule: Name = ""
    line: Place | None = None
    after: Place = 0
    limit: Limit = 50


@router.get("/runs/{number}/rows", auth=Token(Ability.VIEW), response=RowsPage)
def list_rows(request: ApiRequest, number: Number, query: Query[RowsQuery]) -> dict[str, Any]:
    """The rows of an input by line: what the run decided about each."""
    run = run_of(request, number)
    row_filter = browsing.RowFilter(outcome=query.outcome or "", rule=query.rule, line=query.line)
    page = browsing.rows(run, query.input, row_filter, query.after, query.limit)
    audit(request, Action.SAW, f"run {number}", part="rows")
    return {"rows": page.rows, "next": page.next}


class ChangesQuery(Schema):
    """Which changes to records of one type."""

    record: Name
    kind: ChangeKind | None = None
    field: Name = ""
    school: Name = ""
    line: Place | None = None
    after: Place = -1
    limit: Limit = 50


@router.get("/runs/{number}/changes", auth=Token(Ability.VIEW), response=RowsPage)
def list_changes(request: ApiRequest, number: Number, query: Query[ChangesQuery]) -> dict[str, Any]:
    """The changes the run's plan makes to records of one type, before and after per field."""
    run, record = run_of(request, number), query.record
    types = browsing.records(run)
    if record not in types or (query.field and query.field not in types[record].columns):
        raise Problem(NOT_FOUND, f"record type or field; there are {', '.join(types)}")
    change_filter = browsing.ChangeFilter(
        kind=query.kind or "", field=query.field, school=query.school, line=query.line
    )
    page = browsing.changes(run, record, change_filter, after=query.after, size=query.limit)
    audit(request, Action.SAW, f"run {number}", part="changes")
    return {"rows": page.rows, "next": page.next}


class Cause(Schema):
    """All findings of one code about one input, compared with the run before."""

    code: str
    input: str
    severity: str
    text: str
    what_to_do: str
    who: str
    count: int
    before: int | None
    trend: str | None
    lines: list[int]


class Causes(Schema):
    """What the run found (`now`) and what is resolved since the run before, worst first."""

    now: list[Cause]
    resolved: list[Cause]
    compared_with: int | None


@router.get("/runs/{number}/findings", auth=Token(Ability.VIEW), response=Causes)
def list_findings(request: ApiRequest, number: Number) -> Any:
    """The run's findings by cause: new, continuing, and resolved since the run before."""
    return causes.causes(run_of(request, number))


@router.get("/runs/{number}/findings/{code}", auth=Token(Ability.VIEW), response=RowsPage)
def list_findings_of_cause(
    request: ApiRequest,
    number: Number,
    code: Name,
    input: Name = "",
    after: Place = -1,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The findings of one code about an input by line, each with its row."""
    page = causes.findings(run_of(request, number), code, input, after, limit)
    audit(request, Action.SAW, f"run {number}", part="findings", code=code)
    return {"rows": page.rows, "next": page.next}


class Report(Schema):
    """A file of a run."""

    name: str
    size: int
    sha256: str
    removed_at: Moment | None = Field(description="when it was removed because of its age")


@router.get("/runs/{number}/reports", auth=Token(Ability.VIEW), response=list[Report])
def list_reports(request: ApiRequest, number: Number) -> list[dict[str, Any]]:
    """The run's reports."""
    reports = run_of(request, number).artifacts.filter(kind="report").order_by("name")
    return [
        {
            "name": report.name,
            "size": report.size,
            "sha256": report.sha256,
            "removed_at": report.removed_at.isoformat() if report.removed_at else None,
        }
        for report in reports
    ]


@router.get("/runs/{number}/reports/{name}", auth=Token(Ability.VIEW), openapi_extra=FILE)
def download_report(request: ApiRequest, number: Number, name: Name) -> StreamingHttpResponse:
    """A report as a file."""
    report = run_of(request, number).artifacts.filter(kind="report", name=name).first()
    if report is None:
        raise Problem(NOT_FOUND, f"report of run {number}")
    path = artifacts.checked_path(report)
    audit(request, Action.EXPORTED, f"run {number}", report=name)
    return _counted(request, stored(path, name, "text/csv"))


class FailedRowsForm(StrEnum):
    """How the rows that were skipped because of errors are written."""

    SPREADSHEET = "spreadsheet"
    ORIGINAL = "original"


_FORMS = {
    FailedRowsForm.SPREADSHEET: (safe_failed_rows, "text/csv"),
    FailedRowsForm.ORIGINAL: (failed_rows, "application/octet-stream"),
}
#: `original` by default: a program corrects rows and sends them back.
_Form = Annotated[
    FailedRowsForm,
    Query(
        description="`spreadsheet`: CSV that is safe to open in a spreadsheet, with what is wrong "
        "and what to do beside each row. `original`: the partner's own rows, byte for byte, made "
        "to be sent back; a spreadsheet would run a formula in them."
    ),
]


@router.get("/runs/{number}/failed-rows", auth=Token(Ability.VIEW), response=list[str])
def list_failed_rows(
    request: ApiRequest, number: Number, form: _Form = FailedRowsForm.ORIGINAL
) -> list[str]:
    """The names of the files of rows with errors: one for each input that has such rows."""
    files, _ = _FORMS[form]
    return list(files(run_of(request, number)))


@router.get("/runs/{number}/failed-rows/{name}", auth=Token(Ability.VIEW), openapi_extra=FILE)
def download_failed_rows(
    request: ApiRequest, number: Number, name: Name, form: _Form = FailedRowsForm.ORIGINAL
) -> StreamingHttpResponse:
    """The rows that were skipped because of errors, by the name that the list of the same form has:
    to read, or to correct and send as a partial run. Both forms can be sent.
    """
    rows_of, content_type = _FORMS[form]
    files = rows_of(run_of(request, number))
    if name not in files:
        raise Problem(NOT_FOUND, f"file of failed rows of run {number}")
    audit(request, Action.EXPORTED, f"run {number}", report="failed rows")
    return _counted(request, download(files[name], name, content_type))


def _counted(request: ApiRequest, answer: StreamingHttpResponse) -> StreamingHttpResponse:
    """The answer, unless the token has too many downloads going on."""
    count_download(request, answer)
    return answer


class Explanation(Schema):
    """Why a row was matched or not, what was found in it, and what it changed."""

    input: str
    line: int
    outcome: str
    rule: str
    local_id: str | None
    reasons: list[str]
    findings: list[Values]
    changes: list[Values]
    fields: dict[str, str]


@router.get("/runs/{number}/lines/{line}", auth=Token(Ability.VIEW), response=Explanation)
def explain_line(
    request: ApiRequest, number: Number, line: Place, input: Name | None = None
) -> Any:
    """Explain a line of an input (the first when not named). The header is not counted."""
    answer = explain(run_of(request, number), line, input)
    audit(request, Action.SAW, f"run {number}", input=answer.input, line=line)
    return answer
