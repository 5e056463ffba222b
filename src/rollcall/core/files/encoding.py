"""How the bytes above 127 of a file are to be read.

The decision is the file's, not a line's, and it does not depend on how the file is cut: one line
with well-formed UTF-8 makes it UTF-8. While there is none, lines that are not UTF-8 are put aside;
at the end they are Windows-1252 when most of them look like it, else they are undecodable.
"""

import re
from collections.abc import Iterable

import numpy as np
import polars as pl

from rollcall.core.files.prescan import Scan
from rollcall.core.files.quoting import SOURCE_ADMIN
from rollcall.core.findings import Codes, Severity

UNDECODABLE = Codes.add(
    "row.undecodable",
    Severity.ERROR,
    "The line has a character that cannot be read.",
    "Export the file again as UTF-8 (or Windows-1252), or correct the damaged character.",
    SOURCE_ADMIN,
)

UTF8, CP1252 = "utf-8", "cp1252"
ENCODINGS = ("auto", UTF8, CP1252)
#: Of so many lines among which some are not UTF-8, each is decoded by itself.
_FEW = 64

# Windows-1252: letters, and the punctuation that people and word processors type. Left out are
# the five undefined bytes, multiplication and division signs, y with diaeresis, and rare symbols.
_LETTERS = rb"\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xc0-\xd6\xd8-\xf6\xf8-\xfe"
_MARKS = rb"\x80\x82\x84\x85\x91-\x97\x99\xa0\xa1\xa7-\xab\xae\xb0\xb4\xb7\xba\xbb\xbf"
_IMPLAUSIBLE = re.compile(
    rb"[\x80-\xff](?<![" + _LETTERS + _MARKS + rb"])"
    rb"|(?<![A-Za-z" + _LETTERS + rb"])[" + _LETTERS + rb"](?![A-Za-z" + _LETTERS + rb"])"
)


def decodes(line: bytes, encoding: str) -> bool:
    """Whether the line is well-formed in this encoding."""
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def foreign_lines(scan: Scan, encoding: str) -> tuple[list[int], list[int]]:
    """Records with bytes above 127: those that are well-formed in `encoding`, and the others."""
    places = scan.foreign.nonzero()[0]
    if encoding == UTF8:
        bounds = zip(scan.starts[places].tolist(), scan.stops[places].tolist(), strict=True)
        lines = pl.Series([scan.data[start:stop] for start, stop in bounds], dtype=pl.Binary)
        wrong = utf8_texts(lines).is_null().to_numpy()
    else:
        wrong = np.array([not decodes(scan.line(i), encoding) for i in places.tolist()], np.bool_)
    return places[~wrong].tolist(), places[wrong].tolist()


def utf8_texts(lines: pl.Series) -> pl.Series:
    """Lines (Binary) as text, null where one is not UTF-8. Those are few, and found by halving;
    of a few lines each is decoded by itself.
    """
    try:
        return lines.cast(pl.String)
    except pl.exceptions.ComputeError:
        if lines.len() <= _FEW:
            texts = [line.decode() if decodes(line, UTF8) else None for line in lines]
            return pl.Series(lines.name, texts, pl.String)
        half = lines.len() // 2
        return pl.concat([utf8_texts(lines.head(half)), utf8_texts(lines.slice(half))])


def looks_like_cp1252(lines: Iterable[bytes]) -> bool:
    """Whether most of these lines hold nothing above 127 but what Windows-1252 text holds.

    A letter counts when another letter stands beside it.
    """
    votes = [1 if _IMPLAUSIBLE.search(line) is None else -1 for line in lines]
    return sum(votes) > 0
