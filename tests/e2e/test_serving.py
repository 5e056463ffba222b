"""`rollcall serve`: where it listens, what it says when it cannot, and how it ends."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals
from urllib.request import urlopen

import pytest
from tests.e2e.rollcall import COMMAND, Rollcall, copy
from tests.servers.processes import alive


@contextmanager
def serving(here: Rollcall, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server on any free port: its address as it says it, and its process."""
    with log.open("wb") as out:
        command = [COMMAND, "serve", "--port", "0"]
        process = subprocess.Popen(command, env=here.environment, stdout=out, stderr=out)
    try:
        until = time.monotonic() + 60
        while not (said := re.findall(r"listens on (http://\S+)", log.read_text())):
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.02)
        yield said[0], process
    finally:
        process.terminate()  # killed, it would leave its database running
        process.wait(30)


@pytest.fixture
def here(new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rollcall:
    """On the embedded database of its home."""
    monkeypatch.delenv("ROLLCALL_URL", raising=False)
    copy(new_home, tmp_path / "home")
    return Rollcall(tmp_path / "home", "")


@pytest.mark.parametrize("end", [SIGTERM, SIGINT])
def test_it_says_where_it_listens_and_its_database_ends_with_it(
    here: Rollcall, tmp_path: Path, end: Signals
) -> None:
    with serving(here, tmp_path / "log") as (address, process):
        with urlopen(f"{address}/health", timeout=30) as answer:
            assert answer.status == 200
        assert f"first admin at {address}/first/" in (tmp_path / "log").read_text()
        database = int((here.home / "database/data/postmaster.pid").read_text().split()[0])
        process.send_signal(end)
        assert process.wait(30) == 0
    assert not alive(database)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--port", "{taken}"], "another program uses this port"),
        (["--host", "192.0.2.1"], "Cannot assign requested address"),
        (["--host", "nowhere.invalid"], "there is no such address"),
    ],
)
def test_it_says_why_it_cannot_listen(
    here: Rollcall, tmp_path: Path, options: list[str], why: str
) -> None:
    with serving(here, tmp_path / "log") as (address, _):
        taken = address.rpartition(":")[2]
        asked = [one.format(taken=taken) for one in options]
        done = subprocess.run(
            [COMMAND, "serve", *asked],
            env=here.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 4
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert "works once" not in done.stdout
