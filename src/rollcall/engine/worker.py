"""The worker process: carries out jobs from the database until it is told to stop."""

import asyncio

from procrastinate import App
from procrastinate.contrib.django import app

from rollcall.engine import tasks
from rollcall.engine.clock import SystemClock
from rollcall.engine.outbound.live import Attendants
from rollcall.engine.ticking import TickingWorker


def run_worker(*, concurrency: int = 4, until_idle: bool = False) -> None:
    """Work until stopped by a signal, or with `until_idle` until no job is left.

    Any number of workers may run on one database, on any number of machines that share the
    artifacts folder. A stop lets the run under way end first. Beside its jobs a worker attends to
    the syncs that send (engine.outbound.live).
    """
    attendants = Attendants(SystemClock())
    if not until_idle:
        attendants.start()
    try:
        _work(concurrency, until_idle)
    finally:
        attendants.stop()


def _work(concurrency: int, until_idle: bool) -> None:
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # Django's has it
    with app.replace_connector(connector) as working:
        asyncio.run(_work_in(working, concurrency, until_idle))


async def _work_in(app: App, concurrency: int, until_idle: bool) -> None:
    async with app.open_async():
        app.perform_import_paths()  # type: ignore[no-untyped-call]
        await TickingWorker(
            app,
            concurrency=concurrency,
            wait=not until_idle,
            listen_notify=not until_idle,
            fetch_job_polling_interval=2.0,
            update_heartbeat_interval=tasks.HEARTBEAT,
            stalled_worker_timeout=tasks.DEAD_AFTER,
            delete_jobs="successful",
        ).run()  # type: ignore[no-untyped-call]
