"""Read the mirror anew from the partner: what it has, page by page.

Answers to what is being sent meanwhile are newer than a page that was asked for before them, and
are kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection, transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.digest import digest
from rollcall.core.problems import Problem
from rollcall.core.sending.document_reading import fit
from rollcall.core.sending.documents import flat, flat_texts, key_texts
from rollcall.core.sending.outbound import (
    Listing,
    Next,
    Outbound,
    Request,
    Resource,
    Target,
)
from rollcall.core.sending.pacing import backoff
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.models import MirrorRead
from rollcall.engine.outbound.sender.session import Session
from rollcall.records.copying import Database, stage
from rollcall.records.models import Student

NOT_READ = Codes.add(
    "partner.not_read",
    Severity.ERROR,
    "The partner's records could not be read",
    "Test the connection; run it again when the partner answers.",
    "the person who keeps the connection",
)

_PAGE_TRIES = 5
#: A partner may name a next page for ever; so many have ten million documents of one resource.
_MOST_PAGES = 20_000

#: Called with how many documents were read so far.
OnProgress = Callable[[int], None]


@dataclass(frozen=True)
class Reading:
    """What a mirror is read with. `about`: only the documents of the student with this id at the
    partner ("": all). `hold`: called in each transaction that writes, to refuse a reader that
    another one followed (engine.runs.fencing).
    """

    sync: Sync
    outbound: Outbound
    session: Session
    target: Target
    clock: Clock
    about: str = ""
    hold: Callable[[], None] = lambda: None


def refresh(reading: Reading, on_progress: OnProgress = lambda count: None) -> int:
    """Make the mirror what the partner says it has; how many documents that is.

    It counts as read once all of it is: a mirror that was read in part is not known. Problem when
    the partner cannot be read.
    """
    read, reads = 0, []
    for resource in reading.outbound.resources:
        if reading.about and not resource.about[0]:
            continue
        began, seen = reading.clock.now(), [pl.Series("key", [], pl.String)]
        for count, page in _pages(reading, resource, began):
            seen.append(page)
            read += count
            on_progress(read)
        keys = pl.concat(seen)
        # What the partner no longer lists, and did not take meanwhile, it does not have.
        with transaction.atomic():
            reading.hold()
            database: Database = connection.connection
            stage(database, "page", keys.unique().to_frame())
            queue.writing_lock(database, reading.sync.pk)
            values = {"resource": resource.name, "began": began, "about": reading.about}
            ids = {"sync": reading.sync.pk, "district": reading.sync.district_id}
            database.execute(_FORGET, values | ids)
        reads.append((resource.name, keys.len()))
    if not reading.about:
        with transaction.atomic():
            reading.hold()
            for name, documents in reads:
                numbers = {"at": reading.clock.now(), "documents": documents}
                MirrorRead.objects.update_or_create(
                    sync=reading.sync, resource=name, defaults=numbers
                )
    return read


def _pages(
    reading: Reading, resource: Resource, began: datetime
) -> Iterator[tuple[int, pl.Series]]:
    """Put page after page into the mirror: of each, how many documents it has, and their keys.
    Problem when they do not end.
    """
    remote = reading.outbound.remote
    request: Request | None = remote.list(resource, reading.about, reading.target)
    for _ in range(_MOST_PAGES):
        if request is None:
            return
        page, keys = _page(reading, resource, request, began)
        yield len(page.bodies), keys
        request = page.next
    if request is not None:
        raise Problem(NOT_READ, f"{resource.name}: more than {_MOST_PAGES:,} pages")


def _page(
    reading: Reading, resource: Resource, request: Request, began: datetime
) -> tuple[Listing, pl.Series]:
    """A page that is in the mirror. Nothing is written down to be gone between the question and
    that, or the page would bring it back.
    """
    text = ""
    for attempt in range(_PAGE_TRIES):
        with transaction.atomic():
            queue.removal_lock(connection.connection, reading.sync.pk)
            page = reading.outbound.remote.listing(reading.session.ask(request), request)
            if isinstance(page, Listing):
                return page, _merge(reading, resource, page, began)
        text = page.text
        if page.next is Next.REFUSED:
            break
        if page.next is not Next.SIGN_IN:
            reading.clock.sleep(backoff(attempt, page.after))
    raise Problem(NOT_READ, text)


def _merge(reading: Reading, resource: Resource, page: Listing, asked_at: datetime) -> pl.Series:
    """Put a page into the mirror; its keys."""
    if not page.bodies:
        return pl.Series("key", [], pl.String)
    record = resource.record
    documents = flat(
        resource,
        page.bodies,
        lambda name: reading.outbound.namespace(reading.target.settings, name),
    )
    documents = _with_students(reading.sync, resource, documents)
    frame = documents.select(
        key=key_texts(record, documents),
        local_id="local_id",
        flat=flat_texts(record, documents),
        digest=digest(documents, record),
        remote_id=pl.Series(
            [fit(str(body.get("id", ""))) for body in page.bodies], dtype=pl.String
        ),
        etag=pl.Series([fit(str(body.get("_etag", ""))) for body in page.bodies], dtype=pl.String),
    )
    reading.hold()
    stage(connection.connection, "page", frame)
    queue.writing_lock(connection.connection, reading.sync.pk)
    connection.connection.execute(
        _MERGE,
        {
            "sync": reading.sync.pk,
            "resource": resource.name,
            "asked": asked_at,
            "now": reading.clock.now(),
        },
    )
    return frame["key"]


def _with_students(sync: Sync, resource: Resource, documents: pl.DataFrame) -> pl.DataFrame:
    """Whose documents these are, where the district has a student with that id. Where several have
    it they are one's, so that they count as theirs as long as that is not settled.
    """
    about = resource.about[1]
    if not about:
        return documents.with_columns(local_id=pl.lit(None, pl.String))
    ids = documents[about].unique().to_list()
    students = Student.objects.filter(district=sync.district_id, state_id__in=ids)
    students = students.order_by("local_id")
    by_state_id = pl.DataFrame(
        list(students.values_list("state_id", "local_id")),
        schema={about: pl.String(), "local_id": pl.String()},
        orient="row",
    ).unique(about, keep="first", maintain_order=True)
    return documents.drop("local_id", strict=False).join(
        by_state_id, on=about, how="left", maintain_order="left"
    )


#: An answer that came after the page was asked for is newer, and a document under way is in doubt.
_MERGE = """INSERT INTO mirror_document (
    sync_id, resource, key, local_id, flat, digest, remote_id, etag, seen_at)
SELECT DISTINCT ON (key) %(sync)s, %(resource)s, key, local_id, flat, digest, remote_id, etag,
    %(now)s FROM page
ON CONFLICT (sync_id, resource, key) DO UPDATE SET local_id = excluded.local_id,
    flat = excluded.flat, digest = excluded.digest, remote_id = excluded.remote_id,
    etag = excluded.etag, seen_at = excluded.seen_at
WHERE mirror_document.seen_at <= %(asked)s"""


_FORGET = """DELETE FROM mirror_document m
WHERE sync_id = %(sync)s AND resource = %(resource)s AND seen_at < %(began)s
    AND NOT EXISTS (SELECT FROM page WHERE page.key = m.key)
    AND (%(about)s = '' OR local_id IN (
        SELECT local_id FROM student WHERE district_id = %(district)s AND state_id = %(about)s))"""
