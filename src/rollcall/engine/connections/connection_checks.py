"""Connection tests as jobs: begun by a page, carried out by a worker, followed step by step."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from queue import SimpleQueue
from typing import Any

from pydantic import TypeAdapter

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine import secrets
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.models import Connection, ConnectionCheck
from rollcall.engine.runs.starting import filenames
from rollcall.engine.settings.partner_settings import connection_draft
from rollcall.transports.check import Step, StepState, check, passed
from rollcall.transports.check_files import age
from rollcall.transports.kinds import connection_settings
from rollcall.transports.port import Stage

INTERRUPTED = Codes.add(
    "check.interrupted",
    Severity.ERROR,
    "The worker that carried out this connection test stopped before the test was finished",
    "Test the connection again. If this happens again, send the worker's log to the people who "
    "maintain Rollcall.",
    "the person who runs the server",
)
_STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[Step])


def begin(connection: Connection, person: str, clock: Clock) -> ConnectionCheck:
    """A test of a connection as it is saved, to be carried out (`tasks.enqueue_check`)."""
    sealed = {field: secret["sealed"] for field, secret in connection.secrets.items()}
    return _begin(connection, connection.settings, sealed, person, clock)


def begin_draft(
    connection: Connection, kind: str, sent: Mapping[str, Any], person: str, clock: Clock
) -> ConnectionCheck:
    """A test of a connection as its form has it; `connection` can be one that is not saved yet.

    Raises config.Mistakes by field.
    """
    plain, opened = connection_draft(connection, kind, sent)
    sealed = {field: secrets.seal(value) for field, value in opened.items()}
    return _begin(connection, plain, sealed, person, clock)


def _begin(
    connection: Connection,
    settings: Mapping[str, Any],
    sealed: Mapping[str, str],
    person: str,
    clock: Clock,
) -> ConnectionCheck:
    saved = connection.pk is not None
    return ConnectionCheck.objects.create(
        district_id=connection.district_id,
        connection=connection if saved else None,
        settings=dict(settings),
        secrets=dict(sealed),
        names=filenames(connection) if saved else [],
        started_by=person,
        created_at=clock.now(),
    )


def carry_out(number: int, clock: Clock) -> ConnectionCheck:
    """Carry out a test, keeping its steps up to date; one that is over is left as it is.

    Whatever it raises, its job ends it then, and its secrets go (engine.worker.job_endings).
    """
    connection_check = ConnectionCheck.objects.get(pk=number)
    if connection_check.finished_at is not None:
        return connection_check
    for steps in _steps(connection_check, clock):
        connection_check.steps = _STEPS.dump_python(list(steps), mode="json")
        connection_check.save(update_fields=["steps"])
    connection_check.finished_at, connection_check.secrets = clock.now(), {}
    connection_check.save(update_fields=["finished_at", "secrets"])
    return connection_check


def interrupt(number: int, why: Problem, clock: Clock) -> None:
    """End a test as failed, unless it is over."""
    step = _ended("Test the connection", why)
    ConnectionCheck.objects.filter(pk=number, finished_at=None).update(
        steps=_STEPS.dump_python([step], mode="json"), secrets={}, finished_at=clock.now()
    )


def _steps(connection_check: ConnectionCheck, clock: Clock) -> Iterator[Sequence[Step]]:
    """The steps each time they change.

    The test has a thread of its own: a transport can report a step from inside an event loop,
    where the database cannot be written.
    """
    try:
        opened = {field: secrets.unseal(token) for field, token in connection_check.secrets.items()}
    except Problem as problem:
        yield [_ended("Read the settings", problem)]
        return
    settings = connection_settings({**connection_check.settings, **opened})
    reports: SimpleQueue[Sequence[Step] | None] = SimpleQueue()
    with ThreadPoolExecutor(1) as thread:
        reach = reach_of(connection_check.district)
        going = thread.submit(
            check,
            settings,
            connection_check.names,
            reach,
            clock.now,
            lambda steps: reports.put(list(steps)),
        )
        going.add_done_callback(lambda _: reports.put(None))
        while (steps := reports.get()) is not None:
            yield steps
        going.result()


def _ended(title: str, problem: Problem) -> Step:
    """The one step of a test that a problem of our own side ended."""
    declared = problem.declared
    return Step(
        name="settings",
        title=title,
        state=StepState.FAILED,
        code=problem.code,
        text=problem.sentence,
        advice=declared.what_to_do,
        who=declared.who,
    )


def as_json(connection_check: ConnectionCheck, clock: Clock) -> dict[str, Any]:
    """A test for a page or a program: `state` (waiting, running, ok, failed), steps, newest file.

    `waiting` means that no worker has begun it. `newest`: name, size in bytes, time of its last
    change, and how long ago that was in words; None when no file was seen.
    """
    steps = _STEPS.validate_python(connection_check.steps)
    newest = next((step.file for step in steps if step.name == Stage.LIST and step.file), None)
    if connection_check.finished_at is None:
        state = "running" if steps else "waiting"
    else:
        state = "ok" if passed(steps) else "failed"
    return {
        "check": connection_check.pk,
        "state": state,
        "steps": [asdict(step) for step in steps],
        "newest": newest
        and {
            "name": newest.name,
            "size": newest.size,
            "modified": newest.modified,
            "age": age((clock.now() - newest.modified).total_seconds()),
        },
    }
