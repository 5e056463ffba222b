"""A held run: approved once, as it was previewed, or refused because something has moved."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import pytest
from django.db import connection
from tests.town import RowMaker, Town

from rollcall.core.problems import Problem
from rollcall.core.reach import Reach
from rollcall.engine.models import Run, RunState
from rollcall.engine.settings import configure
from rollcall.transports.errors import TransportError
from rollcall.transports.kinds import connection_settings
from rollcall.transports.settings import Settings, SftpSettings


@pytest.fixture
def held(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """A run held because half of its rows are rejected."""
    town.apply(guards={"minimum_population": 1, "rejected": {"percent": 10}})
    town.load({"students": students})
    good = table_a(SSID="0000000001", PLAN_TYPE="10")
    town.drop("A.csv", f"{good}\n{table_a(PLAN_TYPE='99')}\n".encode())
    run = town.run()
    assert run.state == RunState.HELD
    return run


def approve(town: Town, run: Run) -> Run:
    from rollcall.engine.runs import approving

    return town.execute(approving.approve(run, "approver", town.clock, "looked at it"))


def test_approval_applies_exactly_that_plan(town: Town, held: Run) -> None:
    done = approve(town, held)
    assert (done.state, done.plan_sha256) == (RunState.DONE, held.plan_sha256)
    assert [record["plan_type"] for record in town.special_education()] == ["10"]


def test_a_partners_server_is_looked_at_briefly_and_nobody_waits_meanwhile(
    town: Town, held: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that answers slowly held the run's row, and a thread that answers pages."""
    from rollcall.engine.runs import approve_and_enqueue
    from rollcall.engine.runs.inputs import fetching

    limits = []

    @contextmanager
    def slow(settings: Settings, reach: Reach) -> Iterator[Any]:
        assert not connection.in_atomic_block
        assert isinstance(settings, SftpSettings)
        limits.append(settings.timeout_seconds)
        raise TransportError("connection.timeout")
        yield

    monkeypatch.setattr(fetching, "open_transport", slow)
    for given in (600, 5):
        sftp = {"type": "sftp", "host": "files.example.org", "user": "u", "password": "p"}
        named = connection_settings({**sftp, "timeout_seconds": given})
        monkeypatch.setattr(configure, "connection_settings", lambda _, named=named: named)
        with pytest.raises(TransportError):
            approve_and_enqueue.approve(held, "approver", town.clock)
    assert limits == [10, 5]
    held.refresh_from_db()
    assert held.state == RunState.HELD


def test_it_is_approved_and_enqueued_or_neither(
    town: Town, held: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rollcall.engine.runs import approve_and_enqueue

    def fails(run: Run) -> None:
        raise OSError

    monkeypatch.setattr(approve_and_enqueue, "enqueue", fails)
    with pytest.raises(OSError):
        approve_and_enqueue.approve(held, "approver", town.clock)
    held.refresh_from_db()
    assert held.state == RunState.HELD


def test_it_is_given_once(town: Town, held: Run) -> None:
    approve(town, held)
    with pytest.raises(Problem, match="only once"):
        approve(town, held)


def test_a_discarded_run_writes_nothing(town: Town, held: Run) -> None:
    from rollcall.engine.runs import approving

    discarded = approving.discard(held, "approver", town.clock)
    assert town.execute(discarded).state == RunState.DISCARDED
    assert town.special_education() == []


def test_it_is_refused_when_records_have_moved(town: Town, held: Run) -> None:
    from rollcall.integrations.casemis.models import SpecialEducation

    SpecialEducation.objects.create(district=town.district, local_id="100001", plan_type="20")
    assert approve(town, held).state == RunState.STALE
    assert [record["plan_type"] for record in town.special_education()] == ["20"]


def test_it_is_not_refused_for_an_edit_that_changes_nothing_in_the_plan(
    town: Town, held: Run
) -> None:
    from rollcall.records.models import Student

    Student.objects.filter(district=town.district, local_id="100003").update(grade="05")
    assert approve(town, held).state == RunState.DONE


def test_it_is_refused_when_the_settings_have_moved(town: Town, held: Run) -> None:
    town.apply(guards={"minimum_population": 1, "rejected": {"percent": 11}})
    with pytest.raises(Problem, match="settings"):
        approve(town, held)
    held.refresh_from_db()
    assert held.state == RunState.STALE


def test_it_is_refused_when_there_is_a_newer_file(town: Town, held: Run) -> None:
    os.utime(town.outgoing / "A.csv", (1_480_000_100, 1_480_000_100))
    with pytest.raises(Problem, match="newer file"):
        approve(town, held)
    assert town.special_education() == []


def test_a_later_run_that_was_applied_ends_it(town: Town, held: Run, table_a: RowMaker) -> None:
    town.drop("A.csv", table_a(SSID="0000000001", PLAN_TYPE="20").encode())
    applied = town.run()
    held.refresh_from_db()
    assert (applied.state, held.state) == (RunState.DONE, RunState.STALE)
    assert f"run {applied.pk} of the same sync was applied" in held.findings[0]["text"]


def test_a_later_run_that_wrote_nothing_leaves_it(town: Town, held: Run) -> None:
    town.run(test=True)
    held.refresh_from_db()
    assert held.state == RunState.HELD


@pytest.fixture
def strict(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Run:
    """A held run of a sync that wants a second person and a note."""
    guards = {"minimum_population": 1, "rejected": {"percent": 10}}
    town.apply(guards=guards, approval={"different_person": True, "note": "required"})
    town.load({"students": students})
    rows = [table_a(SSID="0000000001", PLAN_TYPE="10"), table_a(PLAN_TYPE="99")]
    town.drop("A.csv", "\n".join(rows).encode())
    return town.run()


@pytest.mark.parametrize("person", ["tester", "Tester "])
def test_who_started_a_run_may_not_approve_it_where_two_are_wanted(
    town: Town, strict: Run, person: str
) -> None:
    from rollcall.engine.runs import approving

    with pytest.raises(Problem) as raised:
        approving.approve(strict, person, town.clock, "fine")
    assert raised.value.code == "approval.same_person"
    assert approving.approve(strict, "another", town.clock, "fine").state == RunState.QUEUED


@pytest.mark.parametrize("note", ["", "  "])
def test_a_note_is_wanted_where_the_sync_says_so(town: Town, strict: Run, note: str) -> None:
    from rollcall.engine.runs import approving

    for decide in (approving.approve, approving.discard):
        with pytest.raises(Problem) as raised:
            decide(strict, "another", town.clock, note)
        assert raised.value.code == "approval.note_wanted"
    # Who started it may discard it: nothing is written.
    assert approving.discard(strict, "tester", town.clock, "wrong file").state == "discarded"


def test_anybody_may_approve_what_the_schedule_started(town: Town, strict: Run) -> None:
    from rollcall.engine.runs import approving

    Run.objects.filter(pk=strict.pk).update(started_by="schedule", person="")
    strict.refresh_from_db()
    assert approving.approve(strict, "another", town.clock, "fine").state == RunState.QUEUED
