"""Answers are written down beside sending, and what goes wrong with that is not lost."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from tests.minnesota import Capital
from tests.minnesota_holds import assert_equal

from rollcall.engine.outbound.models import Submission
from rollcall.engine.outbound.near_real_time import attending, edits, switch
from rollcall.engine.outbound.sender import sender
from rollcall.engine.outbound.sender.answer_writer import AnswerWriter, BackgroundThread
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled, settle
from rollcall.engine.runs import fencing
from rollcall.records.copying import Database
from rollcall.records.models import Student

STUDENTS = 20


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """What writing waits for."""
    made = threading.Event()
    yield made
    made.set()


@pytest.fixture
def beside(wired: None) -> Iterator[BackgroundThread]:
    """A thread to write in."""
    made = BackgroundThread()
    yield made
    made.close()


def test_a_batch_is_being_written_until_it_is_done(
    beside: BackgroundThread, go: threading.Event
) -> None:
    written: list[list[Settled]] = []

    def write(batch: list[Settled]) -> None:
        go.wait()
        written.append(batch)

    writer, batch = AnswerWriter(write, beside), [Settled(None, Outcome.ACCEPTED)]  # type: ignore[arg-type]  # not looked at
    assert writer.done(wait=False)
    writer.begin(batch)
    assert not writer.done(wait=False)
    assert writer.batch == batch
    go.set()
    assert writer.done(wait=True)
    assert (writer.batch, written) == ([], [batch])


def test_what_goes_wrong_is_raised_where_it_is_asked_for(beside: BackgroundThread) -> None:
    def write(batch: list[Settled]) -> None:
        raise RuntimeError("no room")

    writer = AnswerWriter(write, beside)
    writer.begin([])
    with pytest.raises(RuntimeError, match="no room"):
        writer.done(wait=True)
    assert writer.done(wait=True)


def test_with_many_answers_nothing_is_lost(
    capital: Capital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_AT_ONCE", 3)
    monkeypatch.setattr(sender, "_MOST_UNWRITTEN", 6)
    for number in range(1, STUDENTS + 1):
        capital.student(number)
    run = capital.run()
    assert run.counts["students"]["accepted"] == STUDENTS
    assert_equal(capital)


def test_when_answers_cannot_be_written_down_they_are_asked_for_again(
    capital: Capital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_AT_ONCE", 3)
    for number in range(1, STUDENTS + 1):
        capital.student(number)
    failed = threading.Event()

    def failing(conn: Database, sync_id: int, some: Sequence[Settled], now: datetime) -> None:
        if threading.current_thread().name.startswith("answers") and not failed.is_set():
            failed.set()
            raise RuntimeError("no room")
        settle(conn, sync_id, some, now)

    monkeypatch.setattr(sender, "settle", failing)
    assert capital.run().state == "failed"
    assert failed.is_set()
    with capital.attended():
        capital.settled()
    assert_equal(capital)


def test_a_sender_that_another_followed_takes_and_writes_nothing_more(capital: Capital) -> None:
    """As one that was frozen while its lock was freed: what it knows is old."""
    capital.student(1)
    capital.run()
    switch._set(capital.sync, True, "tester", capital.clock)
    older = attending.sender_of(capital.sync, capital.clock)
    newer = attending.sender_of(capital.sync, capital.clock)
    Student.objects.filter(district=capital.district).update(first_name="Other")
    edits.process_edits(newer.sync, newer.outbound, newer.settings, capital.clock)
    waits = Submission.objects.filter(sync=capital.sync)
    try:
        with pytest.raises(fencing.Superseded):
            older.turn()
        assert not waits.filter(tried=True).exists()
        with pytest.raises(fencing.Superseded):
            older._write([Settled(None, Outcome.ACCEPTED)])  # type: ignore[arg-type]  # not looked at
        while waits.exists():
            newer.turn()
    finally:
        newer.close()
        older.close()
    assert_equal(capital)
