"""Workers: a queued run is carried out, and a dead worker's run is finished once by another."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.e2e.rollcall import Rollcall, database
from tests.servers.processes import stop

from rollcall.sandbox.casemis_files import make_table_a
from rollcall.sandbox.district import make_district, write_bundle

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
from rollcall.engine.starting import start
from rollcall.engine.tasks import enqueue
for _ in range(int(sys.argv[1])):
    with transaction.atomic():
        enqueue(start(Sync.objects.get(name="casemis"), SystemClock(), by="schedule"))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollcall]:
    """An installation with records loaded, of which each test has a copy."""
    folder = tmp_path_factory.mktemp("installed")
    frames = make_district(300, seed=3)
    (folder / "A.csv").write_bytes(make_table_a(frames["students"], share=0.3, seed=3).content)
    (folder / "rollcall.toml").write_text(CONFIG.format(folder=folder))
    with database() as empty:
        made = Rollcall(folder / "home", empty)
        made("migrate")
        made("installation", "allow", "--district", "1", "--folder", str(folder))
        made("config", "apply", str(folder / "rollcall.toml"))
        made("records", "load", str(write_bundle(frames, folder / "sis")))
        yield made


@pytest.fixture
def rollcall(installed: Rollcall, tmp_path: Path) -> Iterator[Rollcall]:
    shutil.copytree(installed.home, tmp_path / "home")
    with database(like=installed.database) as copy:
        yield Rollcall(tmp_path / "home", copy)


def queue(rollcall: Rollcall, times: int = 1) -> None:
    command = [sys.executable, "-c", QUEUE, str(times)]
    subprocess.run(command, env=rollcall.environment, check=True, timeout=60)


def until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait for another process, at most so long."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_a_killed_workers_run_is_finished_once_by_another(rollcall: Rollcall) -> None:
    with psycopg.connect(rollcall.database) as blocker:
        watcher = psycopg.connect(rollcall.database, autocommit=True)

        def run() -> tuple[str, str, int]:
            query = "SELECT state, step, attempt FROM run WHERE job = 'import'"
            row = watcher.execute(
                query + " AND sync_id = (SELECT id FROM sync WHERE name = 'casemis')"
            )
            return row.fetchone() or ("", "", 0)

        # The first worker comes as far as writing, and is killed while it waits to write.
        blocker.execute("LOCK TABLE special_education IN ROW EXCLUSIVE MODE")
        queue(rollcall)
        first = rollcall.begin("worker")
        until(lambda: run()[:2] == ("running", "apply"), 60)
        first.kill()
        first.wait()
        second = rollcall.begin("worker")
        blocker.rollback()
        try:
            until(lambda: run()[0] == "done", 60)
        finally:
            stop(second)
        assert run()[2] == 2
        (changes,) = watcher.execute(
            "SELECT count(*) FROM change_log WHERE record = 'special_education'"
        ).fetchone() or (0,)
        (records,) = watcher.execute("SELECT count(*) FROM special_education").fetchone() or (0,)
        assert changes == records > 50
        watcher.close()


def test_two_workers_share_the_queue_and_each_run_is_carried_out_once(rollcall: Rollcall) -> None:
    queue(rollcall, times=3)
    workers = [rollcall.begin("worker"), rollcall.begin("worker")]
    try:
        with psycopg.connect(rollcall.database, autocommit=True) as watcher:

            def states() -> list[str]:
                query = "SELECT state FROM run WHERE started_by = 'schedule' ORDER BY id"
                return [state for (state,) in watcher.execute(query)]

            until(lambda: "queued" not in states() and "running" not in states(), 60)
            # One of them imports; the others find the same file and do nothing.
            assert sorted(states()) == ["done", "unchanged", "unchanged"]
    finally:
        for worker in workers:
            stop(worker)
