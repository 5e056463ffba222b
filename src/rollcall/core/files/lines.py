"""The lines of a file, each with a mark that tells whether an earlier file had the same line.

Far cheaper than reading them: it is how a run finds the lines that an earlier run decided already.
"""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import polars as pl
import polars_hash  # noqa: F401 - adds the `nchash` expressions to Polars

from rollcall.core.files.encoding import utf8_texts
from rollcall.core.files.prescan import cut

#: Lines with the same mark are the same: 128 bits in two numbers, xxHash3 under two seeds.
MARK = ("mark", "second_mark")
#: `line` is the record's number as in Table.rows and `offset` where it starts in the file (bytes).
#: A line that is not UTF-8 has no mark. `foreign`: it has characters beyond ASCII.
LINES_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.UInt32(),
    "offset": pl.UInt64(),
    **dict.fromkeys(MARK, pl.UInt64()),
    "foreign": pl.Boolean(),
}

#: A file is worked through in chunks of this many bytes.
CHUNK = 16 << 20
#: So many chunks are looked at at once, while the next one is read.
_AT_ONCE = 2
_FOUND = ("offset", *MARK, "foreign")
_NOT_BLANK = r"[^ \t\r\x0b\x0c]"


def find_lines(blocks: Iterable[bytes], offset: int, chunk_size: int = CHUNK) -> pl.DataFrame:
    """The records of a file from `offset` on, which is behind byte order mark and header
    (LINES_SCHEMA).

    `blocks`: the file's bytes from there on, in blocks of any size, with lines that end in LF.
    Numbers and offsets are those that `core.files.read.read_table` gives.
    """
    parts = [pl.DataFrame(schema={n: LINES_SCHEMA[n] for n in _FOUND})]
    waiting: deque[Future[pl.DataFrame]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as beside:
        for chunk in cut(blocks, chunk_size):
            waiting.append(beside.submit(_lines, chunk, offset))
            offset += len(chunk)
            if len(waiting) > _AT_ONCE:
                parts.append(waiting.popleft().result())
        parts += [future.result() for future in waiting]
    return pl.concat(parts).with_row_index("line", 1).cast({"line": LINES_SCHEMA["line"]})


def _lines(chunk: bytes, offset: int) -> pl.DataFrame:
    """The records of one chunk, not numbered yet; its last line ends in LF."""
    lines = pl.Series("line", chunk.split(b"\n")[:-1], pl.Binary)
    ends = (lines.bin.size() + 1).cast(pl.UInt64).cum_sum()
    text = pl.col("text")
    hashes = text.nchash  # type: ignore[attr-defined] # a Polars plugin
    marked = pl.DataFrame(
        {"text": utf8_texts(lines), "offset": ends.shift(1, fill_value=0) + offset}
    ).filter(text.str.contains(_NOT_BLANK).fill_null(True))
    return marked.select(
        "offset",
        *[hashes.xxh3_64(seed=seed).alias(name) for seed, name in enumerate(MARK)],
        foreign=(text.str.len_bytes() != text.str.len_chars()).fill_null(True),
    )
