"""`python -m bench.edfi_edits`: how long it takes from an edit to the state's yes.

100 edits a second for a minute, each of another student, by plain SQL; two workers, of which the
one that sends is killed with -9 in the middle. Writes bench/edfi_edits.json; `bench.edfi` takes it
into its report.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import psycopg

from bench import edfi_world, ours
from bench.edfi_world import YEAR, State
from bench.measure import Server
from bench.ours import Installation
from rollcall.sandbox.edfi import EdfiServer
from rollcall.sandbox.edfi.world import World

_ROOT = Path(__file__).resolve().parents[1]
_HOME = _ROOT / "bench" / "out" / "edfi" / "edits"


class Timed(list[Any]):
    """The state's history, with the time of each entry beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def append(self, entry: Any) -> None:
        """As a list does, and look at the clock."""
        super().append(entry)
        self.times.append(time.time())


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.edfi_edits", description=__doc__)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    shutil.rmtree(_HOME, ignore_errors=True)
    with ours.installation(_HOME) as installation:
        schools = edfi_world.load(installation, round(arguments.rate * arguments.seconds * 1.05))
        world = World(schools=tuple(map(int, schools)), school_year=int(YEAR[-4:]))
        with EdfiServer(world) as server:
            figures = _measured(installation, server, arguments.rate, arguments.seconds)
    print(figures)
    (_ROOT / "bench" / "edfi_edits.json").write_text(json.dumps(figures, indent=2) + "\n")


def _measured(ours_: Installation, server: EdfiServer, rate: int, seconds: int) -> dict[str, Any]:
    at = State(server.url, server.key, server.secret, "", Server(os.getpid()))
    edfi_world.declare(ours_, at, "live", 32)
    edfi_world.ran(ours_, "live", "start_year")
    ours_.measure("live", "live", "on")
    history = server._app.writer.history = Timed()
    with _workers(ours_) as workers:
        _wait_until_quiet(ours_)
        edited_at = _edit(ours_, workers, rate, rate * seconds)
        _wait_until_quiet(ours_)
    accepted = _accepted(history, edited_at)
    waits = [
        (accepted[number] - at) * 1_000 for number, at in edited_at.items() if number in accepted
    ]
    _, result = edfi_world.ran(ours_, "live", "resynchronize")
    # Found different and made equal. A few of the made-up documents wait from beginning to end for
    # one that the pre-check holds back.
    stale = sum(n["accepted"] + n["refused"] for n in result["counts"].values())
    cuts = quantiles(waits, n=100)
    return {
        "edits": len(edited_at),
        "rate": rate,
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "max_ms": round(max(waits), 1),
        "missed": len(edited_at) - len(waits),
        "stale": stale,
    }


def _accepted(history: Timed, edited_at: dict[str, float]) -> dict[str, float]:
    """When each student's own document was accepted for the first time after its edit."""
    accepted_at: dict[str, float] = {}
    for (_, resource, key), at in zip(history, history.times, strict=True):
        if resource == "students" and edited_at.get(key[0], at) < at:
            accepted_at.setdefault(key[0], at)
    return accepted_at


def _edit(
    ours_: Installation, workers: list[subprocess.Popen[bytes]], rate: int, edits: int
) -> dict[str, float]:
    """Edit so many students at that rate; by their number, when it was committed."""
    edited_at: dict[str, float] = {}
    with psycopg.connect(ours_.url, autocommit=True) as conn:
        local_ids = conn.execute("SELECT local_id FROM mirror_document WHERE resource = 'students'")
        ids = sorted(row[0] for row in local_ids if row[0])[:edits]
        began = time.time()
        for place, local_id in enumerate(ids):
            time.sleep(max(0.0, began + place / rate - time.time()))
            row = conn.execute(_EDIT, [f"Edit {place}", local_id]).fetchone()
            assert row is not None
            edited_at[row[0]] = time.time()
            if place == len(ids) // 2:
                _kill_the_sender(conn, workers)
    return edited_at


_EDIT = "UPDATE student SET first_name = %s WHERE local_id = %s RETURNING state_id"


def _kill_the_sender(conn: Any, workers: list[subprocess.Popen[bytes]]) -> None:
    """Kill the worker that holds the sending lock."""
    row = conn.execute(
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " WHERE l.locktype = 'advisory' AND l.classid = %s AND l.granted",
        [0x526F6C73],
    ).fetchone()
    for worker in workers:
        # A worker adds its number to the name of its sessions.
        if row is None or row[0].partition(" ")[0] == _name(worker):
            worker.send_signal(signal.SIGKILL)
            return
    raise ours.BenchError("nobody was sending")


def _name(worker: subprocess.Popen[bytes]) -> str:
    return next((k for k, v in _NAMES.items() if v is worker), "")


_NAMES: dict[str, subprocess.Popen[bytes]] = {}


@contextmanager
def _workers(ours_: Installation) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two workers, told apart in the database by their application's name."""
    for name in ("worker-1", "worker-2"):
        own = {"ROLLCALL_HOME": str(ours_.home), "DATABASE_URL": "", "PGAPPNAME": name}
        _NAMES[name] = subprocess.Popen(
            [ours.ROLLCALL, "worker"], env={**os.environ, **own}, stderr=subprocess.DEVNULL
        )
    try:
        yield list(_NAMES.values())
    finally:
        for worker in _NAMES.values():
            worker.terminate()
        for worker in _NAMES.values():
            worker.wait()


def _wait_until_quiet(ours_: Installation) -> None:
    """Until no edit and no submission waits and no run is under way, for a second."""
    with psycopg.connect(ours_.url, autocommit=True) as conn:
        still = 0
        while still < 10:
            row = conn.execute(_BUSY).fetchone()
            still = 0 if row and row[0] else still + 1
            time.sleep(0.1)


_BUSY = """SELECT EXISTS (SELECT FROM edit)
    OR EXISTS (SELECT FROM submission WHERE state = 'waiting')
    OR EXISTS (SELECT FROM run WHERE state IN ('queued', 'running'))"""


if __name__ == "__main__":
    main()
