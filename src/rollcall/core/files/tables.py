"""What reading an input gives: typed rows, the lines that were refused, and findings."""

from dataclasses import dataclass, replace

import polars as pl

#: Columns of `Table.rejected`: the record's number, its SSID-like id where it could be read.
REJECTED_SCHEMA: dict[str, pl.DataType] = {"line": pl.UInt32(), "id": pl.String()}


@dataclass(frozen=True)
class Form:
    """How an input turned out to be written: what was recognized or configured."""

    encoding: str
    header: tuple[str, ...] | None
    offset: int  # bytes before the first record: the byte order mark and the header
    newline: str = "\n"  # what ends a line: LF (with or without CR), or a lone CR


@dataclass(frozen=True)
class Table:
    """An input read by its layout. `read` = rows + rejected, always.

    `rows` has `line` (UInt32, the record's number: header and blank lines not counted), one typed
    column for each field with a column, and `kept` (List[String]: columns whose text was invalid
    and which stay as the record has them; only with BadField.KEEP). `rejected` are the lines that
    are unreadable or invalid (REJECTED_SCHEMA). `offsets` is where each record starts in the file
    (bytes; index = line - 1), to show a line as it was written without keeping it in memory.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    findings: pl.DataFrame
    offsets: pl.Series
    form: Form

    @property
    def read(self) -> int:
        """How many records the input holds."""
        return self.rows.height + self.rejected.height


def joined(first: Table, second: Table) -> Table:
    """Two tables of different records of one file as one, by line."""
    parts = {
        name: pl.concat([getattr(first, name), getattr(second, name)]).sort("line")
        for name in ("rows", "rejected", "findings")
    }
    return replace(first, **parts)
