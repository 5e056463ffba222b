"""One line: its cells, and the code for wrong quotes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.core.files import quoting
from rollcall.core.files.quoting import join_record, scan_record, split_record


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


PATTERNS = ("_CELL", "_QUOTED", "_CLOSED")


@pytest.mark.parametrize("name", PATTERNS)
def test_nothing_of_a_line_is_tried_twice(name: str) -> None:
    """A megabyte of spaces before a stray quote took minutes: each of them was tried again."""
    pattern = getattr(quoting, name).pattern
    assert re.search(r"\*(?!\+)", pattern) is None


@given(st.text(alphabet='a", \t', max_size=12), st.sampled_from(PATTERNS))
def test_and_what_is_found_is_what_trying_everything_finds(text: str, name: str) -> None:
    quick = getattr(quoting, name)
    thorough = re.compile(quick.pattern.replace("*+", "*"))
    one, other = quick.match(text), thorough.match(text)
    assert (one and (one.span(), one.groups())) == (other and (other.span(), other.groups()))
