"""What readers make of the file with bad rows: `python -m bench.soundness FOLDER` prints JSON.

Each row of the file is a line of its own and no value holds a comma or a quote, so the truth is
plain: a row delivered is right when its fields, joined again, are one of the file's good lines.
Each reader gets what helps it most; what a careful caller checks (number of columns, encoding)
counts for it.
"""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.data import Files

_NO_LIMIT = 1 << 31  # characters in a field: what an open quote swallows must not stop a reader


@dataclass(frozen=True)
class Soundness:
    """What one reader did. `lost`: good rows not delivered as they are; `accepted`: rows delivered
    that are no good row of the file; `reported`: bad rows it reported.
    """

    reader: str
    lost: int
    accepted: int
    reported: int
    note: str = ""


@dataclass(frozen=True)
class _Read:
    """The rows a reader delivered, each as one line again, and how many bad ones it reported."""

    lines: Iterable[bytes]
    reported: int
    note: str = ""


def python_csv(path: Path) -> _Read:
    """The csv module; the caller checks the number of columns and the encoding."""
    lines, reported = [], 0
    csv.field_size_limit(_NO_LIMIT)
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file)
        width = len(next(rows))
        for row in rows:
            if len(row) == width and _readable(text := ",".join(row)):
                lines.append(text.encode())
            else:
                reported += 1
    return _Read(lines, reported)


def _readable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def duckdb_rejects(path: Path) -> _Read:
    """DuckDB with store_rejects."""
    return _duckdb(path, "store_rejects = true")


def duckdb_lenient(path: Path) -> _Read:
    """DuckDB with store_rejects and without its strict mode."""
    return _duckdb(path, "store_rejects = true, strict_mode = false")


def _duckdb(path: Path, options: str) -> _Read:
    import duckdb

    names = path.open("rb").readline().decode().strip().split(",")
    joined = " || ',' || ".join(f"coalesce(\"{name}\", '')" for name in names)
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"
    source = "read_csv($1, header = true, auto_detect = false, delim = ',', quote = '\"', "
    source += f"escape = '\"', new_line = '\\r\\n', columns = {columns}, {options})"
    with duckdb.connect() as database:
        lines = database.execute(f"SELECT {joined} FROM {source}", [str(path)]).fetchall()
        rejected = database.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchall()
    return _Read([line.encode() for (line,) in lines], int(rejected[0][0]))


def pyarrow_handler(path: Path) -> _Read:
    """pyarrow with invalid_row_handler; the caller checks the encoding."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow

    rejected: list[Any] = []
    names = path.open("rb").readline().decode().strip().split(",")

    def skip(row: Any) -> str:
        rejected.append(row.number)
        return "skip"

    table = arrow.read_csv(
        path,
        parse_options=arrow.ParseOptions(invalid_row_handler=skip),
        convert_options=arrow.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, pa.binary())
        ),
    )
    joined = pc.binary_join_element_wise(*table.columns, pa.scalar(b",", pa.binary()))
    lines = joined.to_pylist()
    readable = [line for line in lines if _decodes(line)]
    return _Read(readable, len(rejected) + len(lines) - len(readable))


def _decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def csvclean(path: Path) -> _Read:
    """csvkit's csvclean. It stops at the first byte that is not UTF-8, so it reads Latin-1 here and
    the caller checks the encoding afterwards.
    """
    command: list[str | Path] = [Path(sys.executable).with_name("csvclean"), "-e", "latin-1"]
    command += ["--length-mismatch", "--omit-error-rows", "--maxfieldsize", str(_NO_LIMIT), path]
    done = subprocess.run(command, capture_output=True, check=False)
    reported = max(0, sum(1 for _ in _records(done.stderr)) - 1)
    rows = _records(done.stdout)
    next(rows)
    lines = [",".join(row).encode("latin-1") for row in rows]
    readable = [line for line in lines if _decodes(line)]
    return _Read(readable, reported + len(lines) - len(readable), "as UTF-8 it stops, reading none")


def _records(content: bytes) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(content.decode(), newline=""))


READERS: dict[str, Callable[[Path], _Read]] = {
    "Python `csv`": python_csv,
    "DuckDB `store_rejects`": duckdb_rejects,
    "DuckDB `store_rejects`, not strict": duckdb_lenient,
    "pyarrow `invalid_row_handler`": pyarrow_handler,
    "csvkit `csvclean`": csvclean,
}


def judge(files: Files) -> list[Soundness]:
    """Every reader on the measured file."""
    path = files.path("measured")
    lines = path.read_bytes().split(b"\r\n")[1:-1]
    letters = files.outcomes("measured")
    good = {line for line, letter in zip(lines, letters, strict=True) if letter != ord("x")}
    return [_judged(name, read, path, good) for name, read in READERS.items()]


def _judged(name: str, read: Callable[[Path], _Read], path: Path, good: set[bytes]) -> Soundness:
    try:
        done = read(path)
    except Exception as error:  # whatever a reader raises, it then has delivered nothing
        return Soundness(name, len(good), 0, 0, f"stops: {type(error).__name__}")
    delivered = set(done.lines)
    right = len(delivered & good)
    return Soundness(name, len(good) - right, len(delivered) - right, done.reported, done.note)


if __name__ == "__main__":
    print(json.dumps([asdict(one) for one in judge(Files(Path(sys.argv[1]), 0))]))
