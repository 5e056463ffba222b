"""Reading a delimited file by its layout, soundly and in one pass.

Chunk by chunk: find the records and judge each line by itself (core.files.prescan,
core.files.structure), let Polars read the lines that are in order, type and check the cells
(core.files.validate). What a line does wrong costs that line only, and every record ends in `rows`
or in `rejected`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from itertools import chain

import numpy as np
import polars as pl

from rollcall.core.files.arrays import Ints
from rollcall.core.files.encoding import (
    CP1252,
    UTF8,
    foreign_lines,
    looks_like_cp1252,
)
from rollcall.core.files.header import HEAD, Shape, recognize
from rollcall.core.files.layouts import (
    Field,
    Kind,
    Layout,
    ReadOptions,
)
from rollcall.core.files.prescan import Scan, cut, prescan
from rollcall.core.files.quoting import scan_record, split_record
from rollcall.core.files.safe_cells import plain_cells
from rollcall.core.files.structure import Judged, judge, readable_text
from rollcall.core.files.tables import REJECTED_SCHEMA, Form, Table
from rollcall.core.files.unreadable import (
    EMPTY,
    GIVEN_UP,
    UNREADABLE,
    UnreadableInput,
)
from rollcall.core.files.validate import check
from rollcall.core.findings import Codes

__all__ = ["UnreadableInput", "read_some", "read_table", "record_text", "split_record"]

#: A file is worked through in chunks of this many bytes.
CHUNK = 16 << 20
#: After so many bad lines without a good one the rest of a file is not looked at.
GIVE_UP = 100_000


def read_table(  # noqa: PLR0913 - the one entry point; all but three go by name
    blocks: Iterable[bytes],
    layout: Layout,
    options: ReadOptions,
    *,
    input: str,
    id_field: str = "",
    progress: Callable[[int], None] | None = None,
    chunk_size: int = CHUNK,
) -> Table:
    """Read a file, given as blocks of bytes of any size, into typed rows.

    `input` is the input table's name for the findings; `id_field` the column whose value is kept
    for a rejected row where it can be read; `progress` is told the records read so far. How the
    bytes are cut into blocks or chunks makes no difference to what comes out.
    Raises UnreadableInput when the file as a whole cannot be read.
    """
    head, blocks = _head(blocks)
    shape = shape_of(head, layout, options, input=input)
    if shape.form.newline == "\r":
        head, blocks = _with_line_feeds(head), (_with_line_feeds(block) for block in blocks)
    with ThreadPoolExecutor(1) as beside:
        reader = _Reader(shape, layout, options, input, id_field, beside)
        reader.give_up = GIVE_UP
        for chunk in cut(chain([head[shape.form.offset :]], blocks), chunk_size):
            reader.add(chunk)
            if progress is not None:
                progress(reader.records)
        return reader.finish()


def shape_of(head: bytes, layout: Layout, options: ReadOptions, *, input: str) -> Shape:
    """What the first bytes of a file (HEAD of them, or all) say about its form.

    Raises UnreadableInput when they say that it cannot be read.
    """
    newline = "\r" if b"\n" not in head[:HEAD] and b"\r" in head[:HEAD] else "\n"
    start = head[:HEAD] if newline == "\n" else _with_line_feeds(head[:HEAD])
    return recognize(start, layout, options, input=input, newline=newline)


def read_some(  # noqa: PLR0913 - as read_table
    blocks: Iterable[bytes],
    numbers: pl.Series,
    shape: Shape,
    layout: Layout,
    options: ReadOptions,
    *,
    input: str,
    id_field: str = "",
) -> Table:
    """Read some records of a file whose shape is known, as `read_table` reads them among all.

    `blocks`: their lines, each with its LF; `numbers`: their record numbers, ascending. At least
    one of them must be readable. `offsets` of the table say nothing of the file.
    """
    with ThreadPoolExecutor(1) as beside:
        reader = _Reader(shape, layout, options, input, id_field, beside)
        for chunk in cut(blocks, CHUNK):
            reader.add(chunk)
        table = reader.finish()
    return replace(
        table,
        rows=_numbered(table.rows, numbers),
        rejected=_numbered(table.rejected, numbers),
        findings=_numbered(table.findings, numbers),
    )


def _numbered(frame: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """The frame with the record numbers that its `line` counts."""
    return frame.with_columns(line=numbers.gather(frame["line"] - 1).cast(pl.UInt32))


def record_text(block: bytes, form: Form) -> str:
    """One record as it was written; `block` starts at the record's offset and may go on behind it.

    Bytes that cannot be read are shown as replacement characters.
    """
    end = form.newline.encode()
    line = block.split(end, 1)[0].rstrip(b"\r\n")
    return line.decode(form.encoding, "replace")


def _head(blocks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first blocks as one, at least HEAD bytes where there are so many, and the others."""
    remaining = iter(blocks)
    blocks_read: list[bytes] = []
    length = 0
    for block in remaining:
        blocks_read.append(block)
        length += len(block)
        if length >= HEAD:
            break
    return b"".join(blocks_read), remaining


