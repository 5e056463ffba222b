"""A worker's jobs while the database goes away, and after the worker itself was away.

Procrastinate's worker ends when one of its own queries fails, and forgets to write down what became
of a job. Here its queries are asked again until the database is back. A worker that was frozen can
have been removed, its jobs given to others: it registers again, and leaves those jobs alone.
docs/decisions/0022-fencing.md says why.
"""

import asyncio
import os
import time
from asyncio import Task
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.db import connection, connections
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from rollcall.core.findings import Codes, Severity
from rollcall.engine.worker.ticks import TickingWorker

log = structlog.get_logger()
_T = TypeVar("_T")

LOST = Codes.add(
    "database.lost",
    Severity.ERROR,
    "The database has been away for too long, so this worker ended",
    "Start the database, then the worker; a supervisor such as systemd does the latter by itself. "
    "No run is lost.",
    "the person who runs the server",
)
ENDED = Codes.add(
    "worker.ended",
    Severity.ERROR,
    "A part of this worker ended by itself, so the worker ended too",
    "Start the worker again, and send the last lines of its log to the people who maintain "
    "Rollcall.",
    "the person who runs the server",
)

#: For so long the database can be away before a worker ends, and so often it is asked, seconds.
PATIENCE = 600.0
_AGAIN_AFTER = 1.0

_SESSIONS = "rollcall worker "
#: Of a name that was given so much is kept: PostgreSQL cuts names off after 63 bytes.
_LONGEST = 20


