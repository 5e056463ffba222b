"""Whatever happens to records, to the state and to the sender: in the end the state holds what the
records say.

Edits of every kind, faults of every kind, pauses and batch jobs come in any order, and the sender
may die at any moment: what it holds in memory is forgotten, what it has asked of the state is done
there and nobody hears of it. ROLLCALL_EXAMPLES=500 tries so many histories. A history that fails
is printed step by step, with the seed that makes it again (--hypothesis-seed).
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import randrange
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import booleans, integers, lists, sampled_from
from tests.clock import FakeClock
from tests.examples import NIGHTLY
from tests.minnesota import SCHOOLS, YEAR, Capital, world
from tests.minnesota_holds import assert_equal, at_the_state, called_for

from rollcall.core.plans.digest import SEPARATOR
from rollcall.engine.models import RunState, Sync
from rollcall.engine.outbound.models import Edit, Live, Submission
from rollcall.engine.outbound.near_real_time import attending, edits, switch
from rollcall.engine.outbound.sender.sender import Sender
from rollcall.records.models import Calendar, Demographics, Enrollment, Program, School, Student
from rollcall.sandbox.edfi.faults import Fault
from rollcall.sandbox.edfi.server import EdfiServer
from rollcall.sandbox.edfi.store import Document, Key
from rollcall.transports.http_json.channel import JsonChannel

EXAMPLES = int(os.environ.get("ROLLCALL_EXAMPLES", "100" if NIGHTLY else "5"))
#: A history takes a second or more, so that looking for a shorter one is only done when asked for.
PHASES = [Phase.generate, *([Phase.shrink] if "ROLLCALL_SHRINK" in os.environ else [])]
NUMBERS = integers(1, 4)
#: Numbers at the state: more than students, so that one may be left and taken by another.
STATE_IDS = integers(1, 6).map(lambda number: f"0625{number:09}")
DATES = sampled_from([date(2025, 9, 2), date(2025, 9, 8)])
WHILE_SENDING = ("GET", "POST", "PUT", "DELETE")


class Ticking(FakeClock):
    """Time passes by looking at it."""

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=20)
        return self.time


class Sending(RuleBasedStateMachine):
    """One district, its state, and a sender that comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self.state = EdfiServer(world()).__enter__()
        self.clock = Ticking(datetime(2025, 10, 15, 15, tzinfo=UTC))
        self.capital = Capital(self.state, self.clock)  # type: ignore[arg-type]  # a clock of tests
        self.capital.apply(concurrency=3)
        self.capital.schools()
        self.district = self.capital.district
        Calendar.objects.create(
            district=self.district, school_year=YEAR, instructional_days=165, school_code=None
        )
        switch._set(self.capital.sync, True, "tester", self.clock)
        self.sending: Sender | None = None
        self.dead: list[Sender] = []
        self.edited = count(1)
        self.names: list[tuple[Key, str]] = []
        _overhear(self.state, self.names)

    # Records

    def of(self, model: type[Model], number: int) -> "QuerySet[Any]":
        rows: QuerySet[Any] = model._default_manager.filter(
            district=self.district, local_id=f"{number:06}"
        )
        return rows

    def name(self) -> str:
        """A name that sorts behind all before."""
        return f"v{next(self.edited):05}"

    @rule(number=NUMBERS, school=sampled_from(list(SCHOOLS)), state_id=STATE_IDS)
    def add(self, number: int, school: str, state_id: str) -> None:
        if not self.of(Student, number).exists():
            with transaction.atomic():
                self.capital.student(
                    number, school=school, state_id=state_id, first_name=self.name()
                )

    @rule(number=NUMBERS)
    def remove(self, number: int) -> None:
        with transaction.atomic():
            self.capital.remove(f"{number:06}")

    @rule(number=NUMBERS)
    def rename(self, number: int) -> None:
        self.of(Student, number).update(first_name=self.name())

    @rule(number=NUMBERS, school=sampled_from(list(SCHOOLS)))
    def move(self, number: int, school: str) -> None:
        if self.of(Enrollment, number).count() == 1:
            self.of(Enrollment, number).update(school_code=school)

    @rule(number=NUMBERS, day=DATES)
    def enter(self, number: int, day: date) -> None:
        if self.of(Enrollment, number).count() == 1:
            self.of(Enrollment, number).update(entry_date=day)

    @rule(number=NUMBERS, school=sampled_from(list(SCHOOLS)))
    def enroll_at_another(self, number: int, school: str) -> None:
        enrollments = self.of(Enrollment, number)
        first = enrollments.first()
        if first is not None and not enrollments.filter(school_code=school).exists():
            first.pk, first.school_code = None, school
            first.save()

    @rule(number=NUMBERS, school=sampled_from(list(SCHOOLS)))
    def leave(self, number: int, school: str) -> None:
        self.of(Enrollment, number).filter(school_code=school).delete()

    @rule(number=NUMBERS, state_id=STATE_IDS)
    def number_at_the_state(self, number: int, state_id: str) -> None:
        self.of(Student, number).update(state_id=state_id, first_name=self.name())

    @rule(number=NUMBERS, other=NUMBERS)
    def number_here(self, number: int, other: int) -> None:
        if not self.of(Student, other).exists():
            self.of(Student, number).update(local_id=f"{other:06}")

    @rule(number=NUMBERS, hispanic=sampled_from("YN"))
    def demographics(self, number: int, hispanic: str) -> None:
        self.of(Demographics, number).update(hispanic=hispanic)

    @rule(number=NUMBERS, there=booleans())
    def program(self, number: int, there: bool) -> None:
        if not there:
            self.of(Program, number).delete()
        elif self.of(Student, number).exists() and not self.of(Program, number).exists():
            Program.objects.create(
                district=self.district,
                local_id=f"{number:06}",
                school_code="010",
                school_year=YEAR,
                program_type="Gifted",
                program_name="Gifted",
                begin_date=date(2025, 9, 2),
            )

    @rule(grade=sampled_from("56"))
    def bulk(self, grade: str) -> None:
        Enrollment.objects.filter(district=self.district).update(grade=grade)

    @rule(days=sampled_from([165, 170]))
    def calendar(self, days: int) -> None:
        Calendar.objects.filter(district=self.district).update(instructional_days=days)

    # The state

    @rule(faults=lists(sampled_from([fault.value for fault in Fault]), max_size=6))
    def next_answers(self, faults: list[str]) -> None:
        self.state.faults.set({"sequence": faults, "methods": WHILE_SENDING})

    @rule(
        state_id=STATE_IDS,
        resource=sampled_from(["students", "studentSchoolAssociations"]),
    )
    def refuses(self, state_id: str, resource: str) -> None:
        self.state.faults.refuse(resource, (state_id,))

    @rule()
    def refuses_no_longer(self) -> None:
        self.state.faults.set({"refused": []})

    @rule(down=booleans())
    def is_down(self, down: bool) -> None:
        self.state.faults.down = down

    @rule()
    def tokens_end(self) -> None:
        self.state.tokens.expire()

    # The sender

    @rule(at_once=sampled_from([1, 5000]))
    def look(self, at_once: int) -> None:
        sender = self.sender()
        edits.process_edits(sender.sync, sender.outbound, sender.settings, self.clock, at_once)

    @rule(turns=integers(1, 6))
    def send(self, turns: int) -> None:
        for _ in range(turns):
            self.sender().turn(0.02)

    @rule(seconds=integers(1, 20))
    def wait(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @precondition(lambda self: self.sending is not None)
    @rule()
    def die(self) -> None:
        assert self.sending is not None
        channel = self.sending.channel
        assert isinstance(channel, JsonChannel)
        client = channel._session._client
        while client.under_way:
            client.poll(0.1)
        channel.close()
        self.dead.append(self.sending)
        self.sending = None

    @precondition(lambda self: self.sending is not None)
    @rule()
    def end(self) -> None:
        assert self.sending is not None
        self.sending.close()
        self.sending = None

    @rule()
    def pause_and_resume(self) -> None:
        self.paused(True)
        before = len(self.state.history)
        self.clock.sleep(1)
        self.send(3)
        assert self.sending is not None
        assert self.sending.stopped
        self.end()
        answers = sum(self.state.answered.values())
        assert len(self.state.history) <= before + 3
        self.send(2)
        assert sum(self.state.answered.values()) <= answers + 2
        self.paused(False)
        self.end()

    @rule(job=sampled_from(["start_year", "resynchronize"]))
    def job(self, job: str) -> None:
        if self.sending is not None:
            self.die()
        self.state.faults.set({"sequence": [], "down": False})
        self.capital.run(job)

    def paused(self, paused: bool) -> None:
        Sync.objects.filter(pk=self.capital.sync.pk).update(paused=paused)

    def sender(self) -> Sender:
        if self.sending is not None and self.sending.stopped:
            self.end()
        if self.sending is None:
            self.sending = attending.sender_of(self.capital.sync, self.clock)
        return self.sending

    # What must be true

    def teardown(self) -> None:
        try:
            self.state.faults.clear()
            self.paused(False)
            self.distinguish()
            self.settle(but_for_refused=True)
            self.try_refused_again()
            self.settle()
            self.nothing_is_missing()
            School.objects.filter(district=self.district, code="010").update(name="Looked at")
            self.settle()
            assert_equal(self.capital)
            self.in_order()
            self.end()
            self.nothing_to_resynchronize()
        finally:
            if self.sending is not None:
                self.die()
            for sender in self.dead:
                sender._thread.close()  # with its connection, which a process that dies has closed
            Live.objects.filter(sync=self.capital.sync).delete()
            self.state.__exit__(None, None, None)

    def distinguish(self) -> None:
        """Of students with one number at the state all but one get their own."""
        taken: set[str | None] = set()
        for student in Student.objects.filter(district=self.district).order_by("local_id"):
            if student.state_id in taken:
                student.state_id = f"0625{int(student.local_id) + 90:09}"
                student.first_name = self.name()
                student.save()
            taken.add(student.state_id)

    def settle(self, *, but_for_refused: bool = False) -> None:
        """Send until nothing waits. `but_for_refused`: nothing but documents that wait for one of
        the same student that was refused. They are tried every five minutes, and wait as long as
        it is refused: until an edit or a batch run sends it again.
        """
        sender = self.sender()
        submissions = Submission.objects.filter(sync=sender.sync)
        for _ in range(400):
            edits.process_edits(sender.sync, sender.outbound, sender.settings, self.clock)
            sender.turn(0.02)
            if not sender.idle:
                continue
            waits = submissions.filter(state__in=("waiting", "parent"))
            if but_for_refused:
                refused = submissions.filter(state="refused").values_list("key", flat=True)
                for student in {key.split(SEPARATOR)[0] for key in refused}:
                    waits = waits.exclude(state="parent", key__startswith=student)
            if not waits.exists() and not Edit.objects.filter(sync=sender.sync).exists():
                return
            self.clock.sleep(400)
        fields = ("resource", "key", "kind", "state", "attempts", "code", "text")
        raise AssertionError([*submissions.values_list(*fields)])

    def try_refused_again(self) -> None:
        refused = Submission.objects.filter(sync=self.capital.sync, state="refused")
        refused.update(state="waiting", next_attempt=None)

    def nothing_is_missing(self) -> None:
        """Before everything is looked at again: of near real time alone."""
        state, records = at_the_state(self.capital), called_for(self.capital)
        for name in state:
            assert set(records[name]) <= set(state[name]), name
            if name not in ("students", "calendars"):
                assert records[name] == state[name], name

    def in_order(self) -> None:
        """No student at the state ever got an older name after a newer one."""
        newest: dict[Key, str] = {}
        for key, name in self.names:
            assert newest.get(key, "") <= name
            newest[key] = name

    def nothing_to_resynchronize(self) -> None:
        run = self.capital.run("resynchronize")
        assert run.state == RunState.DONE
        words = ("added", "updated", "removed")
        changed = {name: tuple(map(numbers.get, words)) for name, numbers in run.counts.items()}
        assert set(changed.values()) == {(0, 0, 0)}, changed


def _overhear(state: EdfiServer, names: list[tuple[Key, str]]) -> None:
    """Note the first name in each write of a student that the state accepts, in their order."""
    store = state._app.store
    add: Callable[..., Document] = store.add
    change: Callable[..., None] = store.change

    def note(resource: str, key: Key, body: bytes) -> None:
        if resource == "students":
            names.append((key, body.decode().partition('"firstName":"')[2][:6]))

    def overheard_add(resource: Any, key: Key, body: bytes, *rest: Any) -> Document:
        note(resource.name, key, body)
        return add(resource, key, body, *rest)

    def overheard_change(document: Document, key: Key, body: bytes, *rest: Any) -> None:
        note(document.resource.name, key, body)
        change(document, key, body, *rest)

    store.add = overheard_add  # type: ignore[assignment, method-assign]  # overhears
    store.change = overheard_change  # type: ignore[assignment, method-assign]  # overhears


@pytest.fixture
def listening(wired: None) -> Iterator[None]:
    """The job's own sender waits for notifications."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN rollcall_edit")
    yield


def test_documents_of_a_refused_student_wait_until_the_student_is_accepted(listening: None) -> None:
    """The history that the machine found now and then: nothing but their parent ends their wait."""
    history = Sending()
    history.refuses(state_id := f"0625{1:09}", "students")
    history.add(1, "010", state_id)
    history.look(5000)
    history.settle(but_for_refused=True)
    submissions = Submission.objects.filter(sync=history.capital.sync)
    assert set(submissions.values_list("resource", "state")) == {
        ("students", "refused"),
        ("studentSchoolAssociations", "parent"),
        ("studentEducationOrganizationAssociations", "parent"),
    }
    history.teardown()  # with what must be true in the end


def test_in_the_end_the_state_holds_what_the_records_say(
    listening: None, pytestconfig: pytest.Config
) -> None:
    number = int(pytestconfig.getoption("--hypothesis-seed") or randrange(2**32))
    print(f"To repeat: ROLLCALL_EXAMPLES={EXAMPLES}, --hypothesis-seed={number}")
    run_state_machine_as_test(
        seed(number)(Sending),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
