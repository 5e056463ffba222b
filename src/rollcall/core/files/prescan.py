"""Finding the records of a file and judging each line by itself, before any CSV reader sees it.

CSV readers follow a stray quote over line ends and swallow the records behind it. Here a record is
one line, whatever its quotes do, so one bad line costs one record. The work is done on whole
chunks of bytes with numpy; lines with a doubt are only marked (`odd`), for the plain scanner in
core.files.quoting to decide.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from rollcall.core.files.arrays import Bools, Bytes, Ints
from rollcall.core.files.quote_bits import doubtful_quotes
from rollcall.core.files.unreadable import ENDLESS, UnreadableInput
from rollcall.core.settings.limits import told_size

LF, CR, TAB, SPACE, QUOTE, COMMA, DELETE = b'\n\r\t ",\x7f'

#: A line may be so long, bytes; longer ones stop the reading of the file.
LONGEST_LINE = 32 << 20

_NONE: Ints = np.zeros(0, np.int64)
#: Below this many quotes a line, the plain scanner is quicker than looking at the whole chunk.
_FEW = 0.05
#: Bytes that end or start a value: a space next to one of these is padding.
_EDGE = np.zeros(256, np.bool_)
_EDGE[[LF, CR, QUOTE, COMMA]] = True
#: Bytes that are no white space, as bytes.isspace has it.
_VISIBLE = np.array([not bytes([code]).isspace() for code in range(256)])
_MANY = 1_000


@dataclass(frozen=True)
class Scan:
    """The records of one chunk. Arrays have one entry a record; blank lines are left out.

    `starts`, `stops`: where the line starts in `data`, and one past its line end. `columns`: its
    number of cells; a guess when it is odd. `odd`: its quotes need the plain scanner. `control`:
    it has a NUL or another control character. `foreign`: it has bytes above 127.
    `padded`: some line of the chunk has spaces around a value.
    """

    data: bytes
    starts: Ints
    stops: Ints
    columns: Ints
    odd: Bools
    control: Bools
    foreign: Bools
    padded: bool

    def line(self, index: int) -> bytes:
        """The line of a record as written, without its line end."""
        return self.data[self.starts[index] : self.stops[index]].rstrip(b"\r\n")

    def only(self, mask: Bools) -> "Scan":
        """The same chunk with these records only."""
        arrays = ("starts", "stops", "columns", "odd", "control", "foreign")
        return replace(self, **{name: getattr(self, name)[mask] for name in arrays})

    @property
    def height(self) -> int:
        """How many records there are."""
        return len(self.starts)


def cut(blocks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Blocks of any size as chunks of about `size` bytes, each ending in a line end.

    A last line without line end gets one. No chunk is empty. UnreadableInput at a line that goes on
    for ever: it would be held whole.
    """
    pending: list[bytes] = []
    length = 0
    for block in blocks:
        pending.append(block)
        length += len(block)
        if length >= size and b"\n" in block:
            data = b"".join(pending)
            end = data.rfind(b"\n") + 1
            complete, partial = data[:end], data[end:]
            yield complete
            pending, length = [partial], len(partial)
        elif length > size + LONGEST_LINE:
            raise UnreadableInput(ENDLESS, f"more than {told_size(LONGEST_LINE)}")
    partial = b"".join(pending)
    if partial:
        yield partial if partial.endswith(b"\n") else partial + b"\n"


def prescan(data: bytes) -> Scan:
    """The records of a chunk that ends in a line end."""
    codes: Bytes = np.frombuffer(data, np.uint8)
    low = np.flatnonzero(codes < SPACE)
    ends = low[codes[low] == LF]
    starts = np.concatenate(([0], ends[:-1] + 1))
    commas: Bools = codes == COMMA
    doubtful = _NONE
    if b'"' in data:
        doubtful, commas = _doubtful(codes, commas, low, ends)
    columns = np.diff(np.searchsorted(np.flatnonzero(commas), ends), prepend=0) + 1
    records = ~_blank(data, columns, starts, ends)
    # Positions of control characters that are neither tab nor part of a line end.
    kinds = codes[low]
    wrong = (kinds != LF) & (kinds != TAB)
    returns = np.flatnonzero(kinds == CR)
    wrong[returns] = codes[low[returns] + 1] != LF
    controls = low[wrong]
    return Scan(
        data=data,
        starts=starts[records],
        stops=ends[records] + 1,
        columns=columns[records],
        odd=_marked(doubtful, ends)[records],
        control=_marked(
            np.concatenate((controls, np.flatnonzero(codes == DELETE)))
            if (DELETE in data)
            else controls,
            ends,
        )[records],
        foreign=_marked(_NONE if data.isascii() else np.flatnonzero(codes > DELETE), ends)[records],
        padded=_padded(codes, low),
    )


def _marked(positions: Ints, ends: Ints) -> Bools:
    """Which lines hold one of these positions."""
    marked = np.zeros(len(ends), np.bool_)
    marked[np.searchsorted(ends, positions)] = True
    return marked


def _blank(data: bytes, columns: Ints, starts: Ints, ends: Ints) -> Bools:
    """Which lines hold nothing but white space: looked at only where there is no comma, one by one
    where those are few.
    """
    blank: Bools = starts == ends
    doubts = np.flatnonzero((columns == 1) & ~blank)
    if len(doubts) > _MANY:
        return ~np.logical_or.reduceat(_VISIBLE[np.frombuffer(data, np.uint8)], starts)
    for index in doubts:
        blank[index] = data[starts[index] : ends[index]].isspace()
    return blank


def _padded(codes: Bytes, low: Ints) -> bool:
    """Whether a space or tab stands beside a comma, a quote or a line end."""
    if (codes[low] == TAB).any():
        return True
    spaces = np.flatnonzero(codes == SPACE)
    return bool(_EDGE[codes[spaces - 1]].any() or _EDGE[codes[spaces + 1]].any())


def _doubtful(codes: Bytes, commas: Bools, low: Ints, ends: Ints) -> tuple[Ints, Bools]:
    """Positions that put a line's quotes in doubt, and the commas outside quotes.

    With few quotes in the chunk every quote is a doubt: the plain scanner is quicker then.
    """
    quotes: Bools = codes == QUOTE
    if np.count_nonzero(quotes) < _FEW * len(ends):
        return np.flatnonzero(quotes), commas
    line_ends = low[(codes[low] == LF) | (codes[low] == CR)]
    return doubtful_quotes(quotes, commas, line_ends, ends)
