"""Numbers that come as text from outside."""

import pytest

from rollcall.core.whole_numbers import whole_number, whole_numbers


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "²", "٣", "\uff11", "1" * 19, "-1", "+1", " 1", "1.0", "1_0", "\x00"]
)
def test_everything_else_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_several_with_dashes() -> None:
    assert whole_numbers("12-0-7", 3) == (12, 0, 7)
    for text in ("", "12-0", "12-0-7-1", "²-²-²", "1-2-x", "1--2"):
        assert whole_numbers(text, 3) is None, text
