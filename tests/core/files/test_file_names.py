"""Names from outside: shown, kept and offered, never a path."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.hostile_names import HOSTILE_NAMES

from rollcall.core.files.file_names import (
    LONGEST,
    attachment,
    ending,
    is_plain,
    shown_name,
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("CASEMISA.csv", "CASEMISA.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\Spring 2017.csv", "Spring 2017.csv"),
        (".ssh", "ssh"),
        ("a\x00b\r\nc\u202etxt.csv", "abctxt.csv"),
        ("  García, José.csv ", "García, José.csv"),
        ("..", "file"),
        ("/", "file"),
        ("\ud800.csv", "csv"),
    ],
)
def test_what_is_shown_of_a_name(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_long_name_keeps_its_ending() -> None:
    assert shown_name("ä" * 300 + ".csv") == "ä" * 58 + ".csv"
    assert shown_name("a" * 300) == "a" * LONGEST


@given(st.text() | st.sampled_from(HOSTILE_NAMES))
@example("a." * 200)
def test_whatever_it_was_it_is_plain_short_and_stays(name: str) -> None:
    shown = shown_name(name)
    assert is_plain(shown)
    assert len(shown.encode()) <= LONGEST
    assert shown_name(shown) == shown
    assert "".join(ending(shown)) == shown


@given(st.text() | st.sampled_from(HOSTILE_NAMES))
def test_the_header_of_a_download_holds_one_name(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.replace(r"\"", "").count('"') in (0, 2)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\x00", "a\n", "n" * 256])
def test_what_is_no_file_name(name: str) -> None:
    assert not is_plain(name)
