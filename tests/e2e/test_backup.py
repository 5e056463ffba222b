"""The drill: back up under load, restore elsewhere, and look whether all is there.

On the embedded database, by the commands alone, as docs/how-to/backup.md says.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.rollcall import COMMAND

CONFIG = """
[district]
code = "1"
name = "One"
state = "CA"
timezone = "America/Los_Angeles"
school_year = "2016-2017"
[connections.seis]
type = "sftp"
host = "sftp.example.org"
user = "rollcall"
password = "${env:SEIS_PASSWORD}"
[syncs.casemis]
integration = "casemis"
connection = "seis"
[connections.mde]
type = "http"
url = "https://state.example.org"
key = "k"
secret = "${env:SEIS_PASSWORD}"
[syncs.state]
integration = "edfi"
connection = "mde"
settings = { local_education_agency_id = "10625000" }
"""
#: Looks at an installation from within: files, credentials, mirrors, syncs, mails.
LOOK = """
import hashlib, json
from rollcall import wiring
wiring.set_up()
from rollcall.engine import artifacts
from rollcall.engine.settings import configure
from rollcall.engine.models import Artifact, Connection, Mail, Run, Sync
from rollcall.engine.outbound.models import MirrorRead
from rollcall.records.models import Student
of_done_runs = Artifact.objects.filter(run__state="done")
read = {a: hashlib.sha256(artifacts.path_of(a).read_bytes()).hexdigest() for a in of_done_runs}
damaged = [a.path for a, found in read.items() if found != a.sha256]
print(json.dumps({
    "damaged": damaged,
    "files": Artifact.objects.count(),
    "runs": Run.objects.filter(state="done").count(),
    "students": Student.objects.count(),
    "secrets": [configure.connection_settings(c).password.get_secret_value()
                for c in Connection.objects.filter(name="seis")],
    "mirrors": MirrorRead.objects.count(),
    "paused": sorted(Sync.objects.filter(paused=True).values_list("name", flat=True)),
    "mails": Mail.objects.exclude(next_attempt=None).count(),
}))
"""
READ = """
from rollcall import wiring
wiring.set_up()
from datetime import UTC, datetime
from rollcall.engine.models import Mail, Run, Sync
from rollcall.engine.outbound.models import MirrorRead
now = datetime(2016, 12, 5, tzinfo=UTC)
state = Sync.objects.get(name="state")
MirrorRead.objects.create(sync=state, resource="students", at=now, documents=1)
run = Run.objects.first()
of_run = {"kind": "completion", "sync": run.sync, "run": run, "made_at": now}
Mail.objects.create(**of_run, recipient="a@example.org", next_attempt=now)
"""


class Home:
    """An installation of its own with an embedded database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        without = {"DATABASE_URL", "ROLLCALL_ARTIFACTS", "ROLLCALL_KEY"}
        own = {name: value for name, value in os.environ.items() if name not in without}
        self.environ = {**own, "ROLLCALL_HOME": str(folder), "SEIS_PASSWORD": "a secret"}

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [COMMAND, *arguments], env=self.environ, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def python(self, program: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program], env=self.environ, capture_output=True, text=True,
            timeout=120, check=True,
        )  # fmt: skip
        return done.stdout

    def look(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.python(LOOK))
        return found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """An installation with records, a secret, a mirror that was read and a mail that waits."""
    folder = tmp_path_factory.mktemp("backup")
    (folder / "config.toml").write_text(CONFIG)
    made = Home(folder / "home")
    keeps = subprocess.Popen(  # as `serve` does: the database runs as long as somebody uses it
        [sys.executable, "-c", "from rollcall.embedded import database_url;database_url();input()"],
        env=made.environ, stdin=subprocess.PIPE,
    )  # fmt: skip
    made("migrate")
    made("config", "apply", str(folder / "config.toml"))
    load(made, 1)
    made.python(READ)
    yield made
    keeps.communicate(b"\n")


def load(home: Home, day: int) -> None:
    """Another day's export of the SIS."""
    sis = home.folder.parent / "sis"
    sis.mkdir(exist_ok=True)
    names = [f"Kim {day if n < 100100 else 1}" for n in range(100001, 100301)]
    rows = "".join(f"{n},Lee,{name},2008-03-14,03\n" for n, name in enumerate(names, 100001))
    header = "local_id,last_name,first_name,birth_date,grade\n"
    (sis / "students.csv").write_text(header + rows)
    home("records", "load", str(sis), "--force")


def test_a_backup_made_under_load_is_restored_elsewhere(here: Home, tmp_path: Path) -> None:
    backup, key = tmp_path / "backup", tmp_path / "key"
    stop = threading.Event()

    def go_on() -> None:
        day = 2
        while not stop.is_set():
            load(here, day)
            day += 1

    loading = threading.Thread(target=go_on)
    loading.start()
    try:
        here("backup", str(backup), "--key-to", str(key))
    finally:
        stop.set()
        loading.join()
    there = Home(tmp_path / "elsewhere")
    said = there("restore", str(backup), "--key", str(key))
    assert "Every sync is paused" in said
    before, after = here.look(), there.look()
    assert after["damaged"] == []
    assert int(str(after["files"])) > 3
    assert 1 <= int(str(after["runs"])) <= int(str(before["runs"]))
    assert after["students"] == before["students"] == 300
    assert after["secrets"] == ["a secret"]
    assert (before["mirrors"], after["mirrors"]) == (1, 0)
    assert (before["mails"], after["mails"]) == (1, 0)
    assert after["paused"] == ["casemis", "records", "state"]
    assert before["paused"] == []
    there("resume", "records")
    load(there, 99)
    assert "backup.not_empty" in there("restore", str(backup), code=2)


def test_a_backup_is_put_into_a_new_folder_and_without_the_key(here: Home, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    assert "keep" in here("backup", str(backup))
    everything = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert (here.folder / "key").read_bytes() not in everything
    assert "backup.folder_there" in here("backup", str(backup), code=2)
    assert "backup.other_key" in Home(tmp_path / "a").__call__("restore", str(backup), code=2)


def test_a_damaged_backup_says_so(here: Home, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    here("backup", str(backup), "--key-to", str(tmp_path / "key"))
    (file, *_) = [path for path in backup.rglob("*.csv") if path.is_file()] or [
        path for path in (backup / "artifacts").rglob("*") if path.is_file()
    ]
    file.write_bytes(b"something else")
    there = Home(tmp_path / "there")
    said = there("restore", str(backup), "--key", str(tmp_path / "key"))
    assert f"missing or damaged in the backup: {file.relative_to(backup / 'artifacts')}" in said
    (backup / "database.dump").write_bytes(b"cut")
    assert "backup.none" in Home(tmp_path / "b").__call__("restore", str(backup), code=2)


def test_a_file_that_is_gone_is_named(here: Home, tmp_path: Path) -> None:
    (file, *_) = [path for path in (here.folder / "artifacts").rglob("*") if path.is_file()]
    content = file.read_bytes()
    file.unlink()
    try:
        assert "backup.files_missing" in here("backup", str(tmp_path / "backup"), code=2)
    finally:
        file.write_bytes(content)
    missing = json.loads((tmp_path / "backup" / "manifest.json").read_text())["missing"]
    assert missing == [str(file.relative_to(here.folder / "artifacts"))]


def test_a_server_of_ones_own_is_backed_up_by_its_own_tools(tmp_path: Path) -> None:
    here = Home(tmp_path / "home")
    here.environ["DATABASE_URL"] = os.environ["DATABASE_URL"]
    assert "docs/how-to/backup.md" in here("backup", str(tmp_path / "b"), code=2)
