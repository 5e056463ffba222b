"""The quotes of a whole chunk at once, 64 bytes of text to a machine word.

Flags over the bytes of a chunk are packed into words, bit i of word w for byte 64 w + i; one
operation then decides on 64 bytes.
"""

import numpy as np

from rollcall.core.files.arrays import Bools, Ints, Words

_1, _63 = np.uint64(1), np.uint64(63)


def doubtful_quotes(
    quotes: Bools, commas: Bools, line_ends: Ints, ends: Ints
) -> tuple[Ints, Bools]:
    """Positions that put a line's quotes in doubt, and the commas outside quotes.

    Flags over a chunk's bytes: quotes, commas. Positions: `line_ends` every LF and CR, `ends` the
    LF of each line. Inside or outside is the parity of the quotes so far in the line. In a line
    without doubt every quote that opens stands at the start of a cell or doubles the one before
    it, and every quote that closes stands at the end of a cell or is doubled by the next.
    """
    marks = _pack(quotes)
    inside = _parity(marks)
    # Lines with an odd number of quotes: the parity at their end differs from the line before.
    open_at_end = (inside[ends >> 6] >> (ends & 63).astype(np.uint64)) & _1
    unclosed: Ints = ends[np.diff(open_at_end, prepend=np.uint64(0)) != 0]
    inside ^= _parity(_at(unclosed, len(marks)))
    outer = _pack(commas) & ~inside
    edges = outer | marks | _at(line_ends, len(marks))
    opening = marks & inside & ~_next(edges, first=True)
    closing = marks & ~inside & ~_previous(edges)
    doubts = opening | closing
    words = np.flatnonzero(doubts)
    places = np.flatnonzero(_unpack(doubts[words], len(words) * 64))
    misplaced = words[places >> 6] * 64 + (places & 63)
    return np.concatenate((misplaced, unclosed)), _unpack(outer, len(commas))


def _parity(marks: Words) -> Words:
    """For every bit, whether it and the bits before it hold an odd number of marks."""
    parity = marks.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        parity ^= parity << np.uint64(shift)
    odd_before = np.zeros_like(parity)
    odd_before[1:] = np.bitwise_xor.accumulate(parity >> _63)[:-1]
    return parity ^ (np.uint64(0) - odd_before)


def _next(words: Words, *, first: bool) -> Words:
    """Every flag moved to the byte behind; `first` for the first byte."""
    moved = words << _1
    moved[1:] |= words[:-1] >> _63
    moved[0] |= np.uint64(first)
    return moved


def _previous(words: Words) -> Words:
    """Every flag moved to the byte before."""
    moved = words >> _1
    moved[:-1] |= words[1:] << _63
    return moved


def _pack(flags: Bools) -> Words:
    packed = np.packbits(flags, bitorder="little")
    return np.pad(packed, (0, -len(packed) % 8)).view("<u8")


def _unpack(words: Words, count: int) -> Bools:
    return np.unpackbits(words.view(np.uint8), bitorder="little", count=count).view(np.bool_)


def _at(positions: Ints, length: int) -> Words:
    """Words of that length with flags at these positions."""
    words = np.zeros(length, np.uint64)
    np.bitwise_or.at(words, positions >> 6, _1 << (positions & 63).astype(np.uint64))
    return words
