"""How a file is laid out: recognized from its first lines, before any record is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rollcall.core.files.encoding import CP1252, UTF8
from rollcall.core.files.layouts import (
    Field,
    Kind,
    Layout,
    ReadOptions,
)
from rollcall.core.files.quoting import scan_record, split_record
from rollcall.core.files.safe_cells import REPORT_COLUMNS
from rollcall.core.files.tables import Form
from rollcall.core.files.unreadable import (
    DELIMITER,
    EMPTY,
    HEADER,
    NOT_TEXT,
    UnreadableInput,
)
from rollcall.core.files.validate import check

#: How many bytes at the start of a file its form is recognized from.
HEAD = 1 << 20
BOM = b"\xef\xbb\xbf"
_NOT_TEXT = {
    b"PK\x03\x04": "a zip or spreadsheet file",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_OTHER_DELIMITERS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars"}
_SAMPLE = 20
_SHOWN_NAMES = 10
_TYPED = (Kind.DATE, Kind.DIGITS, Kind.CODE, Kind.INTEGER)


@dataclass(frozen=True)
class Shape:
    """`fields`: for each column of the file its field, None where it is ignored. `report`: the
    file is Rollcall's own report, corrected and sent again.
    """

    form: Form
    fields: tuple[Field | None, ...]
    report: bool = False


def recognize(
    head: bytes, layout: Layout, options: ReadOptions, *, input: str, newline: str
) -> Shape:
    """What the first bytes of a file (its line ends made LF) say about its form.

    Raises UnreadableInput: no text, no line, another delimiter, a wrong header.
    """
    for start, what in _NOT_TEXT.items():
        if head.startswith(start):
            raise UnreadableInput(NOT_TEXT, what, input=input)
    mark = len(BOM) if head.startswith(BOM) else 0
    encoding = UTF8 if mark else options.encoding
    lines = list(_first_lines(head, mark, CP1252 if encoding == CP1252 else UTF8))
    if not lines:
        raise UnreadableInput(EMPTY, input=input)
    texts = [text for text, _ in lines]
    _refuse_other_delimiters(texts, layout, input)
    if not _has_header(split_record(texts[0]), layout, options):
        return Shape(Form(encoding, None, mark, newline), layout.fields)
    cells, code = scan_record(texts[0])
    if code is not None:
        raise UnreadableInput(HEADER, "its quotation marks are not in order", input=input)
    if lines[0][1] == HEAD and not head.endswith(b"\n"):
        raise UnreadableInput(HEADER, f"longer than {HEAD} bytes", input=input)
    form = Form(encoding, tuple(cells), lines[0][1], newline)
    return Shape(form, _by_header(cells, layout, input), bool(report_columns(cells, layout)))


def _first_lines(head: bytes, start: int, encoding: str) -> Iterator[tuple[str, int]]:
    """The first lines that are not blank, each with the place where the next one starts."""
    count = 0
    while count < _SAMPLE and start < len(head):
        end = head.find(b"\n", start)
        stop = len(head) if end < 0 else end + 1
        line = head[start:stop]
        if not line.isspace():
            count += 1
            yield line.rstrip(b"\r\n").decode(encoding, "replace"), stop
        start = stop


def _refuse_other_delimiters(texts: Sequence[str], layout: Layout, input: str) -> None:
    for delimiter, name in _OTHER_DELIMITERS.items():
        if _reads_better(texts, delimiter, layout):
            raise UnreadableInput(DELIMITER, f"{name} found", input=input)


def _reads_better(texts: Sequence[str], delimiter: str, layout: Layout) -> bool:
    """Whether the header names more known fields by this delimiter than by commas; in a layout
    without names, whether most lines have its columns by this delimiter, and none has by commas.
    """
    if layout.by_name:
        names = {name.casefold() for name in layout.names}
        cells = {cell.strip(' \t"').casefold() for cell in texts[0].split(delimiter)}
        ours = {cell.casefold() for cell in split_record(texts[0])}
        return len(cells) > 1 and len(names & cells) > len(names & ours)
    expected = len(layout.fields)
    if any(len(split_record(text)) >= expected for text in texts):
        return False
    return sum(text.count(delimiter) + 1 >= expected for text in texts) * 2 > len(texts)


def _has_header(cells: Sequence[str], layout: Layout, options: ReadOptions) -> bool:
    if set(REPORT_COLUMNS) <= set(cells):
        return True
    if layout.by_name or options.header != "auto":
        return layout.by_name or options.header == "yes"
    names = {name.casefold() for name in layout.names}
    if cells[0].casefold() == layout.names[0].casefold():
        return True
    return sum(cell.casefold() in names for cell in cells) > 1 or _only_names(cells, layout)


def _only_names(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a line of the right width can only be a header with other names.

    No cell starts with a digit, several fields that must be a date, number or code are filled, and
    not one of them is valid: no good record looks like that.
    """
    if len(cells) != len(layout.fields) or any(cell[:1].isdigit() for cell in cells):
        return False
    filled = [
        (field, cell)
        for field, cell in zip(layout.fields, cells, strict=True)
        if cell and field.kind in _TYPED and field.unknown_code == "error"
    ]
    return len(filled) > 1 and not any(_valid(field, cell) for field, cell in filled)


def _valid(field: Field, cell: str) -> bool:
    column = field.column or field.name
    renamed = Field(**{**vars(field), "column": column})
    texts = pl.DataFrame(
        {"line": [1], column: [cell]}, schema={"line": pl.UInt32, column: pl.String}
    )
    return check(texts, [renamed], ReadOptions(), input="").rows.height == 1


def report_columns(cells: Sequence[str], layout: Layout) -> set[str]:
    """The columns of Rollcall's own report among these names, in small letters."""
    ours = {name.casefold() for name in REPORT_COLUMNS} - {n.casefold() for n in layout.names}
    return ours & {cell.casefold() for cell in cells}


def _by_header(cells: Sequence[str], layout: Layout, input: str) -> tuple[Field | None, ...]:
    """The field of each column; a name that the layout repeats is matched in order."""
    waiting = list(layout.fields)
    fields: list[Field | None] = []
    for cell in cells:
        field = next((f for f in waiting if f.name.casefold() == cell.casefold()), None)
        fields.append(field)
        if field is not None:
            waiting.remove(field)
    missing = [f.name for f in waiting if f.required or not layout.by_name]
    # Names that have no place: in a layout by name only those given twice.
    names = {name.casefold() for name in layout.names}
    ignored = report_columns(cells, layout)
    unread = [
        c for c, f in zip(cells, fields, strict=True) if f is None and c.casefold() not in ignored
    ]
    unknown = [c for c in unread if c.casefold() in names] if layout.by_name else unread
    if missing or unknown or not any(fields):
        raise UnreadableInput(HEADER, _header_detail(missing, unknown, fields), input=input)
    return tuple(fields)


def _header_detail(
    missing: Sequence[str], unknown: Sequence[str], fields: Sequence[Field | None]
) -> str:
    """What is missing and unknown. Cells of a line that may be a record are not shown."""
    parts = []
    if missing:
        parts.append("missing: " + _shortened(missing))
    if unknown and sum(f is not None for f in fields) * 2 >= len(fields):
        parts.append("unknown or twice: " + _shortened(unknown))
    elif unknown:
        parts.append(f"{len(unknown)} unknown names")
    return "; ".join(parts) or "none of its names is known"


def _shortened(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more