def register() -> int:
    """Register a worker; the sessions of this process that begin from now on have its name, behind
    the one that whoever started it gave them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT worker_id FROM procrastinate_register_worker_v1()")
        number = int(cursor.fetchone()[0])
    connection.close()
    options = connections.settings["default"]["OPTIONS"]
    application_name = str(options.get("application_name") or os.environ.get("PGAPPNAME", ""))
    options["application_name"] = f"{application_name[:_LONGEST]} {_SESSIONS}{number}".lstrip()
    connection.settings_dict = connections.settings["default"]
    return number


def own_connection(do: Callable[[], _T], *_: object) -> _T:
    """Do something in a thread whose database connection ends with it: one that was lost, or stood
    idle for long, serves nobody else.
    """
    try:
        return do()
    finally:
        connection.close()


class LastingWorker(TickingWorker):
    """A worker that says whether it ended because a part of it did."""

    broken = False

    async def _monitor_side_tasks(self, side_tasks: list[Task[Any]]) -> None:
        await super()._monitor_side_tasks(side_tasks)
        self.broken = True


class LastingJobs(JobManager):
    """The jobs of worker `number`, taken for dead when it is silent for `dead_after` seconds.

    `lasting` false: what fails is raised, as for a worker that ends when it is idle.
    """

    def __init__(
        self, pool: BaseConnector, number: int, dead_after: float, *, lasting: bool = True
    ) -> None:
        super().__init__(pool)
        self._of_tasks = JobManager(DjangoConnector())
        self._number, self._dead_after, self._lasting = number, dead_after, lasting
        self._doing: dict[int, int] = {}
        self._judges_at = 0.0
        self._lost_at: float | None = None
        #: Called once the database has been away for too long; `given_up` says that it has.
        self.give_up: Callable[[], None] = lambda: None
        self.given_up = False

    def batch_defer_jobs(self, jobs: list[Job], connection: Any | None = None) -> list[Job]:
        """Defer jobs in the transaction of the task that does so: both or neither."""
        return self._of_tasks.batch_defer_jobs(jobs, connection)

    async def register_worker(self) -> int:
        """The number that it has already."""
        await self._beat()
        return self._number

    async def unregister_worker(self, worker_id: int) -> None:
        """Remove the worker, if the database answers; else others find it dead."""
        await self._ask_once(super().unregister_worker(worker_id))

    async def update_heartbeat(self, worker_id: int) -> None:
        """Report that the worker is running."""
        await self._ask_once(self._beat())

    async def _beat(self) -> None:
        """Say so, and register again where others have taken it for dead.

        After a silence this long everybody may have been silent, as on a machine that was
        suspended: no worker counts as dead until it has had the time to report.
        """
        parameters = {"number": self._number, "doing": list(self._doing)}
        parameters["attempts"] = list(self._doing.values())
        answer = await self.connector.execute_query_one_async(_BEAT, **parameters)
        if answer["silent"] is None or answer["silent"] > self._dead_after:
            self._judges_at = time.monotonic() + self._dead_after
        if answer["silent"] is None:
            log.warning("worker registered again", worker=self._number)
            await self.connector.execute_query_async(_CLAIM, **parameters)

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:
        """Remove dead workers, whose sessions are ended first: they can hold locks."""
        await self._beat()
        if time.monotonic() < self._judges_at:
            return []
        await self.connector.execute_query_all_async(
            _END_SESSIONS, seconds=seconds_since_heartbeat, sessions=_SESSIONS
        )
        return await super().prune_stalled_workers(seconds_since_heartbeat)

    async def get_stalled_jobs(self, *args: Any, **kwargs: Any) -> Iterable[Job]:
        """The jobs of dead workers; none that is under way here."""
        if time.monotonic() < self._judges_at:
            return []
        stalled = await super().get_stalled_jobs(*args, **kwargs)
        return [job for job in stalled if self._doing.get(job.id or 0) != job.attempts]

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """A job to carry out; None when there is none, or no database."""
        job = await self._ask_once(super().fetch_job(queues, worker_id))
        if job is not None and job.id is not None:
            self._doing[job.id] = job.attempts
        return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Write down how a job ended that is still this worker's."""
        await self._settle(_FINISH, job, status=status.value, delete_job=delete_job)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Have a job that is still this worker's tried again."""
        await self._settle(_RETRY, job, at=retry_at, priority=priority, queue=queue, lock=lock)

    async def _settle(self, query: Any, job: Job, **how: Any) -> None:
        """Ask until it is written down. A job that another worker has by now is left to it."""
        parameters = {"job_id": job.id, "attempts": job.attempts, **how}
        while True:
            try:
                settled_jobs = await self.connector.execute_query_all_async(query, **parameters)
                break
            except UniqueViolation:
                raise
            except ConnectorException:
                if not self._lasting or self.given_up:
                    raise
                await asyncio.sleep(_AGAIN_AFTER)
        if not settled_jobs:
            log.warning("job left to another worker", job=job.id)
        self._doing.pop(job.id or 0, None)

    async def defer_periodic_job(
        self, job: Job, periodic_id: str, defer_timestamp: int
    ) -> int | None:
        """Defer a job of the clock; one that falls into a time without database is left out."""
        return await self._ask_once(super().defer_periodic_job(job, periodic_id, defer_timestamp))

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Hear of jobs, again after the database was away."""
        while True:
            listening = super().listen_for_jobs(on_notification=on_notification, queues=queues)
            await self._ask_once(listening)
            await asyncio.sleep(_AGAIN_AFTER)

    async def _ask_once(self, query: Awaitable[_T]) -> _T | None:
        """The answer; None when the database is away. Once it is for too long, `give_up`."""
        try:
            answer = await query
        except UniqueViolation:
            raise
        except ConnectorException as error:
            if not self._lasting:
                raise
            at = time.monotonic()
            if self._lost_at is None:
                self._lost_at = at
                log.warning("database lost", error_type=type(error.__cause__).__name__)
            if at - self._lost_at > PATIENCE and not self.given_up:
                self.given_up = True
                self.give_up()
            return None
        self._lost_at = None
        return answer


_BEAT: Any = """WITH was AS (
    SELECT last_heartbeat AS at FROM procrastinate_workers WHERE id = %(number)s
) INSERT INTO procrastinate_workers (id) OVERRIDING SYSTEM VALUE VALUES (%(number)s)
ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()
RETURNING extract(epoch FROM now() - (SELECT at FROM was))::float AS silent"""
#: What nobody has taken over in the meantime is its own again.
_CLAIM: Any = """UPDATE procrastinate_jobs j SET worker_id = %(number)s
FROM unnest(%(doing)s::bigint[], %(attempts)s::int[]) AS ours (id, attempts)
WHERE j.id = ours.id AND j.attempts = ours.attempts AND j.status = 'doing'
    AND j.worker_id IS NULL"""
_END_SESSIONS: Any = """SELECT pg_terminate_backend(s.pid) FROM pg_stat_activity s
JOIN procrastinate_workers w ON s.application_name LIKE '%%' || %(sessions)s || w.id
WHERE s.datname = current_database() AND s.usename = current_user
    AND w.last_heartbeat < now() - make_interval(secs => %(seconds)s)"""
_OURS = """WITH ours AS MATERIALIZED (
    SELECT id FROM procrastinate_jobs
    WHERE id = %(job_id)s AND attempts = %(attempts)s AND status = 'doing' FOR UPDATE
) SELECT """
_FINISH: Any = _OURS + "procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s) FROM ours"
_RETRY: Any = (
    _OURS + "procrastinate_retry_job_v2(id, coalesce(%(at)s, now()), %(priority)s, %(queue)s,"
    " %(lock)s) FROM ours"
)
