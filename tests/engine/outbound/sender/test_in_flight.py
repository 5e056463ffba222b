"""Chains: whose documents are sent one after the other, and in what order. Pure."""

from collections import deque
from datetime import UTC, datetime

import pytest

from rollcall.core.sending.channel import Next
from rollcall.engine.outbound.queue import QueuedSubmission
from rollcall.engine.outbound.sender.in_flight import (
    chained,
    given_back,
    owner_of,
    parted,
)
from rollcall.engine.outbound.sender.record_answers import Outcome
from rollcall.integrations.edfi.resources import CALENDARS, RESOURCES

ORDERS = {one.name: one.order for one in RESOURCES}
BY_NAME = {one.name: one for one in RESOURCES}
STUDENT, ENROLLMENT = "students", "studentSchoolAssociations"
DEMOGRAPHICS = "studentEducationOrganizationAssociations"


def taken(
    number: int, resource: str = STUDENT, kind: str = "add", **more: object
) -> QueuedSubmission:
    values = {
        "id": number,
        "resource": resource,
        "key": "0625000000001\x1f10625010\x1f20333",
        "old_key": None,
        "local_id": "000001",
        "kind": kind,
        "flat": "",
        "digest": "",
        "version": 1,
        "run_id": None,
        "attempts": 0,
        "tried": False,
        "due": True,
        "in_turn": True,
        "next_attempt": None,
        "remote_id": "",
        **more,
    }
    one = QueuedSubmission(**values)  # type: ignore[arg-type]  # each value has its field's type
    one.owner = owner_of(one, BY_NAME[resource])
    return one


def test_documents_about_one_student_at_the_partner_have_one_owner_whatever_their_local_id() -> (
    None
):
    one, other = taken(1, ENROLLMENT), taken(2, DEMOGRAPHICS, local_id="000002")
    assert one.owner == other.owner == "0625000000001"


def test_a_document_about_nobody_is_its_own_owner() -> None:
    one = taken(1, CALENDARS.name, key="MARSS-A 5\x1f10625010\x1f2026", local_id=None)
    assert owner_of(one, CALENDARS) == "calendars MARSS-A 5\x1f10625010\x1f2026"


def test_parents_come_first_and_what_goes_comes_last_children_first() -> None:
    some = [
        taken(1, ENROLLMENT, "remove"),
        taken(2, DEMOGRAPHICS, "remove"),
        taken(3, DEMOGRAPHICS),
        taken(4, ENROLLMENT),
        taken(5, STUDENT),
    ]
    (chain,) = chained(some, ORDERS)[0].values()
    assert [one.id for one in chain] == [5, 4, 3, 2, 1]


def test_only_what_is_due_is_sent() -> None:
    chains, back = chained([taken(1), taken(2, ENROLLMENT, due=False)], ORDERS)
    (chain,) = chains.values()
    assert [one.id for one in chain] == [1]
    assert not back


def test_nothing_goes_while_what_comes_in_its_place_waits_for_its_time() -> None:
    later = datetime(2025, 10, 15, 15, tzinfo=UTC)
    goes, comes = (
        taken(1, ENROLLMENT, "remove"),
        taken(2, ENROLLMENT, due=False, next_attempt=later),
    )
    chains, (back,) = chained([goes, comes], ORDERS)
    assert not chains
    assert (back.taken, back.next_attempt, back.sent) == (goes, later, False)


def test_what_was_refused_keeps_nothing_from_going() -> None:
    refused = taken(2, ENROLLMENT, due=False, next_attempt=None)
    chains, back = chained([taken(1, ENROLLMENT, "remove"), refused], ORDERS)
    assert [[one.id for one in chain] for chain in chains.values()] == [[1]]
    assert not back


CHAIN = [taken(2, ENROLLMENT), taken(3, DEMOGRAPHICS), taken(4, DEMOGRAPHICS, "remove")]


@pytest.mark.parametrize(
    ("after", "verdict", "next_ones"),
    [
        (taken(1), Next.ACCEPTED, [2, 3, 4]),
        (taken(1), Next.REFUSED, [2, 3, 4]),
        (taken(1), Next.AGAIN, []),
        # The enrollment may be the very thing the student waits for; nothing is removed meanwhile.
        (taken(1), Next.PARENT, [2, 3]),
        (taken(1, DEMOGRAPHICS, "remove"), Next.PARENT, []),
        (taken(1), None, []),
    ],
)
def test_what_follows_an_answer(
    after: QueuedSubmission, verdict: Next | None, next_ones: list[int]
) -> None:
    chain, rest = parted(deque(CHAIN), after, verdict)
    assert [one.id for one in chain] == next_ones
    assert {one.id for one in rest} == {2, 3, 4} - set(next_ones)


def test_what_is_given_back_was_not_sent_and_keeps_its_doubt() -> None:
    fresh, doubtful = given_back([taken(1), taken(2, ENROLLMENT, tried=True)], None)
    assert (fresh.sent, fresh.in_doubt, fresh.outcome) == (False, False, Outcome.WAITING)
    assert doubtful.in_doubt