def _with_line_feeds(data: bytes) -> bytes:
    return data.replace(b"\r", b"\n")


class _Reader:
    """What has been read so far of one file."""

    def __init__(
        self,
        shape: Shape,
        layout: Layout,
        options: ReadOptions,
        input: str,
        id_field: str,
        beside: Executor,
    ) -> None:
        self.shape, self.options, self.input, self.id_field = shape, options, input, id_field
        # A chunk's cells are read on one core while the next chunk's lines are found on another.
        self.beside = beside
        self.taking: Future[None] | None = None
        self.encoding = None if shape.form.encoding == "auto" else shape.form.encoding
        places = {f.column: i for i, f in enumerate(shape.fields) if f is not None}
        self.fields = tuple(f for f in layout.stored if f.column in places)
        self.places = [places[f.column] for f in self.fields]
        self.lone_id = _lone_id(self.fields, id_field)
        self.records = 0
        self.at = shape.form.offset
        self.aside: list[tuple[Ints, bytes]] = []
        self.widths: Counter[int] = Counter()
        self.readable = 0
        # As long as none was: how many were not, the first of them, and when to give up, if at all.
        self.refused = 0
        self.first_refused: tuple[int, str] | None = None
        self.give_up: int | None = None
        self.offsets: list[Ints] = []
        self.rows: list[pl.DataFrame] = []
        self.rejected: list[pl.DataFrame] = []
        self.findings: list[pl.DataFrame] = []

    def add(self, chunk: bytes) -> None:
        """Read a chunk; lines whose encoding is not settled yet are put aside."""
        scan = prescan(chunk)
        self.offsets.append(scan.starts + self.at)
        self.at += len(chunk)
        numbers = np.arange(self.records + 1, self.records + 1 + scan.height)
        self.records += scan.height
        fine, broken = foreign_lines(scan, self.encoding or UTF8)
        if self.encoding is None and fine:
            self.encoding = UTF8
        if self.encoding is None and broken:
            lines = b"".join([scan.line(i) + b"\n" for i in broken])
            self.aside.append((numbers[broken], lines))
            certain = np.ones(scan.height, np.bool_)
            certain[broken] = False
            scan, numbers, broken = scan.only(certain), numbers[certain], []
        self._taken()
        encoding = self.encoding or UTF8
        self.taking = self.beside.submit(self._take_in_pieces, scan, numbers, broken, encoding)

    def _taken(self) -> None:
        """Wait until the chunk before has been read: never more than one is on the way."""
        if self.taking is not None:
            self.taking.result()

    def _take_in_pieces(
        self, scan: Scan, numbers: Ints, undecodable: list[int], encoding: str
    ) -> None:
        places, broken = np.arange(scan.height), np.array(undecodable, np.int64)
        stop = 0
        while (start := stop) < scan.height:
            # No more records at once than it takes to give up.
            most = scan.height if self.readable or not self.give_up else self.give_up - self.refused
            stop = min(start + most, scan.height)
            piece = (places >= start) & (places < stop)
            inside = broken[(broken >= start) & (broken < stop)] - start
            self._take(scan.only(piece), numbers[piece], inside.tolist(), encoding)

    def _take(self, scan: Scan, numbers: Ints, undecodable: list[int], encoding: str) -> None:
        judged = judge(scan, len(self.shape.fields), undecodable, encoding)
        self._refuse(scan, numbers, judged)
        if not self.readable:
            self.widths.update(scan.columns.tolist())
        self.readable += judged.height
        if not self.readable:
            # UnreadableInput when there were too many bad lines and no good one.
            self.refused += judged.problems.height
            if self.first_refused is None and self.refused:
                index, code = judged.problems.select("index", "code").row(0)
                self.first_refused = int(numbers[index]), Codes.get(code).text
            if self.give_up and self.refused >= self.give_up and self.first_refused:
                line, what = self.first_refused
                detail = f"{self.refused:,} lines; line {line}: {what}"
                raise UnreadableInput(GIVEN_UP, detail, input=self.input, line=line)
        if not judged.height:
            return
        lines = pl.Series("line", numbers[judged.indexes], pl.UInt32)
        texts = self._texts(scan, judged, encoding).insert_column(0, lines)
        checked = check(texts, self.fields, self.options, input=self.input, id_field=self.id_field)
        self.rows.append(checked.rows)
        self.rejected.append(checked.rejected)
        self.findings.append(checked.findings)

    def _refuse(self, scan: Scan, numbers: Ints, judged: Judged) -> None:
        """Reject the records that cannot be read, each with its finding."""
        indexes = judged.problems["index"].to_numpy()
        lines = pl.Series(numbers[indexes], dtype=pl.UInt32)
        # The id of a record that cannot be read: the one cell that can only be it.
        cells: list[set[bytes]] = [
            set(self.lone_id.findall(scan.line(index))) if self.lone_id else set()
            for index in indexes.tolist()
        ]
        ids = [
            ids_in_line.pop().decode() if len(ids_in_line) == 1 else None for ids_in_line in cells
        ]
        self.rejected.append(pl.DataFrame({"line": lines, "id": ids}, schema=REJECTED_SCHEMA))
        self.findings.append(
            judged.problems.select(
                input=pl.lit(self.input),
                line=lines,
                field=pl.lit(None, pl.String),
                code="code",
                detail="detail",
            )
        )

    def _texts(self, scan: Scan, judged: Judged, encoding: str) -> pl.DataFrame:
        """The cells of the readable records: one String column a field, null where empty."""
        text = readable_text(scan, judged)
        if encoding == CP1252 and not text.isascii():
            text = text.decode(CP1252).encode()
        quoted = b'"' in text
        frame = _by_polars(text, len(self.shape.fields), self.places, quoted)
        if frame is None or frame.height != judged.height:
            frame = _by_hand(text, self.places)
        frame.columns = [str(field.column) for field in self.fields]
        if scan.padded or quoted:
            frame = frame.select(_trimmed(pl.all(), scan.padded))
        return plain_cells(frame) if self.shape.report else frame

    def finish(self) -> Table:
        """Settle what was put aside and put the parts together."""
        self._taken()
        if not self.records:
            raise UnreadableInput(EMPTY, input=self.input)
        late = bool(self.aside)
        if late:
            # Read the lines put aside, now that the encoding is known.
            numbers, parts = zip(*self.aside, strict=True)
            lines = b"".join(parts)
            if self.encoding is None and looks_like_cp1252(BytesIO(lines)):
                self.encoding = CP1252
            encoding = self.encoding or UTF8
            scan = prescan(lines)
            _, broken = foreign_lines(scan, encoding)
            self._take_in_pieces(scan, np.concatenate(numbers), broken, encoding)
        if not self.readable:
            width, count = self.widths.most_common(1)[0]
            raise UnreadableInput(
                UNREADABLE,
                f"{self.records} records, {count} of them with {width} columns; "
                f"{len(self.shape.fields)} expected",
                input=self.input,
            )
        form = self.shape.form
        return Table(
            rows=_in_order(self.rows, late),
            rejected=_in_order(self.rejected, late=True),
            findings=_in_order(self.findings, late=True),
            offsets=pl.Series("offset", np.concatenate(self.offsets), pl.UInt64),
            form=Form(self.encoding or UTF8, form.header, form.offset, form.newline),
        )


