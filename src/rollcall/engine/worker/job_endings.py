"""Every job that has a state to end writes an end, whatever happens to it.

A page shows such a state as running: one that no end is written of would stay so for ever.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import structlog
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock, SystemClock
from rollcall.engine.connections import connection_checks
from rollcall.engine.locks import sync_lock
from rollcall.engine.models import ConnectionCheck, Run, RunState
from rollcall.engine.runs import run_errors, run_row
from rollcall.engine.runs.results import single_finding
from rollcall.engine.runs.runner import INTERNAL, record_end

log = structlog.get_logger()
_P = ParamSpec("_P")
_Task = TypeVar("_Task", bound=Callable[..., Any])

#: Writes down why the run or test of this number ended, unless it is over.
End = Callable[[int, Problem, Clock], None]

#: A test is enqueued at once after it was begun.
_ENQUEUED_AFTER = timedelta(minutes=1)


class Unended(Exception):
    """The end of a job could not be written; the job has to be tried again."""


def ends(
    end: End, passing: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """A job about a run or a test, whose number is the first argument; `end` ends it where the job
    does not.

    `passing` is raised: the job is tried again then, as it is on Unended.
    """

    def wrapped(do: Callable[_P, None]) -> Callable[_P, None]:
        @wraps(do)
        def ended(*args: _P.args, **kwargs: _P.kwargs) -> None:
            try:
                do(*args, **kwargs)
            except passing:
                raise
            except BaseException as error:  # what a library in C or Rust raises is no Exception
                number = cast(int, next(iter((*args, *kwargs.values()))))
                log.exception("job failed", job=number, error_type=type(error).__name__)
                problem = run_errors.named(error) if isinstance(error, Exception) else None
                _write(end, number, problem or Problem(INTERNAL, type(error).__name__))

        ended.end = end  # type: ignore[attr-defined]
        return ended

    return wrapped


def stateless(why: str) -> Callable[[_Task], _Task]:
    """A job that has no state to end: nothing says that it is running. `why` not."""

    def marked(do: _Task) -> _Task:
        do.stateless = why  # type: ignore[attr-defined]
        return do

    return marked


def _write(end: End, number: int, why: Problem) -> None:
    """Write an end, over a connection of its own where the job left a broken one."""
    for _ in range(2):
        try:
            end(number, why, SystemClock())
        except Exception as error:
            log.warning("end not written", job=number, error_type=type(error).__name__)
            connection.close()
        else:
            return
    raise Unended(why.code)


def end_run(number: int, why: Problem, clock: Clock) -> None:
    """End a run that is not over as failed. SyncBusy while a process carries it out."""
    run = Run.objects.select_related("sync", "version", "district").filter(pk=number).first()
    if run is None:
        return
    with sync_lock(run.sync_id, wait=False):
        run.refresh_from_db(fields=["state", "attempt"])
        if run.state not in (RunState.QUEUED, RunState.RUNNING):
            return
        finding = single_finding(why.code, why.detail)
        fields = {
            "state": RunState.FAILED,
            "findings": [finding],
            "error_code": why.code,
            "error_text": finding["text"],
        }
        try:
            record_end(run, clock, **fields)
        except Exception as error:
            log.exception("run ended without a word", run=number, error_type=type(error).__name__)
            run_row.write(run, finished_at=clock.now(), **fields)


def end_check(number: int, why: Problem, clock: Clock) -> None:
    """End a connection test that is not over as failed."""
    connection_checks.interrupt(number, why, clock)


def end_lost_checks(clock: Clock) -> None:
    """End the connection tests that no job is left of."""
    jobs = ProcrastinateJob.objects.filter(
        task_name="rollcall.check_connection", status__in=["todo", "doing"]
    )
    of_jobs = {args["number"] for args in jobs.values_list("args", flat=True)}
    begun = ConnectionCheck.objects.filter(
        finished_at=None, created_at__lt=clock.now() - _ENQUEUED_AFTER
    )
    for number in begun.exclude(pk__in=of_jobs).values_list("pk", flat=True):
        end_check(number, Problem(connection_checks.INTERRUPTED), clock)
