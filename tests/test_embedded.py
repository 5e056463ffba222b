"""The embedded server, as separate processes use it: each `User` below is one.

No test needs to be root, and all pass as root: then the server runs as another user, and the
homes here, below pytest's private folder, are such as that user could not walk into.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from rollcall.core.problems import Problem
from rollcall.embedded import locks, programs, server
from rollcall.embedded.cluster import Cluster, socket_folder

#: Joins, says the URL or the problem's code, and stays until its standard input ends.
USER = """
import sys
from rollcall.embedded import database_url
from rollcall.core.problems import Problem
try:
    print(database_url(durable=False), flush=True)
except Problem as problem:
    print(problem.code, problem.detail.replace("\\n", " "), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the embedded server of a home."""

    def __init__(self, home: Path, script: str = USER) -> None:
        env = {**os.environ, "ROLLCALL_HOME": str(home), "PYTHONWARNINGS": "error"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def said(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)

    def __enter__(self) -> "User":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.leave()


def one(url: str, query: str) -> object:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def do(url: str, *statements: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for statement in statements:
            connection.execute(statement)


def postmaster(home: Path) -> int:
    return int((home / "database/data/postmaster.pid").read_text().splitlines()[0])


def runs(home: Path) -> bool:
    return server.answers(Cluster(home / "database"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database was made and stopped."""
    home = tmp_path_factory.mktemp("made") / "home"
    with User(home) as user:
        assert user.said().startswith("postgresql://")
    return home


@pytest.fixture(scope="module")
def kept(made: Path) -> Path:
    """That home as it was while its server was stopped, to copy from."""
    subprocess.run(["cp", "-a", made, made.with_name("kept")], check=True)
    return made.with_name("kept")


@pytest.fixture(scope="module")
def running(kept: Path, made: Path) -> Iterator[tuple[Path, str]]:
    """That home and the URL of its server, which runs: for tests that only look."""
    with User(made) as user:
        yield made, user.said()


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    """A copy of that home, to do anything with."""
    subprocess.run(["cp", "-a", kept, tmp_path / "home"], check=True)
    return tmp_path / "home"


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's own user that has nothing to do with it."""
    user = programs.server_user()
    uid = user.pw_uid if user else None
    with subprocess.Popen(["sleep", "60"], user=uid, cwd="/") as process:
        yield process
        process.kill()


def test_it_is_postgresql_18_with_checksums_utf8_and_the_same_order_everywhere(
    running: tuple[Path, str],
) -> None:
    _, url = running
    assert str(one(url, "SHOW server_version")).startswith("18.")
    assert one(url, "SHOW data_checksums") == "on"
    assert one(url, "SHOW server_encoding") == "UTF8"
    query = "SELECT datlocale FROM pg_database WHERE datname = current_database()"
    assert one(url, query) == "C.UTF-8"


def test_it_has_no_tcp_port(running: tuple[Path, str]) -> None:
    home, url = running
    assert one(url, "SHOW listen_addresses") == ""
    fds = [str(fd.readlink()) for fd in Path(f"/proc/{postmaster(home)}/fd").iterdir()]
    sockets = {fd for fd in fds if fd.startswith("socket:")}
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [row.split() for t in tables if t.exists() for row in t.read_text().splitlines()[1:]]
    assert sockets
    assert sockets.isdisjoint(f"socket:[{row[9]}]" for row in rows)


def test_password_and_folders_are_private(made: Path) -> None:
    folder = made / "database"
    assert (folder / "password").stat().st_mode & 0o777 == 0o600
    assert len((folder / "password").read_text()) >= 40
    assert [f.stat().st_mode & 0o077 for f in (made, folder, folder / "data")] == [0, 0, 0]


def test_without_the_right_password_nobody_gets_in(running: tuple[Path, str]) -> None:
    home, url = running
    right = (home / "database/password").read_text()
    for wrong in ("guess", ""):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace(right, wrong), passfile="/dev/null")


