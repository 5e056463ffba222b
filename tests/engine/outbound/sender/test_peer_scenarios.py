"""Twelve things that the nearest peer gets wrong, each by what must be true of us."""

import json
from collections import Counter

import pytest
from django.db import transaction
from tests.minnesota import Capital, QuickClock, until_true
from tests.minnesota_holds import assert_equal
from tests.minnesota_killed import killed_while_sending

from rollcall.engine.models import Alert, AlertKind, AlertState, Run, RunState
from rollcall.engine.outbound.models import Submission
from rollcall.engine.outbound.near_real_time import switch
from rollcall.records.models import Demographics, Student

MANY = 20


@pytest.fixture
def many(capital: Capital) -> Capital:
    """As many students as make chances certain; nothing is sent yet."""
    with transaction.atomic():
        for number in range(1, MANY + 1):
            capital.student(number)
    return capital


@pytest.fixture
def live(many: Capital) -> Capital:
    """The same, sent, and near real time on."""
    assert many.run().state == RunState.DONE
    switch.turn_on(many.sync, "tester", many.clock)
    return many


def student(capital: Capital, local_id: str) -> dict[str, str]:
    """A student as the state has them."""
    number = f"0625{int(local_id):09}"
    (found,) = (
        one for one in capital.state.documents("students") if one["studentUniqueId"] == number
    )
    return found


def renamed(capital: Capital, name: str, local_id: str = "000001") -> None:
    Student.objects.filter(district=capital.district, local_id=local_id).update(first_name=name)


def sent_whole(capital: Capital) -> Run:
    """A batch run, with somebody who goes on with what was to be sent later."""
    with capital.attended():
        run = capital.run()
        capital.settled()
    return run


def test_1_a_value_changed_and_changed_back_is_sent_again(live: Capital) -> None:
    with live.attended():
        renamed(live, "Other")
        until_true(lambda: student(live, "000001")["firstName"] == "Other")
        renamed(live, "Kari")
        until_true(lambda: student(live, "000001")["firstName"] == "Kari")
        live.settled()
    assert_equal(live)


def test_2_what_is_throttled_is_sent_again_and_nothing_is_lost(many: Capital) -> None:
    many.state.faults.set({"throttled": 0.2, "seed": 2})
    assert sent_whole(many).state == RunState.DONE
    assert many.state.answered["POST 429"] > 0
    assert_equal(many)


def test_3_what_failed_at_the_state_is_sent_again(many: Capital) -> None:
    many.state.faults.set({"failing": 0.1, "unavailable": 0.1, "seed": 3})
    sent_whole(many)
    assert many.state.answered["POST 500"] > 0
    assert many.state.answered["POST 503"] > 0
    assert_equal(many)


def test_4_what_a_dropped_connection_took_with_it_is_sent_again(many: Capital) -> None:
    many.state.faults.set({"dropped_before": 0.1, "dropped_after": 0.1, "seed": 4})
    sent_whole(many)
    assert_equal(many)


def test_5_a_state_that_answers_nothing_is_told_of_and_gets_all_later(many: Capital) -> None:
    many.clock = QuickClock(500)
    many.state.faults.dropped_before = 1.0
    run = many.run()
    assert ("partner.still_waiting", 3 * MANY) in {(o["code"], o["count"]) for o in run.findings}
    assert dict(run.summary)["Accepted"] == 0
    assert many.state.documents("students") == []
    many.state.faults.clear()
    with many.attended():
        many.settled()
    assert_equal(many)


def test_6_what_came_before_its_student_is_sent_when_the_student_is_there(live: Capital) -> None:
    new = f"0625{MANY + 1:09}"
    live.state.faults.refuse("students", (new,))
    waits = Submission.objects.filter(sync=live.sync, state="parent")
    with live.attended():
        live.student(MANY + 1)
        until_true(lambda: waits.count() == 2)
        live.state.faults.clear()
        renamed(live, "Taken", f"{MANY + 1:06}")
        until_true(lambda: not waits.exists())
        live.settled()
    assert_equal(live)
    problems = Alert.objects.filter(sync=live.sync, kind=AlertKind.REFUSED)
    assert set(problems.values_list("state", flat=True)) <= {AlertState.RESOLVED}


def test_7_a_token_that_ends_costs_one_round_of_refusals_each_time(many: Capital) -> None:
    many.apply(concurrency=4)
    many.state.faults.requests_per_token = 20
    sent_whole(many)
    assert_equal(many)
    tokens = many.state.tokens.given
    assert tokens <= 3 * MANY // 20 + 2
    assert many.state.answered["POST 401"] <= 4 * tokens


def test_8_a_sender_killed_in_the_middle_sends_again_only_what_was_not_answered(
    many: Capital,
) -> None:
    many.state.faults.latency = 0.02
    many.apply(concurrency=4)
    killed_while_sending(many, lambda: len(many.state.history) >= MANY)
    many.state.faults.latency = 0.0
    before = len(many.state.history)
    with many.attended():
        many.settled()
    assert_equal(many)
    twice = [place for place, times in Counter(many.state.history).items() if times > 1]
    assert len(many.state.history) >= before
    # What was under way, and what was answered in the moment before the answers are written.
    assert len(twice) < MANY


def test_9_who_is_gone_from_the_records_goes_from_the_state(live: Capital) -> None:
    for number in (1, 2, 3):
        live.remove(f"{number:06}")
    live.run("resynchronize")
    assert len(live.state.documents("studentSchoolAssociations")) == MANY - 3
    assert_equal(live)


def test_10_of_many_edits_of_one_record_the_last_counts(live: Capital) -> None:
    live.state.faults.set({"latency": 0.005, "jitter": 0.02})
    with live.attended():
        for turn in range(40):
            renamed(live, f"Name {turn}", f"{turn % 4 + 1:06}")
        live.settled()
    assert [student(live, f"{n:06}")["firstName"] for n in (1, 2, 3, 4)] == [
        "Name 36",
        "Name 37",
        "Name 38",
        "Name 39",
    ]
    assert_equal(live)


def test_11_what_only_looks_different_is_not_sent(live: Capital) -> None:
    Demographics.objects.filter(district=live.district).update(races="White; Asian")
    with live.attended():
        live.settled()
        before = Counter(live.state.answered)
        Demographics.objects.filter(district=live.district).update(races="Asian; White")
        live.settled()
    after = Counter(live.state.answered)
    assert after - before == Counter()
    (races,) = {
        json.dumps(one["races"])
        for one in live.state.documents("studentEducationOrganizationAssociations")
    }
    assert races.index("Asian") < races.index("White")


def test_12_what_is_deleted_after_it_was_sent_is_deleted_at_the_state(live: Capital) -> None:
    with live.attended():
        live.remove("000002")
        live.settled()
    of_student = [
        one
        for name in ("studentSchoolAssociations", "studentEducationOrganizationAssociations")
        for one in live.state.documents(name)
        if one["studentReference"]["studentUniqueId"] == "0625000000002"
    ]
    assert of_student == []
    assert_equal(live)
