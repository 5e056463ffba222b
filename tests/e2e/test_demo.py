"""The demo: it ends well, opens on a district with history, and goes on when it is run again.
Another one may be running; when it is ended, all that it has started ends with it.
"""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGTERM
from typing import Any
from urllib.request import urlopen

from tests.e2e.rollcall import COMMAND, Rollcall
from tests.servers.processes import alive, descendants


def test_the_demo_works_the_first_day_and_the_next(tmp_path: Path) -> None:
    rollcall = Rollcall(tmp_path / "home", "")  # on the embedded database
    first = rollcall("demo", "--once")
    assert "Load 5,000 students" in first
    assert "TEST: no data was written" in first
    assert re.search(r"password +\S+", first)
    runs = rollcall.json("runs", "--sync", "casemis", "--limit", "50")
    held, done, preview = runs[:3]
    assert [run["state"] for run in (held, done, preview)] == ["held", "done", "done"]
    assert [run["test"] for run in (held, done, preview)] == [False, False, True]
    assert done["counts"] == preview["counts"]
    assert held["counts"]["services"]["removed"] > 500
    it_has_history(runs)
    people_have_decided(rollcall, first)
    the_change_log_agrees(rollcall, first)

    with a_taken_port(), going_on(rollcall, tmp_path / "log") as (said, process):
        it_serves_where_it_says(said)
        started = descendants(process.pid)
        database = int((rollcall.home / "database/data/postmaster.pid").read_text().split()[0])
        process.send_signal(SIGTERM)
        assert process.wait(30) == 0
    assert [pid for pid in (*started, database) if alive(pid)] == []

    again, latest = rollcall.json("runs", "--sync", "casemis")[:2]
    assert (again["state"], latest["state"]) == ("held", "done")
    assert latest["counts"]["students"]["added"] == 0
    assert latest["counts"]["students"]["updated"] > 0
    discarded = rollcall.json("show", str(held["run"]))
    assert discarded["state"] == "discarded"


@contextmanager
def a_taken_port() -> Iterator[None]:
    """Somebody has the demo's first port; it may be another demo."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # taken it is
            other.bind(("127.0.0.1", 8080))
            other.listen()
        yield


@contextmanager
def going_on(rollcall: Rollcall, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The demo, once it serves its pages: what it has said, and its process."""
    with log.open("wb") as out:
        process = subprocess.Popen([COMMAND, "demo"], env=rollcall.environment, stdout=out)
    try:
        until = time.monotonic() + 120
        while "Ctrl-C ends" not in (said := log.read_text()):
            assert process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)
        yield said, process
    finally:
        process.kill()
        process.wait()


def it_serves_where_it_says(said: str) -> None:
    (address,) = re.findall(r"listens on (http://127.0.0.1:\d+)", said)
    assert not address.endswith(":8080")
    assert f"Web pages {address}" in said
    assert f"{address}/d/" in said
    with urlopen(f"{address}/health", timeout=30) as answer:
        assert answer.status == 200


def it_has_history(runs: list[dict[str, Any]]) -> None:
    """Weeks of runs, the first of them long ago, of all that can become of a run."""
    states = {run["state"] for run in runs}
    assert states >= {"done", "failed", "unchanged", "held"}
    assert sum(run["state"] == "done" and not run["test"] for run in runs) > 5
    assert {run["started_by"] for run in runs} == {"person", "schedule"}
    assert any(run["undo_of"] for run in runs)
    age = datetime.now(UTC) - datetime.fromisoformat(runs[-1]["created_at"])
    assert age > timedelta(days=13)
    times = [run["created_at"] for run in runs]
    assert times == sorted(times, reverse=True)


def people_have_decided(rollcall: Rollcall, said: str) -> None:
    """Rows are open, others were decided; alerts were opened, looked after and resolved."""
    decisions = rollcall.json("decisions")
    assert sorted(one["kind"] for one in decisions) == ["ignore", "link"]
    rows = rollcall("unmatched")
    assert rows.count("unmatched:") > 3
    assert "ambiguous:" in rows
    assert rollcall.json("alerts")
    resolved = rollcall.json("alerts", "--resolved")
    assert any(one["acknowledged_by"] for one in resolved)
    assert "unmatched/" in said and "/review/" in said


def the_change_log_agrees(rollcall: Rollcall, said: str) -> None:
    """The student shown has a past: changed by runs and by a person, on days that have gone by."""
    local_id = re.search(r"rollcall student (\d+)", said)
    assert local_id is not None
    told = rollcall.json("student", local_id[1])
    timeline = told["timeline"]
    assert {"steward@example.org"} <= {change["person"] for change in timeline}
    times = [change["at"] for change in timeline]
    assert times == sorted(times, reverse=True)
    assert len({at[:10] for at in times}) >= 3
