"""The sender: what it asks, and what it makes of answers that are not what it hoped for."""

from collections import Counter
from concurrent.futures import Future
from datetime import UTC, datetime

import pytest
from tests.clock import FakeClock
from tests.minnesota import Capital, QuickClock, until_true
from tests.minnesota_holds import assert_equal

from rollcall.engine.models import Alert, AlertKind, AlertState
from rollcall.engine.outbound.models import Edit, MirrorDocument, Submission
from rollcall.engine.outbound.near_real_time import attending, edits, switch
from rollcall.engine.outbound.sender.queue_reader import Taking
from rollcall.records.models import Calendar, Enrollment, Student

NOW = datetime(2025, 10, 15, 15, tzinfo=UTC)
ENROLLMENT = "studentSchoolAssociations"
#: libcurl itself asks again over a new connection when one that was open already ends.
TWICE = 2


@pytest.fixture
def clock(capital: Capital) -> FakeClock:
    made = FakeClock(NOW)
    capital.clock = made  # type: ignore[assignment]  # a clock of tests
    return made


@pytest.fixture
def near(capital: Capital, clock: FakeClock) -> Capital:
    """One student, sent, and near real time on, as after Start Year; nobody attends."""
    switch._set(capital.sync, True, "tester", capital.clock)
    capital.has_read()
    capital.student(1)
    work(capital, clock)
    assert_equal(capital)
    return capital


def work(capital: Capital, clock: FakeClock, turns: int = 0, step: float = 1.0) -> None:
    """Look at all edits and send: so many turns, `step` seconds apart (0: until nothing waits)."""
    sender = attending.sender_of(capital.sync, capital.clock)
    waits = Submission.objects.filter(sync=capital.sync, state__in=("waiting", "parent"))
    for turn in range(turns or 200):
        clock.sleep(step if turns else 400 if sender.idle else 0.1)
        edits.process_edits(sender.sync, sender.outbound, sender.settings, capital.clock)
        sender.turn(0.02)
        while sender.channel.under_way:
            sender.turn(0.02)
        if not turns and turn > 2 and sender.idle and not waits.exists():
            break
    sender.close()


def move(capital: Capital, school: str) -> None:
    Enrollment.objects.filter(district=capital.district).update(school_code=school)


def test_a_student_added_without_our_hearing_of_it_waits_for_no_one(
    capital: Capital, clock: FakeClock
) -> None:
    """The state takes no change of a student before an enrollment, which comes after."""
    switch._set(capital.sync, True, "tester", capital.clock)
    capital.student(1)
    capital.state.faults.sequence = ["drop-after"]
    work(capital, clock)
    assert_equal(capital)


def test_a_document_that_is_no_longer_where_it_was_is_added_under_its_new_key(
    near: Capital, clock: FakeClock
) -> None:
    store = near.state._app.store
    (document,) = store.tables[ENROLLMENT].by_key.values()
    store.remove(document)
    move(near, "020")
    work(near, clock)
    assert_equal(near)
    assert not Alert.objects.filter(sync=near.sync).exists()


def test_a_move_is_found_by_its_old_key_where_the_id_is_not_known(
    near: Capital, clock: FakeClock
) -> None:
    MirrorDocument.objects.filter(sync=near.sync).update(remote_id="")
    move(near, "020")
    work(near, clock)
    assert ("PUT", ENROLLMENT) in {(method, name) for method, name, _ in near.state.history}
    assert_equal(near)


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
def test_a_move_of_which_nothing_is_heard_can_be_taken_back(
    near: Capital, clock: FakeClock, fault: str
) -> None:
    near.state.faults.sequence = [fault] * TWICE
    move(near, "020")
    work(near, clock, 1)
    move(near, "010")
    work(near, clock)
    assert_equal(near)


def test_what_was_taken_before_a_refusal_is_not_forgotten(near: Capital, clock: FakeClock) -> None:
    """Added without our hearing of it, then refused, then no longer called for."""
    enrollment = Enrollment.objects.get(district=near.district)
    enrollment.pk, enrollment.school_code = None, "020"
    near.state.faults.sequence = ["drop-after"] * TWICE
    enrollment.save()
    work(near, clock, 1)
    near.state.faults.refuse(ENROLLMENT, ("0625000000001", "10625020"))
    Enrollment.objects.filter(district=near.district, school_code="020").update(grade="6")
    work(near, clock, 8)
    assert set(Submission.objects.filter(sync=near.sync).values_list("state", flat=True)) == {
        "refused"
    }
    near.state.faults.clear()
    Enrollment.objects.filter(district=near.district, school_code="020").delete()
    work(near, clock)
    assert_equal(near)


def test_calendars_under_way_are_not_taken_twice(capital: Capital, clock: FakeClock) -> None:
    switch._set(capital.sync, True, "tester", capital.clock)
    Calendar.objects.create(
        district=capital.district, school_year="2025-2026", instructional_days=165, school_code=None
    )
    capital.student(1)
    capital.state.faults.latency = 0.05
    work(capital, clock)
    sent = Counter(name for _, name, _ in capital.state.history)
    assert sent["calendars"] == 1
    assert_equal(capital)


def test_a_partner_that_is_down_is_asked_ever_more_seldom(near: Capital, clock: FakeClock) -> None:
    Student.objects.filter(district=near.district).update(first_name="Solveig")
    near.state.faults.set({"unavailable": 1.0})
    before = sum(near.state.answered.values())
    work(near, clock, 60, 10)
    asked = sum(near.state.answered.values()) - before
    waiting = Submission.objects.get(sync=near.sync, resource="students")
    assert 6 <= waiting.attempts <= 11
    assert asked <= 2 * 11 + 3
    (problem,) = (
        Alert.objects.filter(sync=near.sync, state=AlertState.OPEN)
        .values_list("code", flat=True)
        .distinct()
    )
    assert problem == "partner.waits"
    near.state.faults.clear()
    work(near, clock)
    assert_equal(near)
    assert not Alert.objects.filter(sync=near.sync, state=AlertState.OPEN).exists()


def test_who_corrects_a_secret_waits_for_no_restart(near: Capital) -> None:
    near.clock = QuickClock()
    near.state.tokens.secret = "another"
    near.state.tokens.expire()
    problem = Alert.objects.filter(sync=near.sync, kind=AlertKind.SIGN_IN)
    with near.attended():
        Student.objects.filter(district=near.district).update(first_name="Solveig")
        until_true(problem.filter(state=AlertState.OPEN).exists)
        near.state.secret = near.state.tokens.secret
        near.apply()
        until_true(lambda: near.state.documents("students")[0]["firstName"] == "Solveig")
        near.settled()
    assert not problem.filter(state=AlertState.OPEN).exists()
    assert not Edit.objects.filter(sync=near.sync).exists()


def test_what_is_under_way_is_heard_though_taking_more_failed(capital: Capital) -> None:
    switch._set(capital.sync, True, "tester", capital.clock)
    for number in range(1, 6):
        capital.student(number)
    capital.state.faults.latency = 0.05
    sender = attending.sender_of(capital.sync, capital.clock)
    edits.process_edits(sender.sync, sender.outbound, sender.settings, capital.clock)
    while not sender.channel.under_way:
        sender.turn(0.01)
    failed: Future[Taking] = Future()
    failed.set_exception(RuntimeError("no room"))
    sender._queue._coming = failed
    asked = sender.channel.under_way
    with pytest.raises(RuntimeError, match="no room"):
        sender.close()
    assert MirrorDocument.objects.filter(sync=capital.sync).count() == asked
