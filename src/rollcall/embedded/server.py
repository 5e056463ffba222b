"""Starting, finding and stopping the server of a cluster."""

import os
import shlex
import shutil
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg

from rollcall.core.problems import Problem
from rollcall.embedded import codes, locks, programs
from rollcall.embedded.cluster import Cluster

#: What a start is given each time, so that no setting file can undo it.
FIXED = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "port": "5432",
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_directory": "log",
    # One file a weekday, written anew a week later.
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # Student data must not reach the log: neither statements, nor their values, nor the rows and
    # values that the texts of ordinary errors quote. Whoever caused an error is told it anyway.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
#: For tests: nothing waits for the disk. A killed server still loses nothing, a power cut may.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
#: How long a start may take without a new line in the log. Recovery writes one every 10 s.
PATIENCE = 300.0
_PAUSE = 0.03
#: Parallel queries need shared memory; containers often have 64 MB of it. Then files do.
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, not written to
_ENOUGH = 1 << 30


def ensure_running(cluster: Cluster, durable: bool = True, patience: float = PATIENCE) -> None:
    """Return when the server takes connections; initialize and start it when needed.

    Problem `database.start_failed` with the log's last lines when it cannot be had.
    """
    if answers(cluster):
        return
    with locks.alone(cluster.start_lock):
        cluster.prepare(durable)
        _start(cluster, durable, patience)


def _start(cluster: Cluster, durable: bool, patience: float) -> None:
    """Wait for the server that lives, if one does (it may be recovering); else launch one."""
    launched = False
    wait = _Wait(cluster, patience)
    while not answers(cluster):
        lock = locks.try_alone(cluster.server_lock)
        if lock is not None:
            try:
                if launched:
                    raise Problem(codes.FAILED, log_tail(cluster))
                # Start a server that holds `lock` as long as it or one of its children lives.
                _forget_foreign_pid(cluster.data)
                cluster.start_log.unlink(missing_ok=True)
                settings = FIXED | _shared_memory() | ({} if durable else NOT_DURABLE)
                options = shlex.join(f"--{name}={value}" for name, value in settings.items())
                log = "{data}/start.log"
                args = ["start", "--no-wait", "--silent", f"--log={log}", f"--options={options}"]
                programs.run("pg_ctl", cluster.data, ["--pgdata={data}", *args], fds=[lock])
            finally:
                os.close(lock)  # the server holds it now, if it lives
            launched = True
        wait.a_moment()


class _Wait:
    """Waits as long as the log grows: recovery after a crash may take minutes."""

    def __init__(self, cluster: Cluster, patience: float) -> None:
        self.cluster, self.patience = cluster, patience
        self.size, self.since = -1, time.monotonic()

    def a_moment(self) -> None:
        time.sleep(_PAUSE)
        size = sum(log.stat().st_size for log in logs(self.cluster))
        if size != self.size:
            self.size, self.since = size, time.monotonic()
        elif time.monotonic() - self.since > self.patience:
            raise Problem(codes.FAILED, log_tail(self.cluster))


def answers(cluster: Cluster) -> bool:
    """Does the server take connections, with our password, right now?"""
    if not (cluster.data / "postmaster.pid").exists():
        return False
    try:
        with closing(psycopg.connect(cluster.url(), connect_timeout=10)):
            return True
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise Problem(codes.PASSWORD) from None
        return "too many clients" in str(error)


def _shared_memory() -> dict[str, str]:
    if _SHARED_MEMORY.exists() and shutil.disk_usage(_SHARED_MEMORY).free < _ENOUGH:
        return {"dynamic_shared_memory_type": "mmap"}
    return {}


def _forget_foreign_pid(data: Path) -> None:
    """Remove the pid files left by a crash whose number another process has now.

    We hold the server's lock: no server that we started lives on this folder. PostgreSQL itself
    removes them when nobody has that number; when a stranger has, or a dead process that nobody
    has waited for (a container without an init), it would refuse to start. A server that someone
    started by hand works in the data folder: that one is left alone.
    """
    for file in (data / "postmaster.pid", data / ".s.PGSQL.5432.lock"):
        with suppress(FileNotFoundError, IndexError, ValueError):
            pid = int(file.read_text().splitlines()[0])
            if not _works_in(pid, data):
                file.unlink()


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:  # no such process, not ours to look at, or no /proc: the lock decides
        return False


def stop(cluster: Cluster) -> None:
    """Stop the server, if it answers: then postmaster.pid names it and no one else."""
    if answers(cluster):
        args = ["stop", "--mode=fast", "--wait", "--timeout=120", "--silent"]
        programs.run("pg_ctl", cluster.data, ["--pgdata={data}", *args])


def logs(cluster: Cluster) -> list[Path]:
    """The server's log files, the one written last at the end."""
    files = [*cluster.data.glob("start.log"), *cluster.data.glob("log/*.log")]
    return sorted(files, key=lambda log: log.stat().st_mtime_ns)


def log_tail(cluster: Cluster) -> str:
    """The last lines the server wrote."""
    written = [log.read_text(errors="replace") for log in logs(cluster)[-2:]]
    return programs.last_lines("".join(written))
