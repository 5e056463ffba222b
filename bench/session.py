"""One size measured: everything in turns, round by round, so that a busy moment hits all alike."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import measure, ours, peers
from bench.data import Files
from bench.measure import Figure, Measured

_SLOW = ("csvkit", "dlt-arrow", "dlt")
#: From this many rows on, fewer rounds.
_LARGE = 1_000_000

Say = Callable[[str], None]


@dataclass
class Session:
    """The measurements of one size, in a folder of its own."""

    rows: int
    folder: Path
    wanted_peers: tuple[str, ...]
    limit: float
    say: Say
    measured: dict[str, list[Measured]] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    setup: dict[str, float] = field(default_factory=dict)

    @property
    def files(self) -> Files:
        """What is measured."""
        return Files(self.folder / "data", self.rows)

    @property
    def rounds(self) -> int:
        """How often each quick thing is measured."""
        return 2 if self.rows >= _LARGE else 3

    def carry_out(self, seed: int) -> dict[str, Any]:
        """Make the files, prepare, measure; the figures as bench/results.json keeps them."""
        self.say("making the files")
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "bench.data",
            str(self.rows),
            str(seed),
            self.files.folder,
        ]
        subprocess.run(command, check=True)
        with ours.installation(self.folder / "home") as installation:
            self._prepare(installation)
            for number in range(self.rounds):
                self._round(installation, number)
        return self._results()

    def _prepare(self, installation: ours.Installation) -> None:
        for step, done in ours.prepare(installation, self.files):
            self._note(step, done)
            self.setup[step] = round(done.seconds, 1)
            if step == "first import":
                self._keep("first import", done)
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        if self._dlt():
            peers.make_dlt_database(installation.url)
        for name in self._dlt():
            done = self._peer(installation, name, "base")
            self._note(f"{name}: the day before", done)
            if done.over_limit:  # the merge into it would take longer still: this is the figure
                self._keep(name, done)

    @property
    def _work(self) -> Path:
        """Where the peers write."""
        return self.folder / "peers"

    def _dlt(self) -> list[str]:
        return [name for name in self.wanted_peers if name.startswith("dlt")]

    def _round(self, installation: ours.Installation, number: int) -> None:
        self.say(f"round {number + 1} of {self.rounds}")
        self._check("measured", installation, self._ours(installation, "measured", "test run"))
        for name in self.wanted_peers:
            if self._enough(name):
                continue
            done = self._peer(installation, name, "clean")
            self._note(name, done)
            self._keep(name, done)
        self._check("measured", installation, self._ours(installation, "measured", "anew"))
        live = self._ours(installation, "measured", "live run")
        self._check("measured", installation, live)
        self._check("next", installation, self._ours(installation, "next", "next day"))
        if number + 1 < self.rounds:
            installation.undo(live["run"])

    def _enough(self, name: str) -> bool:
        """A peer that was stopped at the limit, or a slow one with many rows, has no more turns."""
        before = self.measured.get(name, [])
        slow = name in _SLOW and self.rows >= _LARGE
        return any(done.over_limit for done in before) or bool(slow and before)

    def _ours(self, installation: ours.Installation, file: str, what: str) -> dict[str, Any]:
        how = {"test": what != "live run", "anew": what == "anew"}
        done, result = installation.run(self.files.path(file), **how)
        self._note(what, done)
        self._keep(what, done)
        return result

    def _check(self, file: str, installation: ours.Installation, result: dict[str, Any]) -> None:
        reports = installation.reports(result["run"], self.folder / "reports")
        self.counts[file] = ours.check_rows(self.files, file, reports, result)

    def _peer(self, installation: ours.Installation, name: str, file: str) -> Measured:
        work = self._work
        arguments: list[str | Path] = [self.files.path(file)]
        if name == "csvkit":
            arguments += [self.files.sis / "students.csv", self.files.path("base"), work]
        if name.startswith("dlt"):
            arguments += [installation.url, work]
        command: list[str | Path] = [sys.executable, "-m", "bench.peers", name, *arguments]
        done = measure.run(
            command,
            environ=peers.dlt_environment(work),
            server=installation.server,
            limit=self.limit,
        )
        if done.code and not done.over_limit:
            raise ours.BenchError(f"{name}: exit code {done.code}\n{done.errors[-2_000:]}")
        if name.startswith("dlt"):
            peers.tidy_dlt_database(installation.url)
        return done

    def _keep(self, name: str, done: Measured) -> None:
        self.measured.setdefault(name, []).append(done)

    def _note(self, name: str, done: Measured) -> None:
        over = " (stopped at the limit)" if done.over_limit else ""
        self.say(f"{name}: {done.seconds:.2f} s, peak {done.peak_mb:.0f} MB{over}")

    def _results(self) -> dict[str, Any]:
        figures = {name: Figure(tuple(rounds)).as_json() for name, rounds in self.measured.items()}
        return {
            "rows": self.rows,
            "file_mb": round(self.files.path("measured").stat().st_size / 1e6, 1),
            "counts": self.counts,
            "setup": self.setup,
            "figures": figures,
        }