def _lone_id(fields: Iterable[Field], id_field: str) -> re.Pattern[bytes] | None:
    """What finds an id made of digits as the whole of a cell; None when the id is no such thing."""
    for field in fields:
        if field.column == id_field and field.kind is Kind.DIGITS:
            digits = f"[0-9]{{{field.width}}}".encode()
            return re.compile(rb'(?:^|[,"])[ \t]*(' + digits + rb')(?=[ \t]*(?:[,"]|$))')
    return None


def _by_polars(text: bytes, width: int, places: list[int], quoted: bool) -> pl.DataFrame | None:
    """The wanted columns of well-formed CSV; None when Polars cannot read it after all."""
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            schema={str(place): pl.String() for place in range(width)},
            columns=sorted(places),
            quote_char='"' if quoted else None,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:
        return None
    return frame.select([str(place) for place in places]).rechunk()


def _by_hand(text: bytes, places: list[int]) -> pl.DataFrame:
    """The same by the plain scanner: slower, and right for every line."""
    rows = [scan_record(line)[0] for line in text.decode().split("\n")[:-1]]
    cells = [[row[place] or None for place in places] for row in rows]
    return pl.DataFrame(cells, schema={str(place): pl.String() for place in places}, orient="row")


def _trimmed(text: pl.Expr, padded: bool) -> pl.Expr:
    value = text.str.strip_chars(" \t") if padded else text
    return pl.when(value != "").then(value)


def _in_order(frames: list[pl.DataFrame], late: bool) -> pl.DataFrame:
    """The parts as one frame by line; `late` when they are not in order already."""
    frame = pl.concat(frames, rechunk=False)
    return frame.sort("line", maintain_order=True) if late else frame
