"""A small district with an import to run, installed, and other processes waited for."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.rollcall import Rollcall

from rollcall.sandbox.casemis.files import make_table_a
from rollcall.sandbox.districts.california import make_district, write_bundle

CONFIG = """
[district]
code = "1"
name = "Small"
state = "CA"
timezone = "America/Los_Angeles"
school_year = "2016-2017"
[connections.files]
type = "folder"
path = "{folder}"
[syncs.casemis]
integration = "casemis"
connection = "files"
[syncs.casemis.settings]
students_file = "A.csv"
"""
QUEUE = """
import sys
from rollcall import wiring
wiring.set_up()
from django.db import transaction
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Sync
from rollcall.engine.runs.starting import start
from rollcall.engine.worker.tasks import enqueue
for _ in range(int(sys.argv[1])):
    with transaction.atomic():
        enqueue(start(Sync.objects.get(name="casemis"), SystemClock(), by="schedule"))
"""
#: A worker that is found dead, and finds others dead, within seconds, and soon tries again.
QUICK = """
import sys
from rollcall import wiring
wiring.set_up(service=True)
from rollcall.cli.failures import failing
from rollcall.engine.worker import job_survival, process, tasks
tasks.DEAD_AFTER, tasks.HEARTBEAT, job_survival.PATIENCE = 3.0, 0.3, float(sys.argv[1])
tasks.execute_run.retry_strategy.wait, process._WAIT = 1, 1.0
with failing():
    process.run_worker()
"""


def install(rollcall: Rollcall, folder: Path) -> None:
    """Make the tables, the district and its records; the import's file is A.csv in `folder`."""
    frames = make_district(300, seed=3)
    (folder / "A.csv").write_bytes(make_table_a(frames["students"], share=0.3, seed=3).content)
    # Written long ago, so that no run waits to see whether somebody still writes.
    os.utime(folder / "A.csv", (1_480_000_000, 1_480_000_000))
    (folder / "rollcall.toml").write_text(CONFIG.format(folder=folder))
    rollcall("migrate")
    rollcall("installation", "allow", "--district", "1", "--folder", str(folder))
    rollcall("config", "apply", str(folder / "rollcall.toml"))
    rollcall("records", "load", str(write_bundle(frames, folder / "sis")))


def queue(rollcall: Rollcall, times: int = 1) -> None:
    """Have workers carry out the import, so many times."""
    command = [sys.executable, "-c", QUEUE, str(times)]
    subprocess.run(command, env=rollcall.environment, check=True, timeout=60)


def quick_worker(rollcall: Rollcall, patience: float = 6.0) -> subprocess.Popen[bytes]:
    """A worker that is found dead, and finds others dead, within seconds; it waits for a database
    that is away for `patience` seconds.
    """
    command, out = quick_worker_command(patience), subprocess.DEVNULL
    return subprocess.Popen(command, env=rollcall.environment, stdout=out, stderr=out)


def quick_worker_command(patience: float = 6.0) -> list[str]:
    """The command of such a worker."""
    return [sys.executable, "-c", QUICK, str(patience)]


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for another process, at most so long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
