"""Which records of a chunk can be read as cells, and what is wrong with the others."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from rollcall.core.files.arrays import Bools, Ints
from rollcall.core.files.encoding import UNDECODABLE
from rollcall.core.files.prescan import Scan
from rollcall.core.files.quoting import SOURCE_ADMIN, join_record, scan_record
from rollcall.core.findings import Codes, Severity

CONTROL_CHARACTER = Codes.add(
    "row.control_character",
    Severity.ERROR,
    "The line has a NUL or another control character.",
    "Take the invisible character out of the record and export it again.",
    SOURCE_ADMIN,
)
COLUMN_COUNT = Codes.add(
    "row.column_count",
    Severity.ERROR,
    "The line has a wrong number of columns.",
    "Put a value that contains a comma in quotes, and keep the commas of empty columns.",
    SOURCE_ADMIN,
)

#: `index` is the record's place in its chunk.
PROBLEMS_SCHEMA = {"index": pl.Int64(), "code": pl.String(), "detail": pl.String()}


@dataclass(frozen=True)
class Judged:
    """The readable records of a chunk and the others.

    `plain`: records a CSV reader can take as they are. `rewritten`: record index -> the same
    record with every cell in quotes, where only the plain scanner could read it. `problems`: one
    row (PROBLEMS_SCHEMA) for each record that cannot be read.
    """

    plain: Bools
    rewritten: dict[int, bytes]
    problems: pl.DataFrame

    @property
    def height(self) -> int:
        """How many records can be read."""
        return int(self.plain.sum()) + len(self.rewritten)

    @property
    def indexes(self) -> Ints:
        """The readable records, in order."""
        good = self.plain.copy()
        good[list(self.rewritten)] = True
        return np.flatnonzero(good)


def judge(scan: Scan, expected: int, undecodable: Collection[int], encoding: str) -> Judged:
    """Judge every record of a chunk by itself; `undecodable` are the indexes known as such."""
    unreadable = scan.control.copy()
    problems = [_problems(np.flatnonzero(unreadable), CONTROL_CHARACTER)]
    broken = np.array([i for i in undecodable if not unreadable[i]], np.int64)
    problems.append(_problems(broken, UNDECODABLE))
    unreadable[broken] = True
    plain = ~unreadable & ~scan.odd
    indexes = np.flatnonzero(plain & (scan.columns != expected))
    counts = pl.Series(scan.columns[indexes])
    problems.append(
        _problems(indexes, COLUMN_COUNT).with_columns(
            detail=pl.format("{} expected, {} found", pl.lit(expected), counts)
        )
    )
    rewritten, refused = _judge_odd(
        scan, np.flatnonzero(scan.odd & ~unreadable), expected, encoding
    )
    return Judged(
        plain=plain & (scan.columns == expected),
        rewritten=rewritten,
        problems=pl.concat([*problems, refused]).sort("index"),
    )


def _problems(indexes: Ints, code: str) -> pl.DataFrame:
    frame = pl.DataFrame({"index": indexes.astype(np.int64)})
    return frame.with_columns(code=pl.lit(code), detail=pl.lit(""))


def _judge_odd(
    scan: Scan, indexes: Ints, expected: int, encoding: str
) -> tuple[dict[int, bytes], pl.DataFrame]:
    """Let the plain scanner decide on these records, one by one."""
    rewritten: dict[int, bytes] = {}
    refused: list[tuple[int, str, str]] = []
    for index in indexes.tolist():
        cells, code = scan_record(scan.line(index).decode(encoding))
        if code is not None:
            refused.append((index, code, ""))
        elif len(cells) != expected:
            detail = f"{expected} expected, {len(cells)} found"
            refused.append((index, COLUMN_COUNT, detail))
        else:
            rewritten[index] = join_record(cells).encode(encoding) + b"\n"
    return rewritten, pl.DataFrame(refused, schema=PROBLEMS_SCHEMA, orient="row")


def readable_text(scan: Scan, judged: Judged) -> bytes:
    """The readable records as one well-formed CSV text, in order."""
    # Whether the readable records are all there is in the chunk.
    if bool(
        scan.height
        and judged.plain.all()
        and scan.starts[0] == 0
        and scan.stops[-1] == len(scan.data)
        and (scan.starts[1:] == scan.stops[:-1]).all()
    ):
        return scan.data
    pieces = dict(judged.rewritten)
    plain = np.flatnonzero(judged.plain)
    if len(plain):
        follows = (np.diff(plain) == 1) & (scan.starts[plain[1:]] == scan.stops[plain[:-1]])
        first = plain[np.concatenate(([True], ~follows))]
        last = plain[np.concatenate((~follows, [True]))]
        spans = zip(scan.starts[first].tolist(), scan.stops[last].tolist(), strict=True)
        texts = (scan.data[start:stop] for start, stop in spans)
        pieces.update(zip(first.tolist(), texts, strict=True))
    return b"".join([pieces[index] for index in sorted(pieces)])
