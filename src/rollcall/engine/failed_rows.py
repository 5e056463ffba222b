"""The rows of a run that were not taken, as they were written: to be corrected and sent again.

A file for each input, with its own header, order, quoting, encoding and line ends, byte for byte.
Unlike a report it is not made safe for a spreadsheet (a report cell that could be a formula is
escaped): it is the partner's file. `engine.part` runs it without concluding anything from the rows
that are not in it.
"""

import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from rollcall.core.plan import Outcome
from rollcall.core.tables import Form
from rollcall.engine import artifacts, browsing, plan_store
from rollcall.engine.forms import form_of
from rollcall.engine.models import Artifact, Run

#: Outcomes that a person can do something about; every other row was taken.
FAILED = (Outcome.REJECTED, Outcome.UNMATCHED, Outcome.AMBIGUOUS, Outcome.DUPLICATE)


def failed_rows(run: Run, outcomes: Iterable[Outcome] = FAILED) -> dict[str, Iterator[bytes]]:
    """By file name, the content in blocks: the failed rows of each input that has some, by line.

    Problem when the run decided about no row, or a stored file is damaged.
    """
    wanted = [str(outcome) for outcome in outcomes]
    files = {}
    for input in browsing.inputs(run):
        rows = plan_store.scan(run, f"{input}.rows")
        lines = rows.filter(pl.col("outcome").is_in(wanted)).select("line").collect()["line"]
        if lines.len():
            artifact = run.artifacts.get(kind="input", name=input)
            files[_name(run, artifact)] = _content(run, artifact, lines)
    return files


def _name(run: Run, artifact: Artifact) -> str:
    """CASEMISA.csv of run 12 becomes CASEMISA_failed_rows_of_run_12.csv."""
    given = Path(artifact.source.get("file") or artifact.source.get("upload") or artifact.name)
    test = "TEST_" if run.test else ""
    return f"{test}{given.stem}_failed_rows_of_run_{run.pk}{given.suffix or '.csv'}"


def _content(run: Run, artifact: Artifact, lines: pl.Series) -> Iterator[bytes]:
    """The file's head, as it is, and the lines asked for, each ended as the lines before it are."""
    form = form_of(run, artifact.name)
    starts = plan_store.read(run, f"{artifact.name}.offsets")["offset"]
    with (
        artifacts.checked_path(artifact).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        yield data[: form.offset]
        ending = _ending(data[: artifacts.BLOCK], form)
        for start in starts.gather(lines.cast(pl.Int64) - 1):
            found = data.find(form.newline.encode(), start)
            yield data[start : found + 1] if found >= 0 else data[start:] + ending


def _ending(head: bytes, form: Form) -> bytes:
    """What ends a line in this file."""
    return b"\r\n" if b"\r\n" in head else form.newline.encode()
