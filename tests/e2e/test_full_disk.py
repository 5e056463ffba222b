"""A worker whose disk fills up: the run fails in words, and the next one works once there is room.

The disk is one of its own, large enough for what is kept free and little more.
"""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.e2e.rollcall import COMMAND, Rollcall, copy, database
from tests.e2e.small_district import queue, until
from tests.servers.processes import stop
from tests.servers.small_disk import needs_small_disks, seen_by, with_disk

from rollcall.core.disk_room import RESERVE

_MORE = 8 << 20


@pytest.fixture
def rollcall(installed: Rollcall, tmp_path: Path) -> Iterator[Rollcall]:
    copy(installed.home, tmp_path / "home")
    with database(like=installed.database) as url:
        yield Rollcall(tmp_path / "home", url)


@needs_small_disks()
def test_runs_end_while_a_disk_is_full_and_work_again_after_that(
    rollcall: Rollcall, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    worker = subprocess.Popen(
        [*with_disk(disk, (RESERVE + _MORE) >> 20), COMMAND, "worker"],
        env=rollcall.environment | {"ROLLCALL_ARTIFACTS": str(disk)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    ballast = seen_by(worker.pid, disk) / "ballast"
    with closing(psycopg.connect(rollcall.database, autocommit=True)) as watcher:

        def states() -> list[tuple[str, str]]:
            query = "SELECT state, error_code FROM run WHERE started_by = 'schedule' ORDER BY id"
            return [(state, code) for state, code in watcher.execute(query)]

        try:
            until(lambda: seen_by(worker.pid, disk).is_mount(), 30)
            ballast.write_bytes(bytes(2 * _MORE))
            queue(rollcall)
            until(lambda: states() == [("failed", "disk.full")], 60)
            text = " ".join(rollcall("show", "2").split())
            assert "too little free space" in text
            assert "Make room on the disk" in text
            ballast.unlink()
            queue(rollcall)
            until(lambda: states()[1:] == [("done", "")], 60)
        finally:
            stop(worker)
