"""A dead worker's jobs are taken over, also where their like waits already."""

import asyncio
from uuid import uuid4

from django.db import connection
from procrastinate.contrib.django import app as proxy
from procrastinate.contrib.django.models import ProcrastinateJob

from rollcall.engine.worker import tasks


def states(district: int) -> list[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="rollcall.send_mails", args__district=district)
    return sorted(jobs.values_list("status", flat=True))


def test_a_dead_workers_job_gives_way_to_its_like_that_waits(wired: None) -> None:
    district = uuid4().int % 1_000_000_000
    name = f"mail:{district}"
    job = tasks.send_mails.configure(lock=name, queueing_lock=name)
    dead, alone = job.defer(district=district), tasks.send_mails.defer(district=district)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = ANY(%s)", [[dead, alone]]
        )
    job.defer(district=district)
    take_over()
    assert states(district) == ["todo", "todo"]  # the one that waited, and the other dead one's


def take_over() -> None:
    async def once() -> None:
        connector = proxy.connector.get_worker_connector()  # type: ignore[attr-defined]
        with proxy.replace_connector(connector) as working:
            async with working.open_async():
                for one in await working.job_manager.get_stalled_jobs(seconds_since_heartbeat=12):
                    await tasks._take_over(working.job_manager, one)

    asyncio.run(once())
