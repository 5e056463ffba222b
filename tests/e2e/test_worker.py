"""Workers: a queued run is carried out, and a dead worker's run is finished once by another."""

import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from tests.e2e.rollcall import Rollcall, copy, database
from tests.e2e.small_district import queue, quick_worker, until
from tests.servers.processes import stop


@pytest.fixture
def rollcall(installed: Rollcall, tmp_path: Path) -> Iterator[Rollcall]:
    copy(installed.home, tmp_path / "home")
    with database(like=installed.database) as url:
        yield Rollcall(tmp_path / "home", url)


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
        second = quick_worker(rollcall)
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
    workers = [quick_worker(rollcall), quick_worker(rollcall)]
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


def catches(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Whether the process has a handler of its own for a signal; told to stop, it has none."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (number - 1) & 1)


CASEMIS = "SELECT state, step, attempt, deaths FROM run WHERE started_by = 'schedule'"


def test_a_worker_told_to_stop_leaves_its_run_at_the_next_step(rollcall: Rollcall) -> None:
    with (
        psycopg.connect(rollcall.database) as blocker,
        psycopg.connect(rollcall.database, autocommit=True) as watcher,
    ):

        def run() -> tuple[str, str, int, int]:
            return watcher.execute(CASEMIS).fetchone() or ("", "", 0, 0)

        blocker.execute("LOCK TABLE special_education IN ROW EXCLUSIVE MODE")
        queue(rollcall)
        first = rollcall.begin("worker")
        until(lambda: run()[:2] == ("running", "apply"), 60)
        first.terminate()
        until(lambda: not catches(first, signal.SIGTERM), 30)
        blocker.rollback()
        assert first.wait(30) == 0
        assert run() == ("queued", "report", 1, 0)
        assert not watcher.execute("SELECT FROM procrastinate_workers").fetchall()
        second = quick_worker(rollcall)
        try:
            until(lambda: run()[0] == "done", 60)
        finally:
            stop(second)
        assert run()[2:] == (2, 0)
        (changes,) = watcher.execute(
            "SELECT count(*) FROM change_log WHERE record = 'special_education'"
        ).fetchone() or (0,)
        (records,) = watcher.execute("SELECT count(*) FROM special_education").fetchone() or (0,)
        assert changes == records > 50


def test_a_run_that_workers_die_of_ends_as_failed(rollcall: Rollcall) -> None:
    """Two have died of it before; a third is killed here, as the kernel does without memory."""
    with (
        psycopg.connect(rollcall.database) as blocker,
        psycopg.connect(rollcall.database, autocommit=True) as watcher,
    ):
        blocker.execute("LOCK TABLE special_education IN ROW EXCLUSIVE MODE")
        queue(rollcall)
        watcher.execute("UPDATE run SET deaths = 2 WHERE started_by = 'schedule'")
        third = rollcall.begin("worker")
        applying = CASEMIS + " AND step = 'apply'"
        until(lambda: watcher.execute(applying).fetchone() is not None, 60)
        third.kill()
        third.wait()
        blocker.rollback()
        fourth = quick_worker(rollcall)
        ended = "SELECT error_code, deaths, attempt FROM run WHERE state = 'failed'"
        try:
            until(lambda: watcher.execute(ended).fetchone() is not None, 60)
        finally:
            stop(fourth)
        assert watcher.execute(ended).fetchone() == ("run.worker_died", 3, 2)
        assert watcher.execute("SELECT FROM special_education").fetchone() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_worker_in_the_middle_of_a_step(
    rollcall: Rollcall, number: signal.Signals
) -> None:
    with (
        psycopg.connect(rollcall.database) as blocker,
        psycopg.connect(rollcall.database, autocommit=True) as watcher,
    ):
        blocker.execute("LOCK TABLE special_education IN ROW EXCLUSIVE MODE")
        queue(rollcall)
        worker = rollcall.begin("worker")
        applying = CASEMIS + " AND step = 'apply'"
        until(lambda: watcher.execute(applying).fetchone() is not None, 60)
        worker.send_signal(number)
        until(lambda: not catches(worker, number), 30)
        assert worker.poll() is None
        worker.send_signal(number)
        assert worker.wait(10) == -number
        assert watcher.execute(CASEMIS).fetchone() == ("running", "apply", 1, 0)


def test_a_frozen_workers_run_is_another_ones_and_it_goes_on_with_the_next(
    rollcall: Rollcall,
) -> None:
    """Frozen in the middle of applying it has every lock there is, until it is found dead."""
    with psycopg.connect(rollcall.database) as blocker:
        watcher = psycopg.connect(rollcall.database, autocommit=True)

        def runs() -> list[tuple[str, str, int]]:
            query = "SELECT state, step, attempt FROM run WHERE started_by = 'schedule' ORDER BY id"
            return [(state, step, attempt) for state, step, attempt in watcher.execute(query)]

        def alive() -> int:
            query = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s"
            (count,) = watcher.execute(query, [timedelta(seconds=3)]).fetchone() or (0,)
            return int(count)

        blocker.execute("LOCK TABLE special_education IN ROW EXCLUSIVE MODE")
        queue(rollcall)
        frozen = quick_worker(rollcall)
        until(lambda: runs()[0][:2] == ("running", "apply"), 60)
        frozen.send_signal(signal.SIGSTOP)
        blocker.rollback()
        other = quick_worker(rollcall)
        try:
            until(lambda: runs()[0][0] == "done", 60)
            frozen.send_signal(signal.SIGCONT)
            until(lambda: alive() == 2, 30)
            stop(other)
            queue(rollcall)
            until(lambda: runs()[1][0] == "unchanged", 60)
        finally:
            for one in (frozen, other):
                stop(one)
        assert runs()[0] == ("done", "notify", 2)
        (changes,) = watcher.execute(
            "SELECT count(*) FROM change_log WHERE record = 'special_education'"
        ).fetchone() or (0,)
        (records,) = watcher.execute("SELECT count(*) FROM special_education").fetchone() or (0,)
        assert changes == records > 50
        watcher.close()
