"""Rollcall as its users run it: whole processes of the command line, on an embedded PostgreSQL."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import measure
from bench.data import Files
from bench.measure import Measured, Server

ROLLCALL = Path(sys.executable).with_name("rollcall")
_OK = (0, 1)  # 1: done, and rows had errors
_HOLD = "import sys; from rollcall.embedded import database_url; "
_HOLD += "print(database_url(), flush=True); sys.stdin.read()"

_CONFIG = """
[district]
code = "6412345"
name = "Measured Unified"
state = "CA"
timezone = "America/Los_Angeles"
school_year = "2016-2017"

[connections.folder]
type = "folder"
path = "{folder}"

[syncs.casemis]
integration = "casemis"
connection = "folder"
# The first import fills an empty table, which the guard would hold for a person.
[syncs.casemis.guards]
add = {{ percent = 100 }}
"""


class BenchError(Exception):
    """A measurement that cannot be trusted: something failed or a count is wrong."""


@dataclass(frozen=True)
class Installation:
    """One Rollcall with its own home and its own database server, which is running."""

    home: Path
    url: str
    server: Server

    def measure(self, *arguments: str | Path) -> Measured:
        """Run `rollcall ARGUMENTS` to its end; BenchError unless it ends well."""
        done = measure.run([ROLLCALL, *arguments], environ=_own(self.home), server=self.server)
        if done.code not in _OK:
            texts = f"{done.output[-2_000:]}{done.errors[-2_000:]}"
            raise BenchError(f"rollcall {arguments}: exit code {done.code}\n{texts}")
        return done

    def run(self, file: Path, *, test: bool, anew: bool = False) -> tuple[Measured, dict[str, Any]]:
        """Measure a whole run of the CASEMIS import on a Table A file; and its result.

        `anew`: it decides every line, also those the day before had.
        """
        options = [*(["--test"] if test else []), *(["--force"] if anew else [])]
        inputs = ["--input", f"students={file}", "--json"]
        done = self.measure("run", "casemis", *options, *inputs)
        return done, json.loads(done.output)

    def undo(self, number: int) -> None:
        """Put the records back as they were before a run."""
        self.measure("undo", str(number))

    def reports(self, number: int, folder: Path) -> Path:
        """Copy a run's reports into a folder, emptied before."""
        shutil.rmtree(folder, ignore_errors=True)
        self.measure("reports", str(number), folder)
        return folder


def _own(home: Path) -> dict[str, str]:
    """Not the caller's database: the one of this home."""
    return {"ROLLCALL_HOME": str(home), "DATABASE_URL": ""}


@contextmanager
def installation(home: Path) -> Iterator[Installation]:
    """A fresh, empty Rollcall; its server runs while inside, as it does beside a worker."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with running(home) as fresh:
        yield fresh


@contextmanager
def running(home: Path) -> Iterator[Installation]:
    """The Rollcall of a home as it was left; its server runs while inside."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD],
        env={**os.environ, **_own(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdin and holder.stdout
        url = holder.stdout.readline().strip()
        if not url:
            raise BenchError("the embedded database does not start")
        pid = int((home / "database" / "data" / "postmaster.pid").read_text().split()[0])
        try:
            yield Installation(home, url, Server(pid))
        finally:
            holder.stdin.close()


def prepare(ours: Installation, files: Files) -> Iterator[tuple[str, Measured]]:
    """Bring a fresh installation to the day before; each step with what it took."""
    config = ours.home / "rollcall.toml"
    config.write_text(_CONFIG.format(folder=files.folder))
    yield "migrate", ours.measure("migrate")
    ours.measure("installation", "allow", "--district", "6412345", "--folder", files.folder)
    ours.measure("config", "apply", config)
    yield "load the records", ours.measure("records", "load", files.sis)
    yield "first import", ours.run(files.path("base"), test=False)[0]


def check_rows(files: Files, name: str, reports: Path, result: dict[str, Any]) -> dict[str, int]:
    """Hold a run to the truth, row by row; BenchError names what differs.

    Every row must be in exactly one report, that of the outcome it must have, and the counts of
    the result must be those of the file. Gives back the counts compared.
    """
    truth = files.truth(name)
    counts = {kind: result["counts"]["students"][kind] for kind in truth}
    if counts != truth:
        raise BenchError(f"{name}: counted {counts}, true is {truth}")
    letters = _letters_of(reports, truth["read"])
    expected = files.outcomes(name).replace(b"x", b"r")
    wrong = [
        line for line, pair in enumerate(zip(letters, expected, strict=True), 1) if len({*pair}) > 1
    ]
    if wrong:
        raise BenchError(f"{name}: {len(wrong)} rows are not where they belong, first {wrong[:5]}")
    return counts


def _letters_of(reports: Path, rows: int) -> bytearray:
    """A letter a row: the outcome by the report it stands in; `-` in none, `+` in several."""
    letters = bytearray(b"-" * rows)
    by_report = {"ImportedRecords": "m", "UnmatchedRecords": "u", "Duplicates": "d"}
    for name, letter in by_report.items():
        for (line,) in _columns(_report(reports, name), "OriginalLineNumber"):
            _put_letter(letters, int(line), letter)
    rejected = _columns(_report(reports, "RejectedRecords"), "OriginalLineNumber", "Outcome")
    for line, outcome in rejected:
        _put_letter(letters, int(line), outcome[0])
    return letters


def _report(folder: Path, name: str) -> Path:
    """The report by that name; those of a test run are called TEST_."""
    (path,) = folder.glob(f"*CASEMIS_TypeA_{name}.csv")
    return path


def _put_letter(letters: bytearray, line: int, letter: str) -> None:
    letters[line - 1] = ord(letter if letters[line - 1] == ord("-") else "+")


def _columns(path: Path, *names: str) -> Iterator[Sequence[str]]:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        places = [header.index(name) for name in names]
        for row in rows:
            yield [row[place] for place in places]
