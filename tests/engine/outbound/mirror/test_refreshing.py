"""Reading the mirror anew: it becomes what the partner holds, whatever is sent meanwhile."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from tests.clock import FakeClock
from tests.minnesota import Capital
from tests.minnesota_holds import assert_equal

from rollcall.core.problems import Problem
from rollcall.core.sending import pages
from rollcall.core.sending.channel import Channel, Page, Verdict
from rollcall.core.sending.pages import NOT_READ
from rollcall.engine.models import Run, RunState
from rollcall.engine.outbound import queue
from rollcall.engine.outbound.channels import open_channel
from rollcall.engine.outbound.mirror.refreshing import Reading, refresh
from rollcall.engine.outbound.models import MirrorDocument, MirrorRead, Submission
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled, settle
from rollcall.engine.runs import fencing
from rollcall.engine.runs.runner import execute
from rollcall.engine.runs.starting import start
from rollcall.engine.settings.config import settings_of
from rollcall.integrations.edfi.integration import INTEGRATION
from rollcall.records.models import District, Student
from rollcall.transports.http_json.channel import JsonChannel

ENROLLMENT = "studentSchoolAssociations"


@pytest.fixture
def sent(capital: Capital) -> Capital:
    """Three students at the state."""
    for number in (1, 2, 3):
        capital.student(number)
    capital.run()
    return capital


@pytest.fixture
def reading(sent: Capital) -> Iterator[Callable[..., Reading]]:
    """A reading of the mirror, of everything or about one number."""
    made: list[Channel] = []

    def of(about: str = "") -> Reading:
        outbound, sync = INTEGRATION.outbound, sent.sync
        settings = settings_of(sync.name, sync.integration, sync.version.config["settings"])
        clock = FakeClock(datetime.now(UTC) + timedelta(days=30))
        made.append(open_channel(sync, outbound, settings, sync.district.school_year, clock))
        return Reading(sync, outbound.resources, made[-1], clock, about)

    yield of
    for channel in made:
        channel.close()


def mirror(capital: Capital) -> dict[tuple[str, str], str]:
    found = MirrorDocument.objects.filter(sync=capital.sync)
    return {(one.resource, one.key): one.flat for one in found}


def test_it_becomes_what_the_state_holds(sent: Capital, reading: Callable[..., Reading]) -> None:
    before = mirror(sent)
    found = MirrorDocument.objects.filter(sync=sent.sync)
    found.filter(local_id="000001").delete()
    found.filter(local_id="000002").update(flat="", digest="")
    found.filter(local_id="000003", resource=ENROLLMENT).update(key="what it does not hold")
    assert refresh(reading()) == 9
    assert mirror(sent) == before
    assert (
        dict(MirrorRead.objects.filter(sync=sent.sync).values_list("resource", "documents"))[
            ENROLLMENT
        ]
        == 3
    )
    assert_equal(sent)


def test_about_one_student_it_leaves_the_others_alone(
    sent: Capital, reading: Callable[..., Reading]
) -> None:
    found = MirrorDocument.objects.filter(sync=sent.sync)
    found.update(flat="")
    assert refresh(reading("0625000000001")) == 3
    assert found.filter(flat="", local_id="000001").count() == 0
    assert found.filter(flat="").count() == 6


def test_of_another_district_nobody_is_taken_for_a_student_here(
    sent: Capital, reading: Callable[..., Reading]
) -> None:
    """In another district the number is that of a student with the local id of somebody here."""
    elsewhere = District.objects.create(
        code=f"{sent.code}-2", name="Elsewhere", state="MN", timezone="UTC", school_year="2025-2026"
    )
    Student.objects.create(
        district=elsewhere, local_id="000002", state_id="0625000000001", last_name="L"
    )
    before = mirror(sent)
    refresh(reading("0625000000001"))
    assert mirror(sent) == before


def test_an_answer_that_is_newer_than_the_page_is_kept(
    sent: Capital, reading: Callable[..., Reading]
) -> None:
    asking = reading()
    newer = asking.clock.now() + timedelta(seconds=1)
    one = MirrorDocument.objects.filter(sync=sent.sync, resource=ENROLLMENT).first()
    assert one is not None
    MirrorDocument.objects.filter(pk=one.pk).update(flat="newer", seen_at=newer)
    refresh(asking)
    one.refresh_from_db()
    assert one.flat == "newer"


def test_a_page_brings_nothing_back_that_was_taken_away_after_it_was_asked_for(
    sent: Capital, reading: Callable[..., Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    (gone, *_) = MirrorDocument.objects.filter(sync=sent.sync, resource=ENROLLMENT)
    removal = Submission.objects.create(
        sync=sent.sync,
        resource=ENROLLMENT,
        key=gone.key,
        local_id=gone.local_id,
        kind="remove",
        since=gone.seen_at,
    )
    with transaction.atomic():
        (taken,) = queue.take(connection.connection, sent.sync.pk, gone.seen_at, 0, 9, [])
    answered = threading.Event()
    page = JsonChannel.page

    def slow(channel: JsonChannel, resource: str, about: str, cursor: str) -> Page | Verdict:
        answer = page(channel, resource, about, cursor)
        if resource == ENROLLMENT:
            answered.set()
            threading.Event().wait(0.2)
        return answer

    monkeypatch.setattr(JsonChannel, "page", slow)
    asking = reading()

    def read() -> None:
        refresh(asking)
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    assert answered.wait(10)
    with transaction.atomic():
        settle(
            connection.connection, sent.sync.pk, [Settled(taken, Outcome.ACCEPTED)], gone.seen_at
        )
    thread.join()
    assert not Submission.objects.filter(pk=removal.pk).exists()
    assert (ENROLLMENT, gone.key) not in mirror(sent)


def test_a_token_may_end_in_the_middle(sent: Capital, reading: Callable[..., Reading]) -> None:
    sent.state.faults.requests_per_token = 2
    assert refresh(reading()) == 9


def test_a_page_that_fails_is_asked_for_again(
    sent: Capital, reading: Callable[..., Reading]
) -> None:
    sent.state.faults.set({"methods": ("GET",), "sequence": ["503", "drop-before", "429"]})
    assert refresh(reading()) == 9


def test_a_state_that_cannot_be_read_is_a_problem_and_the_mirror_stays(
    sent: Capital, reading: Callable[..., Reading]
) -> None:
    before = mirror(sent)
    sent.state.faults.set({"methods": ("GET",), "unavailable": 1.0})
    with pytest.raises(Problem) as raised:
        refresh(reading())
    assert raised.value.code == NOT_READ
    assert mirror(sent) == before


def test_pages_without_end_are_a_problem_and_the_mirror_stays(
    sent: Capital, reading: Callable[..., Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each names a next one, with or without documents of its own."""
    before, found = mirror(sent), reading()
    asked: list[str] = []
    page = found.channel.page

    def endless(resource: str, about: str = "", cursor: str = "") -> Page | Verdict:
        asked.append(cursor)
        read = page(resource, about, cursor)
        assert isinstance(read, Page)
        return replace(read, cursor=cursor or "/data/v3/ed-fi/students?offset=0")

    monkeypatch.setattr(pages, "_MOST", 3)
    monkeypatch.setattr(found.channel, "page", endless)
    with pytest.raises(Problem) as raised:
        refresh(found)
    assert raised.value.code == NOT_READ
    assert len(asked) == 3
    assert mirror(sent) == before


def test_of_two_students_with_one_number_nothing_is_taken_away(sent: Capital) -> None:
    other = sent.student(4, state_id="0625000000001")
    run = sent.run("resynchronize")
    removed = {name: counts["removed"] for name, counts in run.counts.items()}
    assert set(removed.values()) == {0}
    assert len(sent.state.documents(ENROLLMENT)) == 3
    Student.objects.filter(pk=other.pk).update(state_id="0625000000004")
    sent.run("resynchronize")
    assert_equal(sent)


def test_a_run_that_another_process_has_by_now_reads_nothing_into_the_mirror(
    capital: Capital,
) -> None:
    capital.student(1)
    run = start(capital.sync, capital.clock, by="person", person="tester", job="start_year")

    def overtaken(step: str, rows: int) -> None:
        if step == "fetch":
            fencing.begin(Run.objects.get(pk=run.pk))

    left = execute(run.pk, capital.clock, overtaken)
    assert (left.state, left.attempt) == (RunState.RUNNING, 2)
    assert not MirrorRead.objects.filter(sync=capital.sync).exists()