def test_the_second_shares_the_server_and_the_last_to_leave_stops_it(home: Path) -> None:
    with User(home) as first:
        url = first.said()
        with User(home) as second:
            assert second.said() == url
            pid = postmaster(home)
            first.leave()
            assert runs(home)
            assert postmaster(home) == pid
    assert not runs(home)
    assert not (home / "database/data/postmaster.pid").exists()


def test_many_at_once_make_one_database(tmp_path: Path) -> None:
    with ExitStack() as stack:
        users = [stack.enter_context(User(tmp_path / "new")) for _ in range(4)]
        assert len({user.said() for user in users}) == 1
        assert runs(tmp_path / "new")
    assert not runs(tmp_path / "new")


def test_two_homes_have_two_servers(home: Path, running: tuple[Path, str]) -> None:
    with User(home) as here:
        do(here.said(), "CREATE TABLE only_here ()")
        assert one(running[1], "SELECT to_regclass('only_here')") is None


def test_a_forked_child_does_not_stop_it_under_its_parent(home: Path) -> None:
    fork = "import os\nif os.fork() == 0: sys.exit()\nassert os.wait()[1] == 0\nprint('back')\n"
    with User(
        home, USER.replace("sys.stdin.read()", fork + "sys.stdout.flush()\nsys.stdin.read()")
    ) as user:
        user.said()
        assert user.said() == "back"
        assert runs(home)
    assert not runs(home)


def test_a_parent_does_not_stop_it_under_its_forked_child(home: Path) -> None:
    fork = "import os\nif os.fork() != 0: sys.exit()\n"
    with User(home, USER.replace("sys.stdin.read()", fork + "sys.stdin.read()")) as user:
        user.said()
        user.process.wait(timeout=30)
        assert runs(home)
        user.process.communicate()  # ends the child's standard input
    with User(home):
        pass


