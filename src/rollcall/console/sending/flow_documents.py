"""The documents behind a number of a flow, and those of one student."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.access.audit import Action
from rollcall.console.alerts.alerts import Row, rows_of
from rollcall.console.frame.asked import number
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_words import title
from rollcall.console.sending import jobs
from rollcall.console.sending.flow_words import KINDS, WHICH, Standing
from rollcall.console.sending.jobs import sender_of
from rollcall.console.students.student import file_of
from rollcall.console.syncs.sync_frame import frame
from rollcall.core.sending.outbound import Job
from rollcall.engine.alerts import alerts
from rollcall.engine.models import Sync
from rollcall.engine.outbound.figures import document_pages, figures
from rollcall.engine.outbound.figures.document_pages import Document, Which
from rollcall.engine.outbound.near_real_time import switch

_HEADER = (
    "Documents", "Key", "Student", "District id", "State", "What", "Code", "Partner said",
    "What to do", "Who", "Attempts", "At", "Next attempt",
)  # fmt: skip
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Shown:
    """A document with its words. `key`: the natural key's values under words for them."""

    document: Document
    standing: Standing
    does: str
    key: dict[str, str]


@dataclass(frozen=True)
class _Asked:
    """What the address asks for."""

    sync: Sync
    which: Which
    resource: str
    after: int | None

    def page(self, after: int | None, limit: int = 50) -> document_pages.Page:
        return document_pages.listed(self.sync, self.resource, self.which, after, limit)


def documents(request: HttpRequest, visit: Visit, sender: str) -> HttpResponse:
    """The documents in one state, of one resource or of all."""
    asked = _asked(request, visit, sender)
    page = asked.page(asked.after)
    visit.note(Action.SAW, f"documents of {sender}", shown=len(page.documents))
    resources = switch.outbound_of(asked.sync).resources
    query = f"?which={asked.which}&resource={asked.resource}"
    shown = {
        **frame(visit, asked.sync, "flow"),
        "asked": asked,
        "standing": WHICH[asked.which],
        "rows": [shown_of(one) for one in page.documents],
        "whiches": [(str(which), word.word) for which, word in WHICH.items()],
        "resources": [(one.name, one.record.title) for one in resources],
        "any": asked.which is not Which.ACCEPTED,
        "page": {
            "newer": query if asked.after is not None else "",
            "older": f"{query}&after={page.next}" if page.next is not None else "",
        },
        "csv": visit.url("flow-documents-csv", sender=sender) + query,
    }
    return render(request, "sending/flow_documents.html", shown)


def documents_csv(request: HttpRequest, visit: Visit, sender: str) -> StreamingHttpResponse:
    """The same documents, all of them."""
    asked = _asked(request, visit, sender)
    visit.note(Action.EXPORTED, f"documents of {sender}")
    return csv_file(visit, f"{sender}-{asked.which}", _HEADER, map(_cells, _every(asked)))


def _asked(request: HttpRequest, visit: Visit, sender: str) -> _Asked:
    sync, query = sender_of(visit, sender), request.GET
    names = [one.name for one in switch.outbound_of(sync).resources]
    which = query.get("which", "")
    chosen = Which(which) if which in set(Which) else Which.REFUSED
    resource = query.get("resource", "")
    if resource not in names:
        # Accepted ones are many: they are listed by resource, in the order of their keys.
        resource = names[0] if chosen is Which.ACCEPTED else ""
    return _Asked(sync, chosen, resource, number(query, "after"))


def _every(asked: _Asked) -> Iterator[Document]:
    page = asked.page(None, _AT_ONCE)
    yield from page.documents
    while page.next is not None:
        page = asked.page(page.next, _AT_ONCE)
        yield from page.documents


def shown_of(one: Document) -> Shown:
    """A document in words."""
    key = {title(name): value for name, value in one.key.items()}
    return Shown(one, WHICH[Which(one.state)], KINDS.get(one.kind, ""), key)


def _cells(one: Document) -> tuple[object, ...]:
    key = "; ".join(f"{name}: {value}" for name, value in one.key.items())
    words = WHICH[Which(one.state)].word, KINDS.get(one.kind, "")
    said = (one.code, one.text, one.what_to_do, one.who, one.attempts)
    return one.title, key, one.name, one.local_id, *words, *said, one.at, one.next_attempt


@dataclass(frozen=True)
class AtPartner:
    """What a partner holds of a student, what is open about them, and the jobs for one student."""

    sync: Sync
    live: figures.NearRealTime
    documents: list[Shown]
    alerts: list[Row]
    update: Job | None
    remove: Job | None


def of_student(request: HttpRequest, visit: Visit, id: int) -> HttpResponse:
    """What each partner that is sent to holds of a student."""
    file = file_of(visit, id)
    visit.note(Action.SAW, f"student {id}")
    partners = [_at(visit, sync, file.local_id, id) for sync in jobs.senders(visit.district)]
    shown: Mapping[str, Any] = {
        "id": id,
        "values": file.student.values,
        "ids": file.partner_ids,
        "tab": "student-sent",
        "partners": partners,
    }
    return render(request, "sending/student_sent.html", shown)


def _at(visit: Visit, sync: Sync, local_id: str, id: int) -> AtPartner:
    open_ones = alerts.listed(visit.district, sync=sync, subject=f"student:{id}")
    return AtPartner(
        sync=sync,
        live=figures.near_real_time(sync),
        documents=[shown_of(one) for one in document_pages.of_student(sync, local_id)],
        alerts=rows_of(open_ones),
        update=jobs.repairing(sync),
        remove=jobs.removing(sync),
    )
