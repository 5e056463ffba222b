"""The database dies or goes away under workers and servers that run on."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psycopg
import pytest
from tests.e2e.rollcall import COMMAND, Embedded, Rollcall, copy
from tests.e2e.small_district import queue, quick_worker, until
from tests.servers.processes import free_port, stop

from rollcall.core.connection_room import needed_by_worker
from rollcall.embedded import server
from rollcall.embedded.cluster import Cluster


@pytest.fixture
def own(installed_embedded: Path, tmp_path: Path) -> Iterator[tuple[Rollcall, Cluster]]:
    """An installation on a PostgreSQL of its own, as a district has one, and that PostgreSQL."""
    copy(installed_embedded, tmp_path / "home")
    (tmp_path / "home/database").rename(tmp_path / "server")
    cluster = Cluster(tmp_path / "server")
    server.ensure_running(cluster, durable=False)
    yield Rollcall(tmp_path / "home", cluster.url()), cluster
    server.stop(cluster)


def states(url: str) -> list[str]:
    """The states of the queued runs; nothing while the database is away."""
    query = "SELECT state FROM run WHERE started_by = 'schedule' ORDER BY id"
    try:
        with closing(psycopg.connect(url, autocommit=True)) as watcher:
            return [state for (state,) in watcher.execute(query)]
    except psycopg.OperationalError:
        return []


def sessions_of_workers(url: str) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%rollcall worker %'"
    with closing(psycopg.connect(url, autocommit=True)) as watcher:
        (count,) = watcher.execute(query).fetchone() or (0,)
        return int(count)


def health(port: int) -> tuple[int, str]:
    """The status and the word of /health; (0, "") while nobody listens."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=30) as answer:
            return answer.status, json.load(answer)["status"]
    except HTTPError as error:
        return error.code, json.load(error)["status"]
    except URLError:
        return 0, ""


def test_a_worker_and_a_server_outlive_their_own_database(own: tuple[Rollcall, Cluster]) -> None:
    rollcall, cluster = own
    port = free_port()
    worker, pages = quick_worker(rollcall), rollcall.begin("serve", "--port", str(port))
    try:
        until(lambda: health(port) == (200, "ok"), 60)
        server.stop(cluster)
        until(lambda: health(port) == (503, "down"), 30)
        server.ensure_running(cluster, durable=False)
        until(lambda: health(port) == (200, "ok"), 30)
        queue(rollcall)
        until(lambda: states(rollcall.database) == ["done"], 60)
        assert 0 < sessions_of_workers(rollcall.database) <= needed_by_worker(4)
        assert (worker.poll(), pages.poll()) == (None, None)
        stop(worker)
        until(lambda: health(port) == (200, "degraded"), 30)
    finally:
        for one in (worker, pages):
            stop(one)


def test_a_worker_whose_database_stays_away_says_so_to_its_supervisor(
    own: tuple[Rollcall, Cluster],
) -> None:
    rollcall, cluster = own
    worker = quick_worker(rollcall, patience=1.0)
    try:
        with closing(psycopg.connect(rollcall.database, autocommit=True)) as watcher:
            query = "SELECT count(*) FROM procrastinate_workers"
            until(lambda: watcher.execute(query).fetchone() == (1,), 60)
        server.stop(cluster)
        assert worker.wait(60) == 4
        rollcall("worker", "--until-idle", code=4)
    finally:
        stop(worker)


def test_the_embedded_server_killed_is_brought_back_under_all(
    installed_embedded: Path, tmp_path: Path
) -> None:
    copy(installed_embedded, tmp_path / "home")
    # Written just now: while the run waits to see whether somebody still writes, comes the kill.
    (installed_embedded.parent / "A.csv").touch()
    rollcall = Embedded(tmp_path / "home", "")
    port = free_port()
    worker, pages = rollcall.begin("worker"), rollcall.begin("serve", "--port", str(port))
    cluster = Cluster(tmp_path / "home/database")
    try:
        until(lambda: health(port) == (200, "ok"), 60)
        queue(rollcall)
        os.kill(int((cluster.data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
        with urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=30) as page:
            assert page.status == 200
        until(lambda: states(cluster.url()) == ["done"], 120)
        until(lambda: health(port) == (200, "ok"), 30)
        assert (worker.poll(), pages.poll()) == (None, None)
    finally:
        for one in (worker, pages):
            stop(one)


def test_a_command_without_its_database_fails_in_words(own: tuple[Rollcall, Cluster]) -> None:
    rollcall, cluster = own
    server.stop(cluster)
    said = subprocess.run(
        [COMMAND, "worker"],
        env=rollcall.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 4
    assert "The database cannot be reached" in said.stderr
    assert "Traceback" not in said.stderr


def test_with_too_few_connections_neither_worker_nor_server_starts(
    own: tuple[Rollcall, Cluster],
) -> None:
    rollcall, _ = own
    with closing(psycopg.connect(rollcall.database, autocommit=True)) as admin:
        admin.execute("ALTER DATABASE rollcall CONNECTION LIMIT 5")
    for command in ("worker", "serve"):
        said = subprocess.run(
            [COMMAND, command],
            env=rollcall.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert said.returncode == 4
        assert "are needed, 5 are allowed" in said.stderr


@pytest.mark.parametrize("command", ["worker", "serve", "syncs"])
def test_an_embedded_database_that_cannot_be_had_is_told_in_words(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "home/database/data").mkdir(parents=True, mode=0o700)
    (tmp_path / "home/database/data/PG_VERSION").write_text("17\n")
    said = subprocess.run(
        [COMMAND, command],
        env=Embedded(tmp_path / "home", "").environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 4
    assert "another major version" in said.stderr
    assert "What to do: " in said.stderr
    assert "Traceback" not in said.stderr
