"""What every channel keeps to, tried on the one over HTTP and on the one in memory."""

import random
import time
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import pytest
from tests.transports.channel_twins import (
    AT_ONCE,
    ENROLLMENT,
    STUDENT,
    Twin,
    enrollment,
    key_of,
    student,
    twin,
)

from rollcall.core.findings import Codes
from rollcall.core.problems import Problem
from rollcall.core.sending.channel import (
    DIGESTS_SCHEMA,
    REMOTE_ID,
    REMOTE_VERSION,
    Ability,
    Channel,
    Kind,
    Limits,
    Next,
    Operation,
    Page,
    Verdict,
)
from rollcall.core.sending.pages import NOT_READ, read_all

__all__ = ["twin"]

#: Seconds after which a verdict is not awaited any longer.
_PATIENCE = 10.0


@pytest.fixture
def channel(twin: Twin) -> Iterator[Channel]:
    with twin.channel() as opened:
        yield opened


def put(channel: Channel, resource: str, document: pl.DataFrame, **more: Any) -> Operation:
    """A document to put."""
    (prepared,) = channel.prepare(resource, document)
    return Operation(
        None, Kind.PUT, resource, key_of(resource, document), document=prepared, **more
    )


def removal(resource: str, document: pl.DataFrame, id: str = "") -> Operation:
    return Operation(None, Kind.REMOVE, resource, key_of(resource, document), id=id)


def verdicts(channel: Channel, operations: Iterable[Operation]) -> list[Verdict]:
    """Have operations carried out, as many at once as there is room; their verdicts in order."""
    waiting = list(operations)
    by_place: dict[int, Verdict] = {}
    for place, operation in enumerate(waiting):
        operation.ref = place
    count, until = len(waiting), time.monotonic() + _PATIENCE
    while len(by_place) < count:
        assert time.monotonic() < until, "a verdict never came"
        for _ in range(min(channel.room(), len(waiting))):
            channel.submit(waiting.pop(0))
        assert channel.under_way <= channel.limits.at_once
        for operation, verdict in channel.poll(0.01):
            assert operation.ref not in by_place
            by_place[operation.ref] = verdict
    assert channel.under_way == 0
    return [by_place[place] for place in range(count)]


def verdict(channel: Channel, operation: Operation) -> Verdict:
    return verdicts(channel, [operation])[0]


def accepted(channel: Channel, resource: str, document: pl.DataFrame, **more: Any) -> Verdict:
    """Put a document; the partner takes it."""
    got = verdict(channel, put(channel, resource, document, **more))
    assert got.next is Next.ACCEPTED, got
    return got


# Operations


def test_what_is_put_is_there_with_an_id_and_a_version(twin: Twin, channel: Channel) -> None:
    got = accepted(channel, STUDENT, student(1))
    assert got.id and got.version
    assert twin.keys(STUDENT) == {key_of(STUDENT, student(1))}


