"""A worker's jobs, as two workers at one job have them, and one that was away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app as proxy
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from procrastinate.contrib.django.utils import connector_params
from procrastinate.jobs import Status

from rollcall.engine.worker import tasks
from rollcall.engine.worker.job_survival import LastingJobs

DEAD_AFTER = 30.0
Both = Callable[[LastingJobs, LastingJobs], Awaitable[None]]


@pytest.fixture
def job(wired: None) -> Iterator[int]:
    """A job in a queue of its own, which no worker but these looks into."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute(
            "INSERT INTO procrastinate_workers (id) OVERRIDING SYSTEM VALUE VALUES (1001), (1002)"
        )
    queue = uuid4().hex
    made = tasks.send_mails.configure(queue=queue).defer(district=0)
    yield made
    ProcrastinateJob.objects.filter(pk=made)._raw_delete("default")


def queue_of(job: int) -> list[str]:
    return [str(ProcrastinateJob.objects.get(pk=job).queue_name)]


def as_two_workers(do: Both) -> None:
    """Two workers of one database, which `do` has act one after the other."""

    async def both() -> None:
        pool = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=2)
        await pool.open_async()
        try:
            one, other = (LastingJobs(pool, number, DEAD_AFTER) for number in (1001, 1002))
            await one.register_worker()
            await other.register_worker()
            await do(one, other)
        finally:
            await pool.close_async()

    asyncio.run(both())


async def silent(jobs: LastingJobs, number: int) -> None:
    """Let a worker have been silent for long."""
    query: Any = (
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
        " WHERE id = %(number)s"
    )
    await jobs.connector.execute_query_async(query, number=number)


def test_what_the_worker_of_before_says_of_a_job_is_not_written(job: int) -> None:
    queue = queue_of(job)

    async def two(frozen: LastingJobs, other: LastingJobs) -> None:
        mine = await frozen.fetch_job(queue, 1001)
        assert mine is not None
        await silent(other, 1001)
        assert await other.prune_stalled_workers(DEAD_AFTER) == [1001]
        (stalled,) = [one for one in await other.get_stalled_jobs() if one.id == job]
        await other.retry_job(stalled)
        theirs = await other.fetch_job(queue, 1002)
        assert theirs is not None
        await frozen.update_heartbeat(1001)
        await frozen.finish_job(mine, Status.SUCCEEDED, delete_job=True)
        await frozen.retry_job(mine)
        found = await other.connector.execute_query_one_async(_STATE, job=job)
        assert found == {"status": "doing", "worker_id": 1002, "attempts": 1}
        await other.finish_job(theirs, Status.FAILED, delete_job=False)

    as_two_workers(two)
    assert ProcrastinateJob.objects.get(pk=job).status == "failed"


_STATE: Any = """SELECT status::text, worker_id, attempts FROM procrastinate_jobs
WHERE id = %(job)s"""


def test_a_removed_worker_is_there_again_and_its_job_too(job: int) -> None:
    queue = queue_of(job)

    async def two(frozen: LastingJobs, other: LastingJobs) -> None:
        assert await frozen.fetch_job(queue, 1001) is not None
        await silent(other, 1001)
        await other.prune_stalled_workers(DEAD_AFTER)
        await frozen.update_heartbeat(1001)
        found = await other.connector.execute_query_one_async(_STATE, job=job)
        assert found == {"status": "doing", "worker_id": 1001, "attempts": 0}
        assert job not in [one.id for one in await other.get_stalled_jobs()]

    as_two_workers(two)
    assert ProcrastinateWorker.objects.filter(pk=1001).exists()


def test_a_worker_takes_over_no_job_of_its_own(job: int) -> None:
    queue = queue_of(job)

    async def two(slow: LastingJobs, other: LastingJobs) -> None:
        assert await slow.fetch_job(queue, 1001) is not None
        await other.connector.execute_query_async(_NOBODYS, job=job)
        assert job in [one.id for one in await other.get_stalled_jobs()]
        assert job not in [one.id for one in await slow.get_stalled_jobs()]

    as_two_workers(two)


_NOBODYS: Any = "UPDATE procrastinate_jobs SET worker_id = NULL WHERE id = %(job)s"


def test_a_worker_that_was_away_itself_judges_nobody(job: int) -> None:
    queue = queue_of(job)

    async def two(one: LastingJobs, other: LastingJobs) -> None:
        """As on a machine that was suspended: both were silent."""
        assert await one.fetch_job(queue, 1001) is not None
        await silent(other, 1001)
        await silent(other, 1002)
        assert await other.prune_stalled_workers(DEAD_AFTER) == []
        assert list(await other.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER)) == []

    as_two_workers(two)
    assert ProcrastinateWorker.objects.filter(pk=1001).exists()


def test_a_job_is_deferred_in_the_transaction_of_the_task_that_does_so(wired: None) -> None:
    district = uuid4().int % 1_000_000_000
    deferred = ProcrastinateJob.objects.filter(args__district=district)
    pool, before = PsycopgConnector(kwargs=connector_params()), proxy.job_manager
    with proxy.replace_connector(pool) as working:
        working.job_manager = LastingJobs(pool, 1001, DEAD_AFTER)
        try:
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                tasks.send_mails.defer(district=district)
                assert deferred.exists()
                1 / 0  # noqa: B018
        finally:
            working.job_manager = before
    assert not deferred.exists()
