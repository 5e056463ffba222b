"""`python -m bench.endurance`: ten bad minutes, and what is left of them.

Imports, edits that travel to a state, and 30 people who look at pages, while workers, the database
and the web server are killed, workers are frozen, the disk fills and the workers' clock jumps, at
random. At the end all must be true: each run once and over, no edit lost, the state equal to the
records, no error of ours on a page, memory and disk bounded. Writes bench/endurance.json.

The disk fills where a tmpfs can be mounted, as root; otherwise the figures say that it was not.
"""

import argparse
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from bench import edfi_world, ours
from bench.edfi_world import YEAR, State
from bench.measure import Server
from bench.ours import BenchError, Installation
from rollcall.sandbox.edfi import EdfiServer
from rollcall.sandbox.edfi.world import World

_ROOT = Path(__file__).resolve().parents[1]
_HOME = _ROOT / "bench" / "out" / "endurance"
_STUDENTS, _IMPORTED = 2_000, 200
_PORT = 8_097
_MEMORY_MIB, _DISK_MIB = 2_048, 3_072
#: A worker whose clock is as far off as a file says, seconds: the one clock that Rollcall asks.
_WORKER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from rollcall.engine import clock
file = Path(sys.argv[1])
off = lambda: timedelta(seconds=int(file.read_text()))
clock.SystemClock.now = lambda self: datetime.now(UTC) + off()
from rollcall.cli import main
main(["worker"])
"""

#: A token, and a browser's session, of an admin.
_LET_IN = """
from rollcall import wiring
wiring.set_up()
from django.test import Client
from rollcall.access import people, tokens
from rollcall.access.roles import Role
from rollcall.engine.clock import SystemClock
from rollcall.records.models import District
clock, district = SystemClock(), District.objects.get()
user = people.add("endurance@example.org", district, Role.ADMIN, clock, "bench")
browser = Client()
browser.force_login(user)
token = tokens.make(user, district, Role.ADMIN, "bench", clock)[1]
print(token, browser.cookies["sessionid"].value)
"""


@dataclass
class Trial:
    """Everything that runs. `workers`: by name; `disturbed`: what was done to them, how often;
    `answers`: of pages by status, 0 for none.
    """

    home: Installation
    state: EdfiServer
    token: str = ""
    session: str = ""
    workers: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    web: "subprocess.Popen[bytes] | None" = None
    disturbed: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    imports: dict[int, str] = field(default_factory=dict)
    edits: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)


def main() -> None:
    """Disturb, check, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.endurance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seed", type=int, default=2016)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    with _small_disk(_HOME) as on_a_disk_of_its_own, ours.installation(_HOME / "home") as home:
        schools = edfi_world.load(home, _STUDENTS)
        world = World(schools=tuple(map(int, schools)), school_year=int(YEAR[-4:]))
        with EdfiServer(world) as state:
            figures = _endure(Trial(home, state), arguments, on_a_disk_of_its_own)
    figures = {"command": " ".join(["python -m bench.endurance", *sys.argv[1:]]), **figures}
    print(json.dumps(figures, indent=2))
    (_ROOT / "bench" / "endurance.json").write_text(json.dumps(figures, indent=2) + "\n")
    if wrong := [name for name, right in figures["true_at_the_end"].items() if not right]:
        raise BenchError(f"not true at the end: {', '.join(wrong)}")


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A disk of its own that can be filled; False where none can be mounted."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _endure(trial: Trial, arguments: argparse.Namespace, can_fill: bool) -> dict[str, Any]:
    at = State(trial.state.url, trial.state.key, trial.state.secret, "", Server(os.getpid()))
    edfi_world.declare(trial.home, at, "live", 32)
    edfi_world.ran(trial.home, "live", "start_year")
    trial.home.measure("live", "live", "on")
    trial.token, trial.session = _python(trial, _LET_IN).split()
    disturbances = _disturbances(trial, can_fill)
    _start_all(trial)
    threads = [threading.Thread(target=_look, args=(trial,)) for _ in range(arguments.clients)]
    threads += [threading.Thread(target=work, args=(trial,)) for work in (_import, _edit)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 60 * arguments.minutes
    peak = 0
    while time.monotonic() < until:
        time.sleep(random.uniform(5, 12))
        name, disturb = random.choice(disturbances)
        trial.disturbed[name] += 1
        disturb()
        _start_all(trial)
        peak = max(peak, *map(_memory_mib, _processes(trial)))
    trial.stop.set()
    for thread in threads:
        thread.join()
    calm = _wait_until_quiet(trial, 300)
    _end_all(trial)
    return _figures(trial, calm, peak, can_fill)


def _figures(trial: Trial, calm: bool, peak: int, can_fill: bool) -> dict[str, Any]:
    states = _runs(trial)
    wrong_edits = _lost(trial)
    used = sum(f.stat().st_blocks * 512 for f in trial.home.home.rglob("*") if f.is_file()) >> 20
    different = _different(trial)
    return {
        "disturbances": dict(trial.disturbed),
        "left_out": [] if can_fill else ["a full disk: no tmpfs can be mounted"],
        "pages": {str(status): count for status, count in sorted(trial.answers.items())},
        "imports": dict(Counter(states.values())),
        "why_imports_failed": _failures(trial),
        "edits": len(trial.edits),
        "peak_mib_of_a_process": peak,
        "disk_mib": used,
        "true_at_the_end": {
            "nothing under way for five minutes at most": calm,
            "each import once and over": _each_once(trial, states),
            "records as the last import and the last edits say": wrong_edits == 0,
            "the state equal to the records": different == 0,
            "no error of ours on a page": trial.answers[500] == 0,
            "memory bounded": peak < _MEMORY_MIB,
            "disk bounded": used < _DISK_MIB,
        },
    }


# What goes on


def _look(trial: Trial) -> None:
    """A person who opens one page after the other."""
    pages = ("", "runs/", "students/", "alerts/", "syncs/live/", "syncs.csv")
    while not trial.stop.is_set():
        where = f"http://127.0.0.1:{_PORT}/d/0625/{random.choice(pages)}"
        request = urllib.request.Request(where, headers={"Cookie": f"sessionid={trial.session}"})
        trial.answers[_status(request)] += 1
        trial.stop.wait(random.uniform(0.2, 1.5))


def _import(trial: Trial) -> None:
    """A part of the SIS export after the other, through the API; its number is in the names."""
    rows = _exported(trial)[:_IMPORTED]
    number = 0
    while not trial.stop.is_set():
        number += 1
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows({**row, "first_name": f"Import {number}"} for row in rows)
        if (run := _upload(trial, text.getvalue())) is not None:
            trial.imports[run] = f"Import {number}"
        trial.stop.wait(random.uniform(3, 8))


def _upload(trial: Trial, content: str) -> int | None:
    """Start a run of the file; its number, None where nothing was answered."""
    mark = uuid4().hex
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="partial"\r\n\r\ntrue\r\n']
    parts += [f'--{mark}\r\nContent-Disposition: form-data; name="students"; ']
    parts += [f'filename="students.csv"\r\n\r\n{content}\r\n--{mark}--\r\n']
    request = urllib.request.Request(
        f"http://127.0.0.1:{_PORT}/api/syncs/records/runs",
        "".join(parts).encode(),
        {
            "Authorization": f"Bearer {trial.token}",
            "Content-Type": f"multipart/form-data; boundary={mark}",
        },
    )
    with suppress(OSError, ValueError), urllib.request.urlopen(request, timeout=60) as answer:
        return int(json.load(answer)["run"])
    return None


def _edit(trial: Trial) -> None:
    """Students whom no import is about, edited one after the other by plain SQL."""
    ids = [row["local_id"] for row in _exported(trial)][_IMPORTED:]
    number = 0
    while not trial.stop.is_set():
        with suppress(psycopg.Error), psycopg.connect(trial.home.url, autocommit=True) as database:
            while not trial.stop.is_set():
                number += 1
                local_id, name = random.choice(ids), f"Edit {number}"
                done = database.execute(
                    "UPDATE student SET first_name = %s WHERE local_id = %s", [name, local_id]
                )
                if done.rowcount:
                    trial.edits[local_id] = name
                # In bursts: an import that finds its records moved each time gives up by design.
                trial.stop.wait(random.uniform(2, 6) if number % 20 == 0 else 0.02)
        trial.stop.wait(0.5)


def _exported(trial: Trial) -> list[dict[str, str]]:
    """The students of the SIS export."""
    with (trial.home.home / "sis" / "students.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


# What goes wrong


def _disturbances(trial: Trial, can_fill: bool) -> list[tuple[str, Callable[[], None]]]:
    disturbances = [
        ("a worker killed", lambda: _signal(_any_worker(trial), signal.SIGKILL)),
        ("a worker asked to stop", lambda: _signal(_any_worker(trial), signal.SIGTERM)),
        ("a worker frozen", lambda: _freeze(_any_worker(trial))),
        ("the database killed", lambda: _kill_database(trial)),
        ("the web server killed", lambda: _signal(trial.web, signal.SIGKILL)),
        ("the clock of the workers jumps", lambda: _jump(trial)),
    ]
    if can_fill:
        disturbances.append(("the disk full", lambda: _fill(trial.home.home.parent)))
    return disturbances


def _any_worker(trial: Trial) -> "subprocess.Popen[bytes]":
    return random.choice(list(trial.workers.values()))


def _signal(process: "subprocess.Popen[bytes] | None", number: int) -> None:
    if process is not None:
        process.send_signal(number)


def _freeze(worker: "subprocess.Popen[bytes]") -> None:
    worker.send_signal(signal.SIGSTOP)
    time.sleep(20)
    worker.send_signal(signal.SIGCONT)


def _kill_database(trial: Trial) -> None:
    pid = (trial.home.home / "database" / "data" / "postmaster.pid").read_text().split()[0]
    os.kill(int(pid), signal.SIGKILL)


def _fill(disk: Path) -> None:
    """Leave no room for a while."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb") as file:
        while True:
            file.write(bytes(1 << 20))
    time.sleep(10)
    filler.unlink()


def _jump(trial: Trial) -> None:
    """Set the workers' clock an hour on or back."""
    _set_clock(trial, random.choice([3_600, -3_600, 0]))


def _set_clock(trial: Trial, seconds: int) -> None:
    """Whole or not at all, for the workers read it all the time."""
    draft = _clock_file(trial).with_suffix(".part")
    draft.write_text(str(seconds))
    draft.replace(_clock_file(trial))


def _clock_file(trial: Trial) -> Path:
    return _ROOT / "bench" / "out" / "clock"


# Processes


def _start_all(trial: Trial) -> None:
    """Start again what has ended."""
    own = _own(trial)
    if not _clock_file(trial).exists():
        _set_clock(trial, 0)
    for name in ("one", "two"):
        if name not in trial.workers or trial.workers[name].poll() is not None:
            command = [sys.executable, "-c", _WORKER, str(_clock_file(trial))]
            trial.workers[name] = _start(trial, command, own, name)
    if trial.web is None or trial.web.poll() is not None:
        command = [str(ours.ROLLCALL), "serve", "--port", str(_PORT)]
        trial.web = _start(trial, command, own, "web")


def _start(
    trial: Trial, command: list[str], environ: dict[str, str], name: str
) -> "subprocess.Popen[bytes]":
    with (trial.home.home.parent / f"{name}.log").open("ab") as log:
        return subprocess.Popen(command, env=environ, stdout=log, stderr=log)


def _processes(trial: Trial) -> list["subprocess.Popen[bytes]"]:
    return [*trial.workers.values(), *([trial.web] if trial.web else [])]


def _end_all(trial: Trial) -> None:
    for process in _processes(trial):
        process.terminate()
    for process in _processes(trial):
        process.wait(60)


def _memory_mib(process: "subprocess.Popen[bytes]") -> int:
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) >> 10
    return 0


def _python(trial: Trial, program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, env=_own(trial), capture_output=True, text=True, check=True
    ).stdout


# What is left


def _wait_until_quiet(trial: Trial, seconds: float) -> bool:
    """Whether in that time nothing waits any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(psycopg.Error), psycopg.connect(trial.home.url) as database:
            row = database.execute(_BUSY).fetchone()
            if row is not None and not row[0]:
                return True
        _start_all(trial)
        time.sleep(1)
    return False


_BUSY = """SELECT EXISTS (SELECT FROM edit)
    OR EXISTS (SELECT FROM submission WHERE state = 'waiting')
    OR EXISTS (SELECT FROM run WHERE state IN ('queued', 'running'))"""


def _different(trial: Trial) -> int:
    """How many documents the state has otherwise than the records call for."""
    command = [str(ours.ROLLCALL), "run", "live", "resynchronize", "--json"]
    done = subprocess.run(command, env=_own(trial), capture_output=True, text=True, check=False)
    counts = json.loads(done.stdout)["counts"]
    return sum(of_input["accepted"] + of_input["refused"] for of_input in counts.values())


def _own(trial: Trial) -> dict[str, str]:
    return {**os.environ, "ROLLCALL_HOME": str(trial.home.home), "DATABASE_URL": ""}


def _runs(trial: Trial) -> dict[int, str]:
    with psycopg.connect(trial.home.url) as database:
        query = "SELECT r.id, r.state FROM run r JOIN sync s ON s.id = r.sync_id"
        rows = database.execute(f"{query} WHERE s.name = 'records' AND r.partial ORDER BY r.id")
        return {int(number): str(state) for number, state in rows}


def _failures(trial: Trial) -> dict[str, int]:
    with psycopg.connect(trial.home.url) as database:
        query = "SELECT error_code, count(*) FROM run WHERE error_code <> '' GROUP BY 1"
        return dict(database.execute(query).fetchall())


def _each_once(trial: Trial, states: dict[int, str]) -> bool:
    """Whether every run that was answered for is there, and over. One that was begun and not
    answered for, since the server was killed, may be there besides.
    """
    return set(trial.imports) <= set(states) and not {"queued", "running"} & set(states.values())


def _lost(trial: Trial) -> int:
    """Students who are not what the last applied import, or the last edit, made of them."""
    with psycopg.connect(trial.home.url) as database:
        names: dict[str, str] = dict(
            database.execute("SELECT local_id, first_name FROM student").fetchall()
        )
        done = "SELECT id FROM run WHERE partial AND state = 'done' ORDER BY applied_txid::bigint"
        applied = [number for (number,) in database.execute(done)]
    wrong = sum(names[local_id] != name for local_id, name in trial.edits.items())
    import_names = [trial.imports[number] for number in applied if number in trial.imports]
    imported = [row["local_id"] for row in _exported(trial)][:_IMPORTED]
    last = import_names[-1:] if applied and applied[-1] in trial.imports else []
    return wrong + sum(names[local_id] != name for name in last for local_id in imported)


if __name__ == "__main__":
    main()
