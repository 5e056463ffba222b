"""The documents behind a number of a flow, and those of one student."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.access.audit import Action
from rollcall.console.alerts import alerts as alert_pages
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.request_values import number
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_words import title
from rollcall.console.sending import jobs
from rollcall.console.sending.flow_states import CHANGES, DOCUMENT_STATES, State
from rollcall.console.sending.jobs import sender_of
from rollcall.console.students.student import file_of, student_head
from rollcall.console.syncs.sync_head import head
from rollcall.core.jobs import Job
from rollcall.engine.alerts import alerts
from rollcall.engine.models import Sync
from rollcall.engine.outbound.figures import document_pages, figures
from rollcall.engine.outbound.figures.document_pages import Document, Which
from rollcall.engine.outbound.near_real_time import switch

_HEADER = (
    "Documents", "Key", "Student", "District ID", "State", "Change", "Code", "Partner's answer",
    "What to do", "Who", "Attempts", "At", "Next attempt",
)  # fmt: skip
#: So many documents are read together for the CSV.
_BATCH = 1_000


@dataclass(frozen=True)
class Row:
    """A document with its words. `key`: the natural key's values by their titles."""

    document: Document
    state: State
    change: str
    key: dict[str, str]


@dataclass(frozen=True)
class AtPartner:
    """A student at a partner: documents, open alerts, and the jobs for one student."""

    sync: Sync
    near_real_time: figures.NearRealTime
    documents: list[Row]
    alerts: list[alert_pages.Row]
    update_job: Job | None
    remove_job: Job | None


@dataclass(frozen=True)
class _Filters:
    """The filters of the address. `after`: the place behind which the page begins."""

    sync: Sync
    which: Which
    resource: str
    after: int | None

    def page(self, after: int | None, limit: int = 50) -> document_pages.Page:
        return document_pages.listed(self.sync, self.resource, self.which, after, limit)


def documents(request: HttpRequest, visit: Visit, sender: str) -> HttpResponse:
    """The documents in one state, of one resource or of all."""
    filters = _filters(request, visit, sender)
    page = filters.page(filters.after)
    visit.note(Action.SAW, f"documents of {sender}", shown=len(page.documents))
    query = f"?which={filters.which}&resource={filters.resource}"
    context = {
        **head(visit, filters.sync, "flow"),
        "which": filters.which,
        "resource": filters.resource,
        "document_state": DOCUMENT_STATES[filters.which],
        "rows": [_row(document) for document in page.documents],
        "state_choices": [(str(which), state.word) for which, state in DOCUMENT_STATES.items()],
        "resource_choices": [
            (resource.name, resource.record.title)
            for resource in switch.outbound_of(filters.sync).resources
        ],
        "any_resource": filters.which is not Which.ACCEPTED,
        "page": {
            "newer": query if filters.after is not None else "",
            "older": f"{query}&after={page.next}" if page.next is not None else "",
        },
        "csv": visit.url("flow-documents-csv", sender=sender) + query,
    }
    return render(request, "sending/flow_documents.html", context)


def documents_csv(request: HttpRequest, visit: Visit, sender: str) -> StreamingHttpResponse:
    """The same documents, all of them."""
    filters = _filters(request, visit, sender)
    visit.note(Action.EXPORTED, f"documents of {sender}")

    def rows() -> Iterator[tuple[object, ...]]:
        page = filters.page(None, _BATCH)
        yield from map(_cells, page.documents)
        while page.next is not None:
            page = filters.page(page.next, _BATCH)
            yield from map(_cells, page.documents)

    return csv_file(visit, f"{sender}-{filters.which}", _HEADER, rows())


def _filters(request: HttpRequest, visit: Visit, sender: str) -> _Filters:
    sync, query = sender_of(visit, sender), request.GET
    names = [resource.name for resource in switch.outbound_of(sync).resources]
    value = query.get("which", "")
    which = Which(value) if value in set(Which) else Which.REFUSED
    resource = query.get("resource", "")
    if resource not in names:
        # Accepted documents are many: they are listed by resource, in the order of their keys.
        resource = names[0] if which is Which.ACCEPTED else ""
    return _Filters(sync, which, resource, number(query, "after"))


def _row(document: Document) -> Row:
    key = {title(name): value for name, value in document.key.items()}
    return Row(
        document, DOCUMENT_STATES[Which(document.state)], CHANGES.get(document.kind, ""), key
    )


def _cells(document: Document) -> tuple[object, ...]:
    key = "; ".join(f"{name}: {value}" for name, value in document.key.items())
    words = DOCUMENT_STATES[Which(document.state)].word, CHANGES.get(document.kind, "")
    return (
        *(document.title, key, document.name, document.local_id, *words),
        *(document.code, document.text, document.what_to_do, document.who),
        *(document.attempts, document.at, document.next_attempt),
    )


def of_student(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """A student at each partner that records are sent to."""
    file = file_of(visit, id)
    visit.note(Action.SAW, f"student {id}")
    partners = [
        AtPartner(
            sync=sync,
            near_real_time=figures.near_real_time(sync),
            documents=[
                _row(document) for document in document_pages.of_student(sync, file.local_id)
            ],
            alerts=alert_pages.rows_of(
                alerts.listed(visit.district, sync=sync, subject=f"student:{id}")
            ),
            update_job=jobs.student_job(sync, removes=False),
            remove_job=jobs.student_job(sync, removes=True),
        )
        for sync in jobs.senders(visit.district)
    ]
    context = {**student_head(file, id, "student-sent"), "partners": partners}
    return render(request, "sending/student_sent.html", context)
