"""Whatever a background job raises, what it was about comes to an end that a page can show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from procrastinate.tasks import Task
from tests.town import Town

from rollcall.engine import secrets
from rollcall.engine.connections import connection_checks
from rollcall.engine.models import Alert, Connection, ConnectionCheck, Run, RunState
from rollcall.engine.runs.starting import start
from rollcall.engine.worker import job_endings, tasks

TASKS = {name: task for name, task in app.tasks.items() if name.startswith("rollcall.")}


class Panic(BaseException):
    """What Polars raises when it panics is no Exception either."""


def lone_surrogate() -> None:
    Connection.objects.update_or_create(name="r\udce4k", defaults={"settings": {"a": "\udce4"}})


def surrogate_in_json() -> None:
    ConnectionCheck.objects.update(steps=[{"name": "\udce4"}])


def nothing_such() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nothing_such")


def raising(error: BaseException) -> Callable[[], None]:
    def breaks() -> None:
        raise error

    return breaks


BREAKS: dict[str, Callable[[], None]] = {
    "any": raising(ValueError("x")),
    "memory": raising(MemoryError()),
    "panic": raising(Panic()),
    "exit": raising(SystemExit(1)),
    "surrogate": lone_surrogate,
    "jsonb": surrogate_in_json,
    "database": nothing_such,
}


def begun_check(town: Town) -> ConnectionCheck:
    there = Connection.objects.get(district=town.district, name="seis")
    made = connection_checks.begin(there, "pat", town.clock)
    made.secrets, made.steps = {"password": secrets.seal("hunter2")}, [{"title": "List"}]
    made.save()
    return made


def begun_run(town: Town) -> Run:
    run = start(town.sync, town.clock, by="person")
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
    return run


BEGIN: dict[str, Callable[[Town], Any]] = {
    "rollcall.check_connection": begun_check,
    "rollcall.execute": begun_run,
}


def is_over(made: Any) -> bool:
    made.refresh_from_db()
    return made.finished_at is not None and getattr(made, "state", "failed") == "failed"


def test_every_task_ends_what_it_is_about_or_has_no_state() -> None:
    for name, task in TASKS.items():
        assert hasattr(task.func, "end") != bool(getattr(task.func, "stateless", "")), name
    assert {name for name, task in TASKS.items() if hasattr(task.func, "end")} == set(BEGIN)


@pytest.mark.parametrize("name", BEGIN)
@pytest.mark.parametrize("breaks", BREAKS)
def test_a_job_that_raises_anything_is_over(town: Town, name: str, breaks: str) -> None:
    made = BEGIN[name](town)
    carried_out(TASKS[name], BREAKS[breaks], made.pk)
    assert is_over(made)
    assert getattr(made, "secrets", {}) == {}


def carried_out(task: Task[Any, Any, Any], job: Callable[[], None], number: int) -> None:
    """What the worker does with a task whose own part is this job."""
    end = task.func.end  # type: ignore[attr-defined]
    job_endings.ends(end)(lambda number: job())(number)


def test_a_run_that_ends_so_is_told_as_every_other(town: Town) -> None:
    run = begun_run(town)
    carried_out(TASKS["rollcall.execute"], BREAKS["panic"], run.pk)
    run.refresh_from_db()
    assert (run.error_code, run.findings[0]["code"]) == ("run.internal_error",) * 2
    assert Alert.objects.filter(sync=town.sync, code="run.internal_error").exists()
    assert run.mails.count() == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database lets us wait for no lock."""
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "options", "-c lock_timeout=50ms")
    connection.close()
    yield
    connection.close()


@pytest.mark.parametrize("name", BEGIN)
def test_an_end_that_cannot_be_written_is_tried_again(
    town: Town, impatient: None, name: str
) -> None:
    made, task = BEGIN[name](town), TASKS[name]
    with locked(made), pytest.raises(job_endings.Unended) as raised:
        carried_out(task, BREAKS["any"], made.pk)
    job = Job(id=1, queue="", lock=None, queueing_lock=None, task_name=name, attempts=50)
    assert task.get_retry_exception(raised.value, job) is not None
    assert not is_over(made)
    carried_out(task, BREAKS["any"], made.pk)
    assert is_over(made)


@contextmanager
def locked(made: Any) -> Iterator[None]:
    """Somebody else holds the row."""
    parts = {k: v for k, v in connection.get_connection_params().items() if k in _WHERE}
    with psycopg.connect(**parts) as other:
        other.execute(f"SELECT 1 FROM {made._meta.db_table} WHERE id = {made.pk} FOR UPDATE")
        yield


_WHERE = ("host", "port", "dbname", "user", "password")


@pytest.mark.parametrize("name", BEGIN)
def test_what_is_not_there_any_more_needs_no_end(wired: None, name: str) -> None:
    carried_out(TASKS[name], BREAKS["any"], 2_000_000_000)


def test_a_test_whose_worker_died_is_over(town: Town) -> None:
    made = begun_check(town)
    name = "rollcall.check_connection"
    job = Job(
        id=1,
        queue="",
        lock=None,
        queueing_lock=None,
        task_name=name,
        task_kwargs={"number": made.pk},
    )
    tasks._note_death(job)
    assert is_over(made)
    assert made.steps[0]["code"] == "check.interrupted"
    assert made.secrets == {}
    tasks.check_connection(number=made.pk)  # its job, given to another worker
    made.refresh_from_db()
    assert made.steps[0]["code"] == "check.interrupted"


def test_a_test_that_has_no_job_is_over_after_a_minute(town: Town) -> None:
    lost, waiting = begun_check(town), begun_check(town)
    tasks.enqueue_check(waiting)
    job_endings.end_lost_checks(town.clock)
    assert not is_over(lost)
    town.clock.time += timedelta(minutes=2)
    job_endings.end_lost_checks(town.clock)
    assert is_over(lost)
    assert not is_over(waiting)