def test_what_is_put_twice_is_there_once(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    first = accepted(channel, ENROLLMENT, enrollment(1))
    again = accepted(channel, ENROLLMENT, enrollment(1))
    assert first.id == again.id
    assert len(twin.keys(ENROLLMENT)) == 1


def test_what_is_changed_has_another_version(channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    accepted(channel, ENROLLMENT, enrollment(1))
    first = accepted(channel, STUDENT, student(1))
    changed = accepted(channel, STUDENT, student(1, firstName="Berta"), id=first.id)
    assert changed.id == first.id
    assert changed.version != first.version


@pytest.mark.parametrize("id_is_known", [True, False])
def test_a_key_is_changed_in_place(twin: Twin, channel: Channel, id_is_known: bool) -> None:
    accepted(channel, STUDENT, student(1))
    before, after = enrollment(1), enrollment(1, "2025-09-08")
    first = accepted(channel, ENROLLMENT, before)
    old = {"old_key": key_of(ENROLLMENT, before), "id": first.id if id_is_known else ""}
    assert accepted(channel, ENROLLMENT, after, **old).id == first.id
    assert twin.keys(ENROLLMENT) == {key_of(ENROLLMENT, after)}


@pytest.mark.parametrize("id", ["", "0f3a"])
def test_what_is_no_longer_under_its_old_key_is_added(
    twin: Twin, channel: Channel, id: str
) -> None:
    accepted(channel, STUDENT, student(1))
    before, after = enrollment(1), enrollment(1, "2025-09-08")
    accepted(channel, ENROLLMENT, after, old_key=key_of(ENROLLMENT, before), id=id)
    assert twin.keys(ENROLLMENT) == {key_of(ENROLLMENT, after)}


@pytest.mark.parametrize("id_is_known", [True, False])
def test_what_is_removed_is_gone(twin: Twin, channel: Channel, id_is_known: bool) -> None:
    accepted(channel, STUDENT, student(1))
    got = accepted(channel, ENROLLMENT, enrollment(1))
    gone = verdict(channel, removal(ENROLLMENT, enrollment(1), got.id if id_is_known else ""))
    assert gone.next is Next.ACCEPTED
    assert twin.keys(ENROLLMENT) == set()


def test_what_is_not_there_is_removed_too(channel: Channel) -> None:
    assert verdict(channel, removal(ENROLLMENT, enrollment(7))).next is Next.ACCEPTED


def test_a_refusal_has_a_declared_code_and_the_partners_words(twin: Twin, channel: Channel) -> None:
    twin.refuse(STUDENT, student(1), "Not this one.")
    got = verdict(channel, put(channel, STUDENT, student(1)))
    assert got.next is Next.REFUSED
    assert Codes.get(got.code)
    assert "Not this one." in got.text
    assert twin.keys(STUDENT) == set()
    accepted(channel, STUDENT, student(2))


def test_what_comes_before_its_parent_waits_for_it(channel: Channel) -> None:
    child = put(channel, ENROLLMENT, enrollment(1))
    assert verdict(channel, child).next is Next.PARENT
    accepted(channel, STUDENT, student(1))
    assert verdict(channel, child).next is Next.ACCEPTED


def test_nothing_is_removed_before_what_refers_to_it(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    accepted(channel, ENROLLMENT, enrollment(1))
    assert verdict(channel, removal(STUDENT, student(1))).next in (Next.PARENT, Next.REFUSED)
    assert twin.keys(STUDENT) == {key_of(STUDENT, student(1))}


# A partner that is away, slow, or lets nobody in


def test_who_is_away_is_asked_again_and_takes_it_when_back(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    twin.is_away(True)
    assert verdict(channel, put(channel, STUDENT, student(2))).next is Next.AGAIN
    twin.is_away(False)
    accepted(channel, STUDENT, student(2))


def test_who_was_away_from_the_beginning_lets_us_in_when_back(twin: Twin, channel: Channel) -> None:
    twin.is_away(True)
    wait_for_trouble(channel)
    twin.is_away(False)
    twin.later(600)
    accepted(channel, STUDENT, student(1))
    assert channel.trouble is None


def wait_for_trouble(channel: Channel) -> Verdict:
    until = time.monotonic() + _PATIENCE
    while channel.trouble is None:
        assert time.monotonic() < until
        assert channel.room() == 0
        channel.poll(0.01)
    return channel.trouble


def test_who_does_not_let_us_in_takes_nothing(twin: Twin, channel: Channel) -> None:
    twin.lets_in(False)
    assert wait_for_trouble(channel).next is Next.REFUSED
    assert channel.room() == 0
    twin.lets_in(True)
    twin.later(600)
    accepted(channel, STUDENT, student(1))
    assert channel.trouble is None


def test_a_session_that_ended_is_nobodys_trouble(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    twin.end_sessions()
    several = [put(channel, STUDENT, student(number)) for number in range(2, 9)]
    assert {got.next for got in verdicts(channel, several)} == {Next.ACCEPTED}
    assert channel.trouble is None


def test_a_session_serves_all_channels_of_a_connection(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    with twin.channel() as another:
        assert another.room() > 0


def test_no_more_is_under_way_than_the_partner_bears(twin: Twin, channel: Channel) -> None:
    twin.is_slow()
    assert channel.limits.at_once == AT_ONCE
    many = [put(channel, STUDENT, student(number)) for number in range(40)]
    assert {got.next for got in verdicts(channel, many)} == {Next.ACCEPTED}
    assert len(twin.keys(STUDENT)) == 40


def test_no_more_begin_in_a_second_or_a_day_than_the_partner_bears(twin: Twin) -> None:
    twin.limits = Limits(AT_ONCE, per_second=2, per_day=5)
    with twin.channel() as channel:
        for numbers in ((1, 2), (3, 4), (5,)):
            several = [put(channel, STUDENT, student(number)) for number in numbers]
            assert {got.next for got in verdicts(channel, several)} == {Next.ACCEPTED}
            twin.later(1)
        assert channel.room() == 0
        twin.later(24 * 3600)
        accepted(channel, STUDENT, student(6))


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_each_operation_comes_back_once(twin: Twin, seed: int) -> None:
    """What was accepted is there; of what has to be asked again nothing is lost by doing so."""
    chance = random.Random(seed)
    waiting, accepted_keys, rounds = list(range(12)), set(), 0
    with twin.channel() as channel:
        while waiting:
            rounds += 1
            away = rounds < 5 and chance.random() < 0.4
            if not channel.room():
                away = False
            twin.is_away(away)
            if chance.random() < 0.3:
                twin.end_sessions()
            twin.later(600)
            batch = waiting[:AT_ONCE] if away else waiting
            answers = verdicts(channel, [put(channel, STUDENT, student(n)) for n in batch])
            done = {n for n, got in zip(batch, answers, strict=True) if got.next is Next.ACCEPTED}
            accepted_keys |= {key_of(STUDENT, student(number)) for number in done}
            waiting = [number for number in waiting if number not in done]
            assert accepted_keys <= twin.keys(STUDENT)
    assert len(twin.keys(STUDENT)) == 12


# Its end


def test_after_a_stop_what_is_under_way_comes_back_and_nothing_more_is_taken(
    twin: Twin, channel: Channel
) -> None:
    accepted(channel, STUDENT, student(1))
    accepted(channel, ENROLLMENT, enrollment(1))
    twin.is_slow()
    # One that can be carried out as it is, and one that has to be looked for first.
    for operation in (put(channel, STUDENT, student(2)), removal(ENROLLMENT, enrollment(1))):
        channel.submit(operation)
    channel.stop()
    assert channel.room() == 0
    answers: list[Verdict] = []
    until = time.monotonic() + _PATIENCE
    while channel.under_way:
        assert time.monotonic() < until
        answers += [got for _, got in channel.poll(0.01)]
    assert len(answers) == 2
    assert {got.next for got in answers} <= {Next.ACCEPTED, Next.UNSENT}
    assert twin.keys(ENROLLMENT) == {key_of(ENROLLMENT, enrollment(1))}


def test_it_can_be_closed_with_operations_under_way_and_twice(twin: Twin) -> None:
    twin.is_slow()
    channel = twin.open()
    accepted(channel, STUDENT, student(1))
    channel.submit(put(channel, STUDENT, student(2)))
    channel.close()
    channel.close()
    with twin.channel() as another:
        accepted(another, STUDENT, student(2))


# Reading


def test_all_pages_are_what_was_put(twin: Twin, channel: Channel) -> None:
    documents = [student(number) for number in range(8)]
    given = [accepted(channel, STUDENT, document) for document in documents]
    with_enrollments(channel, range(8))
    page = channel.page(STUDENT)
    assert isinstance(page, Page)
    assert (page.total, page.documents.height) == (8, 3)
    assert page.cursor
    frame = read_all(channel, STUDENT, twin.later).sort("student_unique_id")
    assert frame.drop(REMOTE_ID, REMOTE_VERSION).equals(pl.concat(documents))
    assert frame[REMOTE_ID].to_list() == [got.id for got in given]
    assert frame[REMOTE_VERSION].to_list() == [got.version for got in given]


def with_enrollments(channel: Channel, numbers: Iterable[int]) -> None:
    """The state shows only students who are enrolled."""
    for number in numbers:
        accepted(channel, ENROLLMENT, enrollment(number))


def test_a_resource_without_documents_is_one_empty_page(channel: Channel) -> None:
    page = channel.page(ENROLLMENT)
    assert isinstance(page, Page)
    assert (page.documents.height, page.cursor, page.total) == (0, "", 0)
    assert {REMOTE_ID, REMOTE_VERSION} <= set(page.documents.columns)


def test_the_documents_of_one_student(twin: Twin, channel: Channel) -> None:
    for number in (1, 2):
        accepted(channel, STUDENT, student(number))
        for day in range(2, 7):
            accepted(channel, ENROLLMENT, enrollment(number, f"2025-09-0{day}"))
    about = student(2)["student_unique_id"].item()
    frame = read_all(channel, ENROLLMENT, twin.later, about)
    assert frame["student_unique_id"].to_list() == [about] * 5


def test_a_page_of_who_is_away_is_asked_for_again(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    with_enrollments(channel, [1])
    twin.is_away(True)
    got = channel.page(STUDENT)
    assert isinstance(got, Verdict)
    assert got.next is Next.AGAIN
    assert read_all(channel, STUDENT, lambda seconds: twin.is_away(False)).height == 1
    twin.is_away(True)
    with pytest.raises(Problem) as raised:
        read_all(channel, STUDENT, twin.later)
    assert raised.value.code == NOT_READ
    twin.is_away(False)


def test_a_page_is_read_though_the_session_ended(twin: Twin, channel: Channel) -> None:
    accepted(channel, STUDENT, student(1))
    with_enrollments(channel, [1])
    twin.end_sessions()
    page = channel.page(STUDENT)
    assert isinstance(page, Page)
    assert page.documents.height == 1


def can(channel: Channel, ability: Ability) -> None:
    if ability not in channel.abilities:
        pytest.skip(f"this partner cannot be asked for {ability}")


def test_the_partners_order_has_parents_first(channel: Channel) -> None:
    can(channel, Ability.ORDER)
    order = channel.order()
    assert order[STUDENT] < order[ENROLLMENT]


def test_changes_since_a_point(channel: Channel) -> None:
    can(channel, Ability.CHANGES)
    accepted(channel, STUDENT, student(1))
    going = [enrollment(1, f"2025-09-0{day}") for day in range(1, 5)]
    coming = [enrollment(1, f"2025-10-0{day}") for day in range(1, 6)]
    gone = [accepted(channel, ENROLLMENT, document).id for document in going]
    begin = changes(channel, "")
    assert begin.documents.height == 0
    assert changes(channel, begin.until).documents.height == 0
    changed = [accepted(channel, ENROLLMENT, document).id for document in coming]
    verdicts(channel, [removal(ENROLLMENT, *pair) for pair in zip(going, gone, strict=True)])
    later = changes(channel, begin.until)
    assert sorted(later.documents[REMOTE_ID]) == sorted(changed)
    assert sorted(later.gone) == sorted(gone)
    last = changes(channel, later.until)
    assert (last.documents.height, list(last.gone)) == (0, [])


def changes(channel: Channel, since: str) -> Page:
    """All changes on one page."""
    frames: list[pl.DataFrame] = []
    gone: list[str] = []
    cursor = ""
    while True:
        page = channel.changes(ENROLLMENT, since, cursor)
        assert isinstance(page, Page)
        frames.append(page.documents)
        gone += page.gone
        cursor = page.cursor
        if not cursor:
            return Page(pl.concat(frames), gone=gone, until=page.until)


def test_digests_of_groups_differ_where_documents_do(channel: Channel) -> None:
    can(channel, Ability.DIGESTS)
    accepted(channel, STUDENT, student(1))
    accepted(channel, ENROLLMENT, enrollment(1))
    groups = ["10625010", "10625020"]
    before = channel.digests(ENROLLMENT, groups)
    assert isinstance(before, pl.DataFrame)
    assert before.schema == DIGESTS_SCHEMA
    again = channel.digests(ENROLLMENT, groups)
    assert isinstance(again, pl.DataFrame)
    assert before.equals(again)
    accepted(channel, ENROLLMENT, enrollment(1, "2025-09-08"))
    after = channel.digests(ENROLLMENT, groups)
    assert isinstance(after, pl.DataFrame)
    assert (before["digest"] == after["digest"]).to_list() == [False, True]
