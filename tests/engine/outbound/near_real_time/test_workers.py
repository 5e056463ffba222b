"""Two workers on one database: whoever dies or is paused, no edit is missed and none is stale."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from tests.e2e.small_district import quick_worker_command
from tests.minnesota import Capital, until_true
from tests.minnesota_holds import assert_equal
from tests.minnesota_killed import environment

from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Sync
from rollcall.engine.outbound.models import Submission
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.runs import pausing
from rollcall.records.models import Student

STUDENTS = 8
TURNS = 80
#: Who holds the sending lock (engine.locks).
_HOLDER = """SELECT split_part(application_name, ' ', 1)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = x'526F6C73'::int AND objid = %s AND granted"""


@pytest.fixture
def live(capital: Capital) -> Capital:
    """Students sent, near real time on, by the machine's own clock as workers have it."""
    capital.clock = SystemClock()
    capital.apply(concurrency=1)
    with transaction.atomic():
        for number in range(1, STUDENTS + 1):
            capital.student(number)
    capital.run()
    # What other tests left is not attended to.
    others = Sync.objects.filter(integration="edfi").exclude(pk=capital.sync.pk)
    others.update(paused=True)
    switch._set(capital.sync, True, "tester", capital.clock)
    return capital


@pytest.fixture
def workers(live: Capital) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Two worker processes by name, one of which attends to the sync and has sent an edit."""
    edit(live, TURNS)
    command = quick_worker_command()
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(
                subprocess.Popen(
                    command,
                    env={**environment(), "PGAPPNAME": name},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            for name in ("one", "other")
        }
        try:
            until_true(lambda: holder(live) in started, 60)
            live.settled()
            yield started
        finally:
            for process in started.values():
                process.send_signal(signal.SIGKILL)


def holder(capital: Capital) -> str:
    """The name of the worker that sends for the sync."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDER, [capital.sync.pk])
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def edit(capital: Capital, turn: int) -> None:
    student = f"{turn % STUDENTS + 1:06}"
    of_student = Student.objects.filter(district=capital.district, local_id=student)
    of_student.update(first_name=f"Turn {turn:03}")


def names(capital: Capital) -> list[str]:
    return sorted(one["firstName"] for one in capital.state.documents("students"))


Workers = dict[str, subprocess.Popen[bytes]]


def test_when_a_worker_is_killed_another_goes_on_and_no_edit_is_missed(
    live: Capital, workers: Workers
) -> None:
    live.state.faults.latency = 0.01
    for turn in range(TURNS // 2):
        edit(live, turn)
    until_true(lambda: "Turn 000" in names(live) or len(live.state.history) > 3 * STUDENTS + 4)
    killed = holder(live)
    workers[killed].send_signal(signal.SIGKILL)
    began = datetime.now(UTC)
    for turn in range(TURNS // 2, TURNS):
        edit(live, turn)
    until_true(lambda: holder(live) not in ("", killed))
    assert (datetime.now(UTC) - began).total_seconds() < 5
    live.settled()
    assert names(live) == [f"Turn {turn:03}" for turn in range(TURNS - STUDENTS, TURNS)]
    assert_equal(live)


def test_when_a_worker_is_frozen_another_sends_and_its_old_answers_are_not_written(
    live: Capital, workers: Workers
) -> None:
    live.state.faults.latency = 0.01
    for turn in range(TURNS // 2):
        edit(live, turn)
    until_true(lambda: "Turn 000" in names(live) or len(live.state.history) > 3 * STUDENTS + 4)
    frozen = holder(live)
    workers[frozen].send_signal(signal.SIGSTOP)
    for turn in range(TURNS // 2, TURNS):
        edit(live, turn)
    until_true(lambda: holder(live) not in ("", frozen), 60)
    live.settled()
    workers[frozen].send_signal(signal.SIGCONT)
    edit(live, TURNS)
    live.settled()
    assert f"Turn {TURNS:03}" in names(live)
    assert_equal(live)
    assert workers[frozen].poll() is None


def test_a_pause_stops_what_is_queued_already(live: Capital, workers: Workers) -> None:
    live.state.faults.latency = 0.2
    before = len(live.state.history)
    with transaction.atomic():
        for turn in range(STUDENTS):
            edit(live, turn)
    until_true(lambda: len(live.state.history) > before)
    pausing.pause(live.sync, live.clock)
    waits = Submission.objects.filter(sync=live.sync, state="waiting")
    until_true(lambda: not waits.filter(tried=True).exists())
    stopped = len(live.state.history)
    assert stopped - before < STUDENTS
    edit(live, STUDENTS)
    threading.Event().wait(0.5)
    assert len(live.state.history) == stopped
    assert waits.exists()
    live.state.faults.latency = 0.0
    pausing.resume(live.sync, live.clock)
    live.settled()
    assert_equal(live)
