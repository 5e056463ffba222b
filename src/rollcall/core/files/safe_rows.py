"""Rows that were not taken, as CSV that is safe to open in a spreadsheet: the cells under their
header, and beside them the line, the outcome, what is wrong, what to do, and the row as written.

Corrected and sent again it is read as a report is (core.files.safe_cells): the cells come back as
they were.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from rollcall.core.files.header import report_columns
from rollcall.core.files.layouts import Layout
from rollcall.core.files.quoting import split_record
from rollcall.core.files.safe_cells import REPORT_COLUMNS, plain_cell, safe_cell

#: Without it spreadsheets take the file for Latin-1.
_BOM = "\ufeff"


@dataclass(frozen=True)
class SafeRows:
    """How the rows of one file are written safely. `names`: its own columns, `places` where they
    are in a row. `report`: the file is itself a report of ours, its cells safe already.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    report: bool = False

    @property
    def head(self) -> str:
        """The beginning of the file: the header."""
        return _BOM + _line([safe_cell(name) for name in (*self.names, *REPORT_COLUMNS)])

    def row(self, text: str, beside: Sequence[object]) -> str:
        """A row as it was written, and what stands beside it: line, outcome, error, what to do.

        Cells that the row has too few of are empty; those it has too many of are in its text.
        """
        cells = split_record(text)
        cells += [""] * (max(self.places, default=-1) + 1 - len(cells))
        own = [plain_cell(cells[at]) if self.report else cells[at] for at in self.places]
        written = [*own, *("" if value is None else str(value) for value in beside), text]
        return _line([safe_cell(cell) for cell in written])


def safe_rows_of(header: Sequence[str] | None, layout: Layout) -> SafeRows:
    """How the rows of a file with this header (None: it has none) are written."""
    if header is None:
        return SafeRows(layout.names, tuple(range(len(layout.names))))
    ours = report_columns(header, layout)
    own = [(at, name) for at, name in enumerate(header) if name.casefold() not in ours]
    return SafeRows(tuple(name for _, name in own), tuple(at for at, _ in own), bool(ours))


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
