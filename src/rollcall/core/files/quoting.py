"""One record as text: its cells, and whether its quotes are in order.

The plain scanner. It decides wherever the fast way (core.files.prescan) has doubts, and it is what
a reader of this code should check the fast way against: a record is one line; a cell is either in
quotes, with quotes inside doubled, or holds no quote at all; spaces and tabs around a cell do not
count.
"""

import re
from collections.abc import Iterable

from rollcall.core.findings import Codes, Severity

SOURCE_ADMIN = "Administrator of the system that exports the file"

STRAY_QUOTE = Codes.add(
    "row.quote",
    Severity.ERROR,
    "The line has a quotation mark in the middle of a value.",
    'Double every quotation mark inside a value and put the value in quotes: "Ann ""Annie""".',
    SOURCE_ADMIN,
)
UNCLOSED_QUOTE = Codes.add(
    "row.unclosed_quote",
    Severity.ERROR,
    "The line opens a quotation mark and never closes it.",
    "Close the quotation mark, or take the line break out of the value: a record is one line.",
    SOURCE_ADMIN,
)

PADDING = " \t"
# Nothing is tried a second time (*+): a line of a megabyte of spaces would be, for each of them.
_CELL = re.compile(r'[ \t]*+(?:"([^"]*+(?:""[^"]*+)*+)"[ \t]*+|([^",]*+))(,|\Z)')
_QUOTED = re.compile(r'[ \t]*+"')
_CLOSED = re.compile(r'[ \t]*+"[^"]*+(?:""[^"]*+)*+"(?!")')


def scan_record(text: str) -> tuple[list[str], str | None]:
    """The trimmed cells of one line and the code of what is wrong with its quotes, if anything.

    After a wrong quote the rest is cut at every comma, so that there is something to show.
    """
    if '"' not in text:
        return [cell.strip(PADDING) for cell in text.split(",")], None
    cells: list[str] = []
    at = 0
    while match := _CELL.match(text, at):
        quoted, bare, comma = match.groups()
        cells.append((bare if quoted is None else quoted.replace('""', '"')).strip(PADDING))
        if not comma:
            return cells, None
        at = match.end()
    unclosed = _QUOTED.match(text, at) and not _CLOSED.match(text, at)
    plain_cells = [cell.strip(PADDING) for cell in text[at:].split(",")]
    return cells + plain_cells, UNCLOSED_QUOTE if unclosed else STRAY_QUOTE


def split_record(text: str) -> list[str]:
    """The trimmed cells of one line as well as they can be told, for showing them."""
    return scan_record(text)[0]


def join_record(cells: Iterable[str]) -> str:
    """The cells as one line with every cell in quotes, without a line end."""
    return ",".join(['"' + cell.replace('"', '""') + '"' for cell in cells])
