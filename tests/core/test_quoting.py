"""One line: its cells, and the code for wrong quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.core.quoting import join_record, scan_record, split_record


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("", [""]),
        (",", ["", ""]),
        ("a,b", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        (' "a ""x""" ,\tb ', ['a "x"', "b"]),
        ('"",""""', ["", '"']),
    ],
)
def test_a_line_in_order(text: str, cells: list[str]) -> None:
    assert scan_record(text) == (cells, None)


@pytest.mark.parametrize(
    ("text", "cells", "code"),
    [
        ('a,b"c,d', ["a", 'b"c', "d"], "row.quote"),
        ('a,"b"c,d', ["a", '"b"c', "d"], "row.quote"),
        ('a,"b,c', ["a", '"b', "c"], "row.unclosed_quote"),
        ('a,"b""', ["a", '"b""'], "row.unclosed_quote"),
    ],
)
def test_a_line_with_wrong_quotes_still_shows_its_cells(
    text: str, cells: list[str], code: str
) -> None:
    assert scan_record(text) == (cells, code)
    assert split_record(text) == cells


@given(st.lists(st.text().map(lambda text: text.strip(" \t")), min_size=1))
def test_what_is_joined_splits_again(cells: list[str]) -> None:
    assert scan_record(join_record(cells)) == (cells, None)
