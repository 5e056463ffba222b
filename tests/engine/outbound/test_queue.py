"""The queue: how submissions are folded into those that wait, and what happens to the others."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from django.db import connection, transaction
from psycopg.errors import LockNotAvailable
from tests.minnesota import Capital, world

from rollcall.core.sending.desired_submissions import DESIRED_SCHEMA
from rollcall.engine.models import Sync
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.models import MirrorDocument, Submission
from rollcall.engine.outbound.queue import Dropped, Put
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled, settle
from rollcall.records.copying import Database
from rollcall.sandbox.edfi.server import EdfiServer

NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)
ENROLLMENT = "studentSchoolAssociations"
Desired = dict[str, str | None]


@pytest.fixture(scope="module")
def of_module(wired: None) -> Iterator[Sync]:
    with EdfiServer(world()) as state:
        capital = Capital(state)
        capital.apply()
        yield capital.sync


@pytest.fixture
def sync(of_module: Sync) -> Iterator[Sync]:
    """A sync of whom nothing waits and whose partner holds nothing."""
    yield of_module
    Submission.objects.filter(sync=of_module).delete()
    MirrorDocument.objects.filter(sync=of_module).delete()


def desired(key: str, says: str | None = "a", **more: str | None) -> Desired:
    """That the document with this key says something; None: that it goes."""
    kind = "remove" if says is None else "update"
    made: Desired = {"resource": ENROLLMENT, "key": key, "old_key": None, "local_id": "1"}
    return {**made, "kind": kind, "flat": says, "digest": says, **more}


def local_ids(*given: str) -> pl.DataFrame:
    return pl.DataFrame({"local_id": given}, schema={"local_id": pl.String()})


def put(sync: Sync, *documents: Desired, **how: Any) -> list[Dropped]:
    """This is all there is for student 1."""
    frame = pl.DataFrame(list(documents), schema=DESIRED_SCHEMA)
    told = {"students": local_ids("1"), "held_back": local_ids(), **how}
    with transaction.atomic():
        return queue.put(connection.connection, frame, Put(sync.pk, NOW, **told))


def held(sync: Sync, key: str, says: str = "a") -> None:
    """The partner holds this document."""
    place = {"sync": sync, "resource": ENROLLMENT, "key": key, "local_id": "1"}
    MirrorDocument.objects.create(
        **place, flat=says, digest=says, remote_id=f"id of {key}", seen_at=NOW
    )


def tried(sync: Sync, **where: Any) -> None:
    """These were sent and have no final answer."""
    Submission.objects.filter(sync=sync, **where).update(tried=True)


def waiting(sync: Sync) -> dict[str, tuple[str, str | None, str | None]]:
    """By key the kind of each submission, what its document is to say, and the key to change."""
    found = Submission.objects.filter(sync=sync)
    return {one.key: (one.kind, one.flat, one.old_key) for one in found}


def states(sync: Sync) -> dict[str, str]:
    return dict(Submission.objects.filter(sync=sync).values_list("key", "state"))


def test_a_submission_waits_and_a_later_one_takes_its_place(sync: Sync) -> None:
    put(sync, desired("K", "a"))
    put(sync, desired("K", "b"))
    assert waiting(sync) == {"K": ("update", "b", None)}
    assert Submission.objects.get(sync=sync).version == 2


def test_the_same_again_changes_nothing(sync: Sync) -> None:
    put(sync, desired("K"))
    put(sync, desired("K"))
    assert Submission.objects.get(sync=sync).version == 1


def test_what_was_refused_is_tried_again_when_asked_for_or_when_it_says_something_else(
    sync: Sync,
) -> None:
    for how, says, state in (
        ({}, "a", "refused"),
        ({"again": True}, "a", "waiting"),
        ({}, "b", "waiting"),
    ):
        put(sync, desired("K"))
        Submission.objects.filter(sync=sync).update(state="refused")
        put(sync, desired("K", says), **how)
        assert states(sync) == {"K": state}


def test_what_the_partner_holds_already_is_not_sent(sync: Sync) -> None:
    held(sync, "K", "a")
    put(sync, desired("K", "a"))
    put(sync, desired("none", None))
    assert waiting(sync) == {}


def test_what_was_never_sent_and_is_no_longer_desired_is_dropped(sync: Sync) -> None:
    put(sync, desired("K"))
    assert put(sync) == [Dropped(ENROLLMENT, "K", "1")]
    assert waiting(sync) == {}


def test_where_an_answer_is_outstanding_the_partner_is_told_what_the_mirror_says(
    sync: Sync,
) -> None:
    held(sync, "K", "a")
    put(sync, desired("K", "b"), desired("new", "c"))
    tried(sync)
    put(sync)
    assert waiting(sync) == {"K": ("update", "a", None), "new": ("remove", None, None)}


def test_nothing_of_who_is_held_back_is_removed(sync: Sync) -> None:
    put(sync, desired("new", "c"))
    tried(sync)
    put(sync, held_back=local_ids("1"))
    assert waiting(sync) == {"new": ("update", "c", None)}


def test_what_never_goes_is_forgotten_where_an_answer_is_outstanding(sync: Sync) -> None:
    held(sync, "K", "a")
    put(sync, desired("K", "b"))
    tried(sync)
    put(sync, lasting=(ENROLLMENT,))
    assert waiting(sync) == {}
    assert not MirrorDocument.objects.filter(sync=sync).exists()


def test_of_others_and_of_whom_is_looked_at_again_nothing_is_dropped(sync: Sync) -> None:
    put(sync, desired("K"))
    put(sync, students=local_ids("2"))
    put(sync, skip=local_ids("1"))
    assert set(waiting(sync)) == {"K"}
    put(sync, students=None)
    assert waiting(sync) == {}


def test_who_did_not_look_for_removals_drops_none(sync: Sync) -> None:
    held(sync, "K")
    put(sync, desired("K", None), desired("other"))
    put(sync, removes=False)
    assert waiting(sync) == {"K": ("remove", None, None)}


def test_removals_wait_for_a_person_until_the_document_is_desired_again(sync: Sync) -> None:
    held(sync, "K", "a")
    put(sync, desired("K", None), desired("other"), hold_removals=True)
    assert states(sync) == {"K": "held", "other": "waiting"}
    put(sync, desired("K", "b"))
    assert states(sync) == {"K": "waiting"}


# A document whose natural key changes in place


def moved(to: str, **more: str | None) -> Desired:
    return desired(to, "a", old_key="old", **more)


def test_a_move_takes_along_what_waited_under_the_old_key(sync: Sync) -> None:
    held(sync, "old", "a")
    put(sync, desired("old", "b"))
    tried(sync)
    put(sync, moved("new"))
    assert waiting(sync) == {"new": ("update", "a", "old")}


def test_a_move_that_may_have_happened_and_is_taken_back_is_undone_at_both_keys(
    sync: Sync,
) -> None:
    held(sync, "old", "a")
    put(sync, moved("new"))
    tried(sync)
    put(sync)
    assert waiting(sync) == {"old": ("update", "a", None), "new": ("remove", None, None)}


def test_so_it_is_when_the_new_document_is_desired_beside_the_old_one(sync: Sync) -> None:
    held(sync, "old", "a")
    put(sync, moved("new"))
    tried(sync)
    put(sync, desired("new", "a"))
    assert waiting(sync) == {"old": ("update", "a", None), "new": ("update", "a", None)}


def test_a_move_on_from_one_that_may_have_happened_leaves_nothing_between(sync: Sync) -> None:
    held(sync, "old", "a")
    put(sync, moved("new"))
    tried(sync)
    put(sync, moved("third"))
    assert waiting(sync) == {"new": ("remove", None, None), "third": ("update", "a", "old")}


def test_where_the_new_key_may_be_taken_the_document_is_added_and_the_old_one_removed(
    sync: Sync,
) -> None:
    held(sync, "old", "a")
    put(sync, desired("new", "b"))
    tried(sync)
    put(sync, moved("new"))
    assert waiting(sync) == {"old": ("remove", None, None), "new": ("update", "a", None)}


def test_who_did_not_look_for_removals_leaves_a_move_a_move(sync: Sync) -> None:
    held(sync, "old", "a")
    put(sync, moved("new"))
    tried(sync)
    put(sync, desired("new", "b"), removes=False, again=True)
    assert waiting(sync) == {"new": ("update", "b", "old")}


# Taking


def take(sync: Sync, now: datetime = NOW, busy: tuple[str, ...] = ()) -> list[str]:
    with transaction.atomic():
        found = queue.take(connection.connection, sync.pk, now, 0, 100, busy)
    return [one.key for one in found if one.due]


def test_what_is_taken_is_in_doubt_from_then_on(sync: Sync) -> None:
    put(sync, desired("K"))
    assert take(sync) == ["K"]
    assert Submission.objects.get(sync=sync).tried


def test_only_what_is_due_and_of_nobody_busy_is_taken(sync: Sync) -> None:
    put(sync, desired("K"), desired("later"), desired("held"), desired("refused"))
    later = NOW + timedelta(minutes=1)
    found = Submission.objects.filter(sync=sync)
    found.filter(key="later").update(next_attempt=later)
    found.filter(key="held").update(state="held")
    found.filter(key="refused").update(state="refused")
    assert take(sync, busy=("1",)) == []
    assert take(sync) == ["K"]
    assert take(sync, later) == ["K", "later"]


def test_who_has_something_on_its_way(sync: Sync) -> None:
    put(sync, desired("K"), desired("refused", local_id="2"), students=None)
    Submission.objects.filter(sync=sync, key="refused").update(state="refused")
    with transaction.atomic():
        found = queue.on_their_way(connection.connection, sync.pk, None)
        none = queue.on_their_way(connection.connection, sync.pk, local_ids("2"))
    assert found["local_id"].to_list() == ["1"]
    assert none.is_empty()


# Locks


def settle_one(conn: Database, sync: Sync) -> None:
    refused = Settled(None, Outcome.REFUSED)  # type: ignore[arg-type]  # not come to
    settle(conn, sync.pk, [refused], NOW)


def put_one(conn: Database, sync: Sync) -> None:
    queue.put(conn, pl.DataFrame(schema=DESIRED_SCHEMA), Put(sync.pk, NOW, None, local_ids()))


def take_one(conn: Database, sync: Sync) -> None:
    queue.take(conn, sync.pk, NOW, 0, 1, ())


def locked_out(
    write: Callable[[Database, Sync], None], lock: Callable[[Database, int], None], sync: Sync
) -> None:
    """This waits for a lock while another transaction has it."""
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        lock(other.connection, sync.pk)
        with pytest.raises(LockNotAvailable), transaction.atomic():
            connection.connection.execute("SET LOCAL lock_timeout = '50ms'")
            write(connection.connection, sync)


def test_no_answer_is_written_down_between_reading_and_putting(sync: Sync) -> None:
    """The records said A, B is on its way, and they say A again: read before the answer to B and
    put after it, nothing would be sent.
    """
    locked_out(settle_one, queue.planning_lock, sync)


@pytest.mark.parametrize("write", [put_one, take_one, settle_one])
def test_no_two_write_a_queue_at_once(sync: Sync, write: Callable[[Database, Sync], None]) -> None:
    """Or they would wait for each other, and what one drops the other would send."""
    locked_out(write, queue.writing_lock, sync)
