"""`python -m bench.slow_readers`: how long /health takes while many people read nothing.

A district with a stored report of 64 MB. Readers ask for it, four of them with each session, and
take nothing of it; from the moment the first asks, /health is asked every 50 ms. Rollcall's own
server is measured as it is, and other servers with its pages (install them first: pip install
granian uvicorn gunicorn). Prints a table; docs/decisions/0024-slow-readers.md has it.
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg

from bench import ours

_ROOT = Path(__file__).resolve().parents[1]
_HOME = _ROOT / "bench" / "out" / "slow-readers" / "home"
_SIZE = 64 << 20
_A_SESSION = 4
_EVERY, _LIMIT = 0.05, 10.0
_APP = "bench.slow_readers_app"
#: What each server is started with; {port} is filled in.
_SERVERS = {
    "rollcall serve": [str(ours.ROLLCALL), "serve", "--port", "{port}"],
    "waitress, as it comes": [
        *("-m", "waitress", "--host=127.0.0.1", "--port={port}", f"{_APP}:wsgi"),
    ],
    "waitress, 64 threads": [
        *("-m", "waitress", "--host=127.0.0.1", "--port={port}", "--threads=64"),
        *("--connection-limit=1000", "--asyncore-use-poll", f"{_APP}:wsgi"),
    ],
    "gunicorn, 64 threads": [
        *("-m", "gunicorn", "--bind=127.0.0.1:{port}", "--threads=64", f"{_APP}:wsgi"),
    ],
    "gunicorn, 256 threads": [
        *("-m", "gunicorn", "--bind=127.0.0.1:{port}", "--threads=256", f"{_APP}:wsgi"),
    ],
    "uvicorn": ["-m", "uvicorn", "--port={port}", f"{_APP}:asgi"],
    "granian, 64 threads": [
        *("-m", "granian", "--interface=wsgi", "--port={port}", "--blocking-threads=64"),
        f"{_APP}:wsgi",
    ],
}  # fmt: skip


def main() -> None:
    """Measure each server that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.slow_readers", description=__doc__)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--servers", nargs="*", choices=_SERVERS, default=list(_SERVERS))
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    figures = []
    with ours.installation(_HOME) as installation, psycopg.connect(installation.url) as database:
        # The embedded database has 50, and every thread of a server keeps one.
        database.autocommit = True
        database.execute("ALTER SYSTEM SET max_connections = 400")
    with ours.running(_HOME) as installation:
        environ = {**os.environ, "ROLLCALL_HOME": str(_HOME), "DATABASE_URL": installation.url}
        environ.pop("ROLLCALL_URL", None)
        world = _world(environ, arguments.readers)
        for name in arguments.servers:
            figures.append(_measured(name, environ, world, arguments.readers, arguments.seconds))
            print(_line(figures[-1]), flush=True)
    shutil.rmtree(_HOME, ignore_errors=True)
    print(f"{os.cpu_count()} cores, {load:.1f} processes waiting or running before")


def _world(environ: dict[str, str], readers: int) -> dict[str, Any]:
    """The report's address and the readers' sessions."""
    sessions = -(-readers // _A_SESSION)
    command = [sys.executable, "-m", _APP, str(_SIZE), str(sessions)]
    done = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    world: dict[str, Any] = json.loads(done.stdout)
    return world


def _measured(
    name: str, environ: dict[str, str], world: dict[str, Any], readers: int, seconds: float
) -> dict[str, Any]:
    with _serving(_SERVERS[name], environ) as (port, server):
        quiet = [_health(port) for _ in range(20)]
        before = _memory(server)
        sockets: list[socket.socket] = []
        coming: list[float] = []
        waiting: list[float] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            times = coming if len(sockets) < readers else waiting
            for _ in range(min(10, readers - len(sockets))):
                sockets.append(_reader(port, world, len(sockets) // _A_SESSION))
            times.append(_health(port))
            time.sleep(max(0.0, _EVERY - times[-1]))
        times = coming + waiting
        figures = {
            "server": name,
            "quiet": median(quiet),
            "median": median(times),
            "worst coming": max(coming),
            "worst waiting": max(waiting, default=_LIMIT),
            "late": sum(one > 0.1 for one in times),
            "asked": len(times),
            "answered": sum(map(_answered, sockets)),
            "memory": _memory(server) - before,
            "threads": server.num_threads(),
        }
        for one in sockets:
            one.close()
        return figures


@contextmanager
def _serving(command: list[str], environ: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    filled = [part.format(port=port) for part in command]
    started = filled if filled[0] == str(ours.ROLLCALL) else [sys.executable, *filled]
    with subprocess.Popen(
        started, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            until = time.monotonic() + 30
            while _health(port) >= _LIMIT:
                if time.monotonic() > until:
                    raise ours.BenchError(f"{command} does not answer")
                time.sleep(0.1)
            root = psutil.Process(server.pid)
            yield port, max([root, *root.children(recursive=True)], key=_memory)
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(10)
            server.kill()


def _memory(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def _health(port: int) -> float:
    """Seconds until /health said that all is well; the limit when it did not."""
    begin = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_LIMIT)) as connection:
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return time.perf_counter() - begin
        except OSError:
            pass
    return _LIMIT


def _reader(port: int, world: dict[str, Any], session: int) -> socket.socket:
    """Asks for the report and reads nothing."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    reader.settimeout(_LIMIT)
    reader.connect(("127.0.0.1", port))
    cookie = f"sessionid={world['sessions'][session]}"
    head = f"GET {world['address']} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n"
    reader.sendall(head.encode())
    return reader


def _answered(reader: socket.socket) -> bool:
    """Whether the report has begun to come."""
    reader.settimeout(0.01)
    with suppress(OSError):
        return b" 200 " in reader.recv(15, socket.MSG_PEEK)
    return False


def _line(figures: dict[str, Any]) -> str:
    spans = ("quiet", "median", "worst coming", "worst waiting")
    cells = [figures["server"], *(f"{figures[span] * 1000:,.0f}" for span in spans)]
    cells += [f"{figures['late']} of {figures['asked']}", figures["answered"]]
    cells += [f"{figures['memory'] / 1e6:,.0f}", figures["threads"]]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
