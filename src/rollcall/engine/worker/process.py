"""The worker process: carries out jobs from the database until it is asked to stop."""

import asyncio

from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from rollcall.core.connection_room import needed_by_worker
from rollcall.core.problems import Problem
from rollcall.engine.clock import SystemClock
from rollcall.engine.installation import database_connections
from rollcall.engine.outbound.near_real_time.attending import Attendants
from rollcall.engine.worker import job_survival, tasks

#: Connections for Procrastinate's own queries, which are short.
_POOL = 2
#: A query waits for one of them so long, seconds.
_WAIT = 5.0


def run_worker(*, concurrency: int = 4, until_idle: bool = False) -> None:
    """Work until stopped by a signal, or with `until_idle` until no job is left.

    Any number of workers can run on one database, on any number of machines that share the
    artifacts folder. A stop lets the run under way end first. Beside its jobs a worker attends to
    the syncs that send (engine.outbound.near_real_time.attending). A database that goes away is
    waited for; Problem when it is away for too long, or never has as many connections as are
    needed.
    """
    database_connections.check(needed_by_worker(concurrency))
    number = job_survival.register()
    attendants = Attendants(SystemClock())
    pool = PsycopgConnector(
        kwargs=connector_params(), min_size=_POOL, max_size=_POOL, timeout=_WAIT
    )
    jobs = job_survival.LastingJobs(pool, number, tasks.DEAD_AFTER, lasting=not until_idle)
    if not until_idle:
        attendants.start()
    try:
        with app.replace_connector(pool) as worker_app:
            worker_app.job_manager = jobs
            asyncio.run(_work(worker_app, jobs, concurrency, until_idle))
    finally:
        attendants.stop()


async def _work(
    app: App, jobs: job_survival.LastingJobs, concurrency: int, until_idle: bool
) -> None:
    async with app.open_async():
        app.perform_import_paths()  # type: ignore[no-untyped-call]
        worker = job_survival.LastingWorker(
            app,
            concurrency=concurrency,
            wait=not until_idle,
            listen_notify=not until_idle,
            fetch_job_polling_interval=2.0,
            update_heartbeat_interval=tasks.HEARTBEAT,
            stalled_worker_timeout=tasks.DEAD_AFTER,
            delete_jobs="successful",
            task_middleware=[job_survival.own_connection],
        )
        jobs.give_up = worker.stop
        await worker.run()
    if jobs.given_up:
        raise Problem(job_survival.LOST)
    if worker.broken:
        raise Problem(job_survival.ENDED)