def test_the_server_killed_is_recovered_for_the_next(home: Path) -> None:
    with User(home) as first:
        do(first.said(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        os.kill(postmaster(home), signal.SIGKILL)
        with User(home) as second:
            assert one(second.said(), "SELECT count(*) FROM kept") == 1000


def test_a_user_killed_leaves_the_server_to_the_next(home: Path) -> None:
    with User(home) as first:
        first.said()
        first.kill()
        assert runs(home)
        pid = postmaster(home)
    with User(home) as second:
        second.said()
        assert postmaster(home) == pid
    assert not runs(home)


def test_a_stale_pid_file_that_names_a_stranger_is_recognized(
    home: Path, bystander: subprocess.Popen[bytes]
) -> None:
    with User(home) as user:
        user.said()
        stale = home / "database/data/postmaster.pid"
        text = stale.read_text()
        user.kill()
    os.kill(int(text.splitlines()[0]), signal.SIGKILL)
    while (lock := locks.try_alone(home / "database/server.lock")) is None:
        pass
    os.close(lock)
    for file in (stale, stale.with_name(".s.PGSQL.5432.lock")):
        file.write_text(text.replace(text.splitlines()[0], str(bystander.pid), 1))
    with User(home) as user:
        assert user.said().startswith("postgresql://")
    assert not runs(home)
    assert bystander.poll() is None


def test_with_little_shared_memory_parallel_queries_use_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_ENOUGH", sys.maxsize)
    cluster = Cluster(home / "database")
    server.ensure_running(cluster, durable=False)
    try:
        assert one(cluster.url(), "SHOW dynamic_shared_memory_type") == "mmap"
    finally:
        server.stop(cluster)


def test_an_initialization_cut_short_is_done_again(tmp_path: Path) -> None:
    left_over = tmp_path / "home/database/data.new"
    left_over.mkdir(parents=True)
    (left_over / "PG_VERSION").write_text("18\n")
    with User(tmp_path / "home") as user:
        assert one(user.said(), "SELECT 1") == 1


def test_a_long_home_is_reached_through_a_short_private_link(kept: Path, tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30) / ("longer" * 20)
    home.parent.mkdir()
    subprocess.run(["cp", "-a", kept, home], check=True)
    with User(home) as user:
        assert one(user.said(), "SELECT 1") == 1
    link = socket_folder(home / "database/data")
    assert link.samefile(home / "database/data")
    assert link.parent.stat().st_mode & 0o777 == 0o700
    link.unlink()
    link.parent.rmdir()


def test_a_link_folder_that_others_can_change_is_not_used(tmp_path: Path) -> None:
    data = tmp_path / ("x" * 120)
    link = socket_folder(data)
    link.parent.chmod(0o777)
    with pytest.raises(Problem) as raised:
        socket_folder(data)
    assert raised.value.code == "database.folder_not_ours"
    link.unlink()
    link.parent.rmdir()


def test_a_folder_of_another_major_version_is_refused_and_left_alone(home: Path) -> None:
    version = home / "database/data/PG_VERSION"
    version.write_text("17\n")
    before = sorted(home.rglob("*"))
    with User(home) as user:
        assert user.said() == ("database.other_version its version is 17, this Rollcall has 18")
    assert version.read_text() == "17\n"
    assert set(home.rglob("*")) - set(before) <= {home / "database/server.lock"}


def test_a_password_file_that_does_not_fit_is_named(home: Path) -> None:
    (home / "database/password").write_text("another")
    with User(home) as user:
        assert user.said().startswith("database.password")
    (home / "database/password").unlink()
    with User(home) as user:
        assert user.said().startswith("database.password")
    # The users could not sign in to stop the server they had started.
    os.kill(postmaster(home), signal.SIGINT)


def test_a_start_that_fails_says_why(home: Path) -> None:
    with (home / "database/data/postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'a lot'\n")
    with User(home) as user:
        said = user.said()
    assert said.startswith("database.start_failed")
    assert 'parameter "shared_buffers"' in said


def test_a_server_that_lives_but_makes_no_progress_is_not_waited_for_without_end(
    home: Path,
) -> None:
    cluster = Cluster(home / "database")
    lock = locks.try_alone(cluster.server_lock)
    assert lock is not None  # as the server's processes would hold it
    try:
        with pytest.raises(Problem) as raised:
            server.ensure_running(cluster, patience=0.1)
    finally:
        os.close(lock)
    assert raised.value.code == "database.start_failed"
    assert "database system is shut down" in raised.value.detail


@pytest.mark.parametrize(
    "wrong",
    [
        "INSERT INTO student VALUES ('Zed')",
        "SELECT 'Zed'::date",
        "DO $$ BEGIN RAISE 'Zed'; END $$",
        "SELECT 'Zed', pg_terminate_backend(pg_backend_pid())",
    ],
)
def test_student_data_in_statements_and_errors_does_not_reach_the_log(
    running: tuple[Path, str], wrong: str
) -> None:
    home, url = running
    do(url, "CREATE TABLE IF NOT EXISTS student (ssid text PRIMARY KEY)")
    do(url, "INSERT INTO student VALUES ('Zed') ON CONFLICT DO NOTHING")
    with pytest.raises(psycopg.Error):
        do(url, wrong)
    written = "".join(log.read_text() for log in server.logs(Cluster(home / "database")))
    assert "database system is ready" in written
    assert "Zed" not in written


def test_programs_in_a_private_folder_are_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_COPIES", tmp_path / "copies")
    copy = programs._copy_of(programs.folder())
    assert programs._copy_of(programs.folder()) == copy
    assert len(list((tmp_path / "copies").iterdir())) == 1
    for program in ("postgres", "initdb", "pg_ctl"):  # also finds its libraries
        said = subprocess.run([copy / program, "--version"], capture_output=True, check=True)
        assert b" 18." in said.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="any other test is this one when we are not root")
def test_an_ordinary_user_runs_it_as_themselves(tmp_path_factory: pytest.TempPathFactory) -> None:
    become = (
        "import os, psycopg, rollcall.embedded\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "home = os.environ['ROLLCALL_HOME']\n"
    )
    base = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    os.chown(base, 65534, 65534)
    try:
        with User(base / "home", become + USER) as user:
            assert one(user.said(), "SELECT 1") == 1
            assert (base / "home/database/data").stat().st_uid == 65534
    finally:
        subprocess.run(["rm", "-rf", base], check=True)
