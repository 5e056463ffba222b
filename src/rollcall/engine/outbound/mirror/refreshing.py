"""Read the mirror anew from the partner: what it has, page by page.

Answers to what is being sent meanwhile are newer than a page that was asked for before them, and
are kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import polars as pl
from django.db import connection, transaction

from rollcall.core.plans.digest import digest
from rollcall.core.sending.canonical_texts import flat_texts, key_texts
from rollcall.core.sending.channel import REMOTE_ID, REMOTE_VERSION, Channel, Page, Verdict
from rollcall.core.sending.outbound import Resource
from rollcall.core.sending.pages import pages
from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.models import MirrorRead
from rollcall.records.copying import Database, stage
from rollcall.records.models import Student

#: Called with how many documents were read so far.
OnProgress = Callable[[int], None]


@dataclass(frozen=True)
class Reading:
    """What a mirror is read with. `about`: only the documents of the student with this id at the
    partner ("": all). `hold`: called in each transaction that writes, to refuse a reader that
    another one followed (engine.runs.fencing).
    """

    sync: Sync
    resources: Sequence[Resource]
    channel: Channel
    clock: Clock
    about: str = ""
    hold: Callable[[], None] = lambda: None


def refresh(reading: Reading, on_progress: OnProgress = lambda count: None) -> int:
    """Make the mirror what the partner says it has; how many documents that is.

    It counts as read once all of it is: a mirror that was read in part is not known. Problem when
    the partner cannot be read.
    """
    read, reads = 0, []
    for resource in reading.resources:
        if reading.about and not resource.about:
            continue
        began, seen = reading.clock.now(), [pl.Series("key", [], pl.String)]
        for page in pages(partial(_page, reading, resource, began, seen), reading.clock.sleep):
            read += page.documents.height
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


def _page(
    reading: Reading, resource: Resource, began: datetime, seen: list[pl.Series], cursor: str
) -> Page | Verdict:
    """A page that is in the mirror; its keys are added to `seen`. Nothing is written down to be
    gone between the question and that, or the page would bring it back.
    """
    with transaction.atomic():
        queue.removal_lock(connection.connection, reading.sync.pk)
        page = reading.channel.page(resource.name, reading.about, cursor)
        if isinstance(page, Page) and page.documents.height:
            seen.append(_merge(reading, resource, page.documents, began))
    return page


def _merge(
    reading: Reading, resource: Resource, documents: pl.DataFrame, asked_at: datetime
) -> pl.Series:
    """Put the documents of a page into the mirror; their keys."""
    record = resource.record
    documents = _with_students(reading.sync, resource, documents)
    frame = documents.select(
        key=key_texts(record, documents),
        local_id="local_id",
        flat=flat_texts(record, documents),
        digest=digest(documents, record),
        remote_id=pl.col(REMOTE_ID),
        remote_version=pl.col(REMOTE_VERSION),
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
    about = resource.about
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
    sync_id, resource, key, local_id, flat, digest, remote_id, remote_version, seen_at)
SELECT DISTINCT ON (key) %(sync)s, %(resource)s, key, local_id, flat, digest, remote_id,
    remote_version, %(now)s FROM page
ON CONFLICT (sync_id, resource, key) DO UPDATE SET local_id = excluded.local_id,
    flat = excluded.flat, digest = excluded.digest, remote_id = excluded.remote_id,
    remote_version = excluded.remote_version, seen_at = excluded.seen_at
WHERE mirror_document.seen_at <= %(asked)s"""


_FORGET = """DELETE FROM mirror_document m
WHERE sync_id = %(sync)s AND resource = %(resource)s AND seen_at < %(began)s
    AND NOT EXISTS (SELECT FROM page WHERE page.key = m.key)
    AND (%(about)s = '' OR local_id IN (
        SELECT local_id FROM student WHERE district_id = %(district)s AND state_id = %(about)s))"""
