"""What sending is measured in: a district, a stand-in state in a process of its own, lightbeam."""

import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import measure
from bench.measure import Measured
from bench.ours import BenchError, Installation

YEAR = "2018-2019"
SECRET = "BENCH_EDFI_SECRET"
LIGHTBEAM = Path(sys.executable).with_name("lightbeam")

_CONFIG = """
[district]
code = "0625"
name = "Measured Public Schools"
state = "MN"
timezone = "America/Chicago"
school_year = "2018-2019"

[syncs.records]
integration = "roster"
[syncs.records.settings]
state_id_digits = 13
[syncs.records.guards]
add = {{ percent = 100 }}
"""
_SYNC = """
[connections.{name}]
type = "http"
url = "{url}"
key = "{key}"
secret = "${{env:BENCH_EDFI_SECRET}}"
{ca_certificate}

[syncs.{name}]
integration = "edfi"
connection = "{name}"
[syncs.{name}.settings]
local_education_agency_id = "10625000"
year_in_path = false
concurrency = {concurrency}
"""


@dataclass(frozen=True)
class State:
    """The stand-in state while it answers."""

    url: str
    key: str
    secret: str
    ca_file: str
    process: measure.Server

    def counts(self) -> dict[str, Any]:
        """How many documents of which resource it has, and what it answered."""
        trusting = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        with urllib.request.urlopen(f"{self.url}/sandbox/state", context=trusting) as answer:
            return dict(json.load(answer))


@contextmanager
def state(schools: Sequence[str], *, tls: bool = False, latency_ms: float = 0) -> Iterator[State]:
    """A fresh stand-in state of the district."""
    options = ["--year", "2019", "--latency-ms", str(latency_ms), *(["--tls"] if tls else [])]
    options += [part for school in schools for part in ("--school", school)]
    command = [sys.executable, "-m", "rollcall.sandbox.edfi", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = json.loads(process.stdout.readline())
        try:
            yield State(**address, process=measure.Server(process.pid))
        finally:
            process.send_signal(signal.SIGTERM)


def declare(ours: Installation, at: State, name: str, concurrency: int) -> None:
    """A sync of that name that sends to `at`; each has a mirror of its own."""
    authority = Path(at.ca_file).read_text() if at.ca_file else ""
    trusted = f"ca_certificate = '''{authority}'''" if authority else ""
    text = _CONFIG.format() + _SYNC.format(
        name=name, url=at.url, key=at.key, ca_certificate=trusted, concurrency=concurrency
    )
    file = ours.home / "edfi.toml"
    file.write_text(text)
    os.environ[SECRET] = at.secret
    ours.measure("installation", "allow", "--district", "0625", "--address", "loopback")
    ours.measure("config", "apply", file)


def load(ours: Installation, students: int) -> list[str]:
    """Records of so many students; the schools' ids at the state."""
    folder = ours.home / "sis"
    code = (
        "import sys, pathlib; "
        "from rollcall.sandbox.districts.minnesota import minnesota_district as make; "
        "f = make(pathlib.Path(sys.argv[1]), int(sys.argv[2]), school_year=sys.argv[3]); "
        "print(*f['schools']['state_id'])"
    )
    command = [sys.executable, "-c", code, str(folder), str(students), YEAR]
    generator = subprocess.run(command, capture_output=True, text=True, check=True)
    file = ours.home / "records.toml"
    file.write_text(_CONFIG.format())
    ours.measure("migrate")
    ours.measure("config", "apply", file)
    ours.measure("records", "load", folder)
    return generator.stdout.split()


def ran(ours: Installation, name: str, job: str) -> tuple[Measured, dict[str, Any]]:
    """Measure a whole run of a job; and its result. BenchError unless all was accepted."""
    done = ours.measure("run", name, job, "--json")
    result = dict(json.loads(done.output))
    numbers = dict(result["summary"])
    # A few documents of the made-up district wait for one that the pre-check holds back.
    not_accepted = numbers.get("Refused", 0) + numbers.get("Waiting", 0)
    all_documents = sum(
        number for label, number in numbers.items() if label.startswith("Documents")
    )
    if result["state"] != "done" or not_accepted > all_documents / 1_000:
        raise BenchError(f"{name} {job}: {result['state']}, {numbers}")
    return done, result


def payloads(ours: Installation, name: str, folder: Path) -> int:
    """Write what the sync would send as JSON lines, a file a resource; how many documents."""
    command = [sys.executable, "-m", "bench.edfi_payloads", name, str(folder)]
    own = {"ROLLCALL_HOME": str(ours.home), "DATABASE_URL": ""}
    writer = subprocess.run(
        command, env={**os.environ, **own}, capture_output=True, text=True, check=True
    )
    return int(writer.stdout)


def limit(at: State, folder: Path, at_once: int) -> Measured:
    """Measure libcurl sending these files, and nothing else."""
    arguments = [str(folder), at.url, at.key, at.secret, str(at_once), *filter(None, [at.ca_file])]
    done = measure.run([sys.executable, "-m", "bench.edfi_limit", *arguments])
    if done.code:
        raise BenchError(f"sending by libcurl alone: {done.errors[-2_000:]}")
    return done


def lightbeam(at: State, folder: Path, pool: int, limit: float) -> Measured:
    """Measure lightbeam sending these files; it remembers what it sent in `folder`."""
    config = {
        "data_dir": str(folder),
        "state_dir": str(folder / "state"),
        "namespace": "ed-fi",
        "edfi_api": {
            "base_url": at.url,
            "version": 3,
            "mode": "shared_instance",
            "client_id": at.key,
            "client_secret": at.secret,
        },
        "connection": {
            "pool_size": pool,
            "timeout": 60,
            "num_retries": 10,
            "backoff_factor": 1.5,
            "retry_statuses": [429, 500, 501, 503, 504],
            "verify_ssl": False,
        },
    }
    file = folder / "lightbeam.json"
    file.write_text(json.dumps(config))
    return measure.run([LIGHTBEAM, "send", "-c", file], limit=limit)
