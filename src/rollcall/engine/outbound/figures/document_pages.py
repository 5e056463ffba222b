"""The documents behind each number of a flow, a page at a time by key, and those of one student."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import polars as pl

from rollcall.core.findings import Codes
from rollcall.core.sending.canonical_texts import from_key
from rollcall.core.sending.outbound import Resource
from rollcall.engine.models import Sync
from rollcall.engine.outbound.models import MirrorDocument, Submission
from rollcall.engine.outbound.near_real_time import switch
from rollcall.records.models import Student


class Which(StrEnum):
    """Documents behind one number of a flow."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    PARENT = "parent"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True)
class Document:
    """One document. `number`: where its list goes on (`after`). `key`: natural key, column to text.
    `student`: the database's number of the student, for links (None: about none, or unknown).

    Of a submission `kind` (a ChangeKind), `code`, `text` (by the partner), `what_to_do` and
    `who` of the last answer, `attempts` and `next_attempt`; `at` is since when it waits. Of an
    accepted one `at` is when the partner said so.
    """

    number: int
    resource: str
    title: str
    key: dict[str, str]
    at: datetime
    student: int | None = None
    local_id: str | None = None
    name: str = ""
    state: str = Which.ACCEPTED
    kind: str = ""
    code: str = ""
    text: str = ""
    what_to_do: str = ""
    who: str = ""
    attempts: int = 0
    next_attempt: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some documents; `next`: the `after` of the next page, None after the last."""

    documents: list[Document]
    next: int | None


def listed(
    sync: Sync, resource: str, which: Which, after: int | None = None, limit: int = 50
) -> Page:
    """The documents behind one number, of one resource ("": of all, for submissions only)."""
    documents: list[_Stored]
    if which is Which.ACCEPTED:
        # By key, for which there is an index; `after` stands for the key of that document, since a
        # key has the student's id in it and must not stand in an address.
        values = {"sync": sync.pk, "resource": resource, "after": after, "limit": limit + 1}
        documents = list(MirrorDocument.objects.raw(_ACCEPTED, values))
    else:
        submissions = Submission.objects.filter(sync=sync, state=which, pk__gt=after or 0)
        submissions = submissions.filter(resource=resource) if resource else submissions
        documents = list(submissions.defer("flat").order_by("pk")[: limit + 1])
    shown = documents[:limit]
    more = shown[-1].pk if len(documents) > limit else None
    return Page(_documents(sync, shown), more)


def of_student(sync: Sync, local_id: str) -> list[Document]:
    """All documents of one student, accepted or on their way, in the order they are sent."""
    waiting = list(Submission.objects.filter(sync=sync, local_id=local_id))
    open_keys = {
        (document.resource, key) for document in waiting for key in (document.key, document.old_key)
    }
    mirrored = MirrorDocument.objects.filter(sync=sync, local_id=local_id)
    same = [document for document in mirrored if (document.resource, document.key) not in open_keys]
    orders = {resource.name: resource.order for resource in switch.outbound_of(sync).resources}
    documents: list[_Stored] = [*same, *waiting]
    return _documents(
        sync, sorted(documents, key=lambda stored: (orders[stored.resource], stored.key))
    )


_Stored = MirrorDocument | Submission
_ACCEPTED = """SELECT m.id, m.resource, m.key, m.local_id, m.seen_at FROM mirror_document m
WHERE m.sync_id = %(sync)s AND m.resource = %(resource)s
    AND m.key > coalesce((SELECT key FROM mirror_document
        WHERE id = %(after)s AND sync_id = %(sync)s AND resource = %(resource)s), '')
    AND NOT EXISTS (SELECT FROM submission s
        WHERE s.sync_id = m.sync_id AND s.resource = m.resource AND s.key = m.key)
    AND NOT EXISTS (SELECT FROM submission s WHERE s.sync_id = m.sync_id
        AND s.local_id = m.local_id AND s.resource = m.resource AND s.old_key = m.key)
ORDER BY m.key LIMIT %(limit)s"""


def _documents(sync: Sync, stored: Sequence[_Stored]) -> list[Document]:
    resources = {resource.name: resource for resource in switch.outbound_of(sync).resources}
    ids = {document.local_id for document in stored if document.local_id is not None}
    students = Student.objects.filter(district=sync.district_id, local_id__in=ids)
    students_by_id = {student.local_id: student for student in students}
    # By resource and key text, the key's columns to their texts.
    keys: dict[tuple[str, str], dict[str, str]] = {}
    for name in {document.resource for document in stored}:
        texts = [document.key for document in stored if document.resource == name]
        rows = from_key(resources[name].record, pl.Series(texts)).rows(named=True)
        keys |= {
            (name, text): {column: str(value) for column, value in row.items() if value is not None}
            for text, row in zip(texts, rows, strict=True)
        }
    return [
        _document(
            document,
            resources[document.resource],
            keys[document.resource, document.key],
            students_by_id,
        )
        for document in stored
    ]


def _document(
    stored: _Stored, resource: Resource, key: dict[str, str], students: Mapping[str, Student]
) -> Document:
    student = students.get(stored.local_id or "")
    document = Document(
        number=stored.pk,
        resource=resource.name,
        title=resource.record.title,
        key=key,
        at=stored.seen_at if isinstance(stored, MirrorDocument) else stored.since,
        local_id=stored.local_id,
        student=student.pk if student else None,
        name=", ".join(filter(None, (student.last_name, student.first_name))) if student else "",
    )
    if isinstance(stored, MirrorDocument):
        return document
    # What the last answer said of a submission.
    declared = Codes.get(stored.code) if stored.code else None
    return replace(
        document,
        state=stored.state,
        kind=stored.kind,
        code=stored.code,
        text=stored.text,
        attempts=stored.attempts,
        next_attempt=stored.next_attempt,
        what_to_do=declared.what_to_do if declared else "",
        who=declared.who if declared else "",
    )
