"""The lines of a file are numbered as the reader numbers its records, and told apart."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from tests.core.small_layout import GOOD, SMALL

from rollcall.core.files.layouts import ReadOptions
from rollcall.core.files.lines import LINES_SCHEMA, MARK, find_lines
from rollcall.core.files.read import read_table

LINE = st.one_of(
    st.sampled_from([b"", b" ", b"\t \r", b"a,b", b'"a,\xc3\xa9"', b"\xe9,x", b"\x0b\x0c"]),
    st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"")),
)


def lines(*texts: bytes, chunk_size: int = 1 << 20) -> pl.DataFrame:
    return find_lines([b"\n".join(texts)], 0, chunk_size)


@given(st.lists(LINE, min_size=1, max_size=20), st.integers(1, 40))
def test_records_have_the_numbers_and_offsets_the_reader_gives(
    texts: list[bytes], chunk_size: int
) -> None:
    data = b"\n".join([GOOD.strip().encode(), *texts, b"end"])
    table = read_table([data], SMALL, ReadOptions(header="no"), input="small")
    found = find_lines([data], 0, chunk_size)
    assert found["offset"].to_list() == table.offsets.to_list()
    assert found["line"].to_list() == list(range(1, found.height + 1))
    assert dict(found.schema) == LINES_SCHEMA


@given(st.lists(LINE, max_size=12))
def test_equal_lines_have_equal_marks_and_others_differ(texts: list[bytes]) -> None:
    found = lines(*texts)
    kept = [text for text in texts if text and not text.isspace()]
    marks = found.select(MARK).rows()
    for one, mark in zip(kept, marks, strict=True):
        for other, its_mark in zip(kept, marks, strict=True):
            if None not in mark + its_mark:
                assert (one == other) == (mark == its_mark)


def test_a_line_that_is_not_utf8_has_no_mark() -> None:
    found = lines(b"a", b"\xe9", "é".encode(), b"b")
    assert found["mark"].is_null().to_list() == [False, True, False, False]
    assert found["foreign"].to_list() == [False, True, True, False]


def test_offsets_count_from_the_place_given() -> None:
    assert find_lines([b"ab\n\ncd"], 100)["offset"].to_list() == [100, 104]


def test_a_file_of_nothing_has_no_lines() -> None:
    assert find_lines([], 0).height == 0
