"""Measuring whole processes: wall clock, processor time, peak memory, the database server's share.

Whoever imports this must stay small: a child's peak memory counts from the moment it is forked,
so a large parent would show in every figure. Hence no frame library here.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

_EVERY = 0.5  # seconds between two looks at the server's memory; looking takes time too
_MB = 1_000_000


@dataclass(frozen=True)
class Measured:
    """One process from its start to its end. Seconds; megabytes (10^6 bytes).

    `server_*`: what the database server spent meanwhile, shared memory counted once.
    """

    seconds: float
    cpu: float
    peak_mb: float
    server_cpu: float
    server_peak_mb: float
    code: int
    over_limit: bool
    output: str
    errors: str


@dataclass(frozen=True)
class Figure:
    """The rounds of one measurement, and its median."""

    rounds: tuple[Measured, ...]

    @property
    def seconds(self) -> float:
        """Median wall clock."""
        return median(measured.seconds for measured in self.rounds)

    @property
    def over_limit(self) -> bool:
        """Whether it was stopped at its time limit, so that `seconds` is a lower bound."""
        return any(measured.over_limit for measured in self.rounds)

    def as_json(self) -> dict[str, Any]:
        """What bench/results.json keeps."""
        return {
            "seconds": round(self.seconds, 3),
            "rounds": [round(measured.seconds, 3) for measured in self.rounds],
            "cpu": round(median(measured.cpu for measured in self.rounds), 3),
            "peak_mb": round(max(measured.peak_mb for measured in self.rounds), 1),
            "server_cpu": round(median(measured.server_cpu for measured in self.rounds), 3),
            "server_peak_mb": round(max(measured.server_peak_mb for measured in self.rounds), 1),
            "over_limit": self.over_limit,
        }


class Server:
    """A PostgreSQL server of this machine, by its postmaster's number."""

    def __init__(self, pid: int) -> None:
        self._postmaster = psutil.Process(pid)

    def processes(self) -> list[psutil.Process]:
        """The postmaster and its children."""
        return [self._postmaster, *self._postmaster.children()]

    def cpu(self) -> float:
        """Processor seconds so far, of those that ended too: the postmaster waits for them."""
        ended = self._postmaster.cpu_times()
        return float(ended.children_user + ended.children_system) + sum(
            _cpu(process) for process in self.processes()
        )

    def memory_mb(self) -> float:
        """Memory in use now; what processes share is counted once."""
        return sum(_pss(process) for process in self.processes()) / _MB


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _pss(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
    return float(getattr(full, "pss", full.rss))


class _Watch:
    """The highest memory of a server while inside; a thread looks now and then."""

    def __init__(self, server: Server | None) -> None:
        self.peak_mb, self._server, self._over = 0.0, server, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while self._server and not self._over.wait(_EVERY):
            self.peak_mb = max(self.peak_mb, self._server.memory_mb())


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str] | None = None,
    server: Server | None = None,
    limit: float = 3_600,
) -> Measured:
    """Run a command to its end, or kill it and what it started after `limit` seconds."""
    spent = server.cpu() if server else 0.0
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, _Watch(server) as watch:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        code, usage, over = _wait(process, limit)
        seconds = time.perf_counter() - begin
        texts = [_text(file) for file in (out, err)]
    return Measured(
        seconds=seconds,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss * 1024 / _MB,
        server_cpu=server.cpu() - spent if server else 0.0,
        server_peak_mb=watch.peak_mb,
        code=code,
        over_limit=over,
        output=texts[0],
        errors=texts[1],
    )


def _wait(process: subprocess.Popen[bytes], limit: float) -> tuple[int, Any, bool]:
    """Exit code, resource usage (children included), whether it had to be killed."""
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(limit, stop)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage, stopped.is_set()


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode(errors="replace"))
