"""Whatever the bytes: counts add up, nothing is swallowed, and how they are cut does not matter.

Beside it a reader written as plainly as can be, one line at a time, to be equal to.
"""

import re
from itertools import pairwise

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.core.small_layout import GOOD, HEADER, SMALL, read
from tests.examples import examples

from rollcall.core.files.layouts import Field, Kind, Layout
from rollcall.core.files.read import UnreadableInput
from rollcall.core.files.tables import Table

TEXTS = Layout(
    "texts", "Three texts", tuple(Field(n, n, Kind.TEXT) for n in ("one", "two", "three"))
)


def reference(data: bytes) -> list[str | tuple[str | None, ...]]:
    """For each record of a UTF-8 file of three columns: its cells, or the code that rejects it."""
    records: list[str | tuple[str | None, ...]] = []
    for raw in data.split(b"\n"):
        if raw.strip() == b"":
            continue
        line = raw.removesuffix(b"\r")
        if any((byte < 32 and byte != 9) or byte == 127 for byte in line):
            records.append("row.control_character")
            continue
        try:
            records.append(cells(line.decode()))
        except UnicodeDecodeError:
            records.append("row.undecodable")
    return records


def cells(text: str) -> str | tuple[str | None, ...]:
    values: list[str | None] = []
    rest: str | None = text
    while rest is not None:
        rest = rest.lstrip(" \t")
        if rest.startswith('"'):
            closing = re.match(r'"((?:""|[^"])*)"(?!")', rest)
            if closing is None:
                return "row.unclosed_quote"
            value, rest = closing[1].replace('""', '"'), rest[closing.end() :].lstrip(" \t")
            if rest and not rest.startswith(","):
                return "row.quote"
            rest = rest[1:] if rest else None
        else:
            value, comma, behind = rest.partition(",")
            if '"' in value:
                return "row.quote"
            rest = behind if comma else None
        values.append(value.strip(" \t") or None)
    return tuple(values) if len(values) == 3 else "row.column_count"


def outcome(table: Table) -> list[str | tuple[str | None, ...]]:
    """What `read_table` made of each record, in the form of `reference`."""
    good = {row[0]: row[1:] for row in table.rows.rows()}
    bad = dict(table.findings.select("line", "code").rows())
    assert not good.keys() & bad.keys()
    return [good.get(n) or bad[n] for n in range(1, table.read + 1)]


cell = st.one_of(
    st.sampled_from(
        ["", "a", "Ñu", '""', '"x,y"', '"a""b"', ' "p" ', " q ", "\t", '"', 'a"b', "b,"]
    ),
    st.text(alphabet='ab",\t é', max_size=5),
)
line = st.lists(cell, min_size=3, max_size=3).map(",".join) | st.text('a",\0\r\t é', max_size=9)
broken_line = line.map(str.encode) | st.just(b"a,\xff,c") | st.binary(max_size=6)
mostly_good = st.lists(st.one_of(st.just(b"a,b,c"), st.just(b'"a","","c,d"'), broken_line))
ends = st.sampled_from([b"\n", b"\r\n"])
cuts = st.lists(st.integers(0, 400), max_size=20)


def in_blocks(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(place for place in at if place < len(data))})
    return [data[start:stop] for start, stop in pairwise(places)]


@examples(150)
@given(mostly_good, ends, st.sampled_from([1, 20, 1 << 20]))
@example([b'a,"b,c', b'd,e",f'], b"\n", 1)
@example([b"a\t\t", b"a\t\t"], b"\n", 1)
@example([b'"a","b"",c"', b'"a",",","c"', b'","'], b"\n", 1 << 20)
def test_it_is_equal_to_a_plain_reader(lines: list[bytes], end: bytes, chunk_size: int) -> None:
    data = b"x,\xc3\xb1,z\n" + end.join(lines)
    table = read(data, TEXTS, header="no", encoding="utf-8", chunk_size=chunk_size)
    assert outcome(table) == reference(data)


@examples(60)
@given(mostly_good, cuts, st.integers(1, 60))
def test_how_the_bytes_are_cut_makes_no_difference(
    lines: list[bytes], at: list[int], chunk_size: int
) -> None:
    data = b"\n".join([GOOD.encode().strip(), *lines, GOOD.encode()])
    whole = read(data)
    for blocks in (in_blocks(data, at), in_blocks(data, list(range(len(data))))):
        parts = read(b"", blocks=blocks, chunk_size=chunk_size)
        assert_frame_equal(parts.rows, whole.rows)
        assert_frame_equal(parts.rejected, whole.rejected)
        assert_frame_equal(parts.findings, whole.findings)
        assert parts.offsets.equals(whole.offsets)
        assert parts.form == whole.form


junk = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [b",", b'"', b"\n", b"\r", b"\0", b"\xc3", b"\xb1", b"\xf1", b"a", b"01/02/2016"]
    )
    | st.sampled_from(
        [HEADER.encode(), GOOD.encode(), b"\xef\xbb\xbf", b"1000000001", b";", b"\t"]
    ),
    max_size=60,
).map(b"".join)


@examples(150)
@given(junk, st.sampled_from([SMALL, TEXTS]), st.sampled_from(["auto", "utf-8", "cp1252"]))
def test_any_bytes_are_read_or_stopped_and_the_counts_add_up(
    data: bytes, layout: Layout, encoding: str
) -> None:
    try:
        table = read(data, layout, encoding=encoding)
    except UnreadableInput as stopped:
        assert stopped.findings.height == 1
        return
    lines = pl.concat([table.rows["line"], table.rejected["line"]]).sort()
    assert lines.to_list() == list(range(1, table.read + 1))
    assert len(table.offsets) == table.read
    assert set(table.findings["line"]) >= set(table.rejected["line"])
    end = table.form.newline.encode()
    records = [part for part in data[table.form.offset :].split(end) if part.strip()]
    if end == b"\n":
        assert [data[o:].split(end)[0] for o in table.offsets] == records
