"""One grade, however it is written."""

import pytest

from rollcall.core.grades import spellings


@pytest.mark.parametrize(
    ("said", "stored"), [("5", "05"), ("05", "5"), ("5", "5"), ("12", "12"), ("ka", "KA")]
)
def test_a_grade_is_found_however_it_is_written(said: str, stored: str) -> None:
    assert stored in spellings(said)


@pytest.mark.parametrize(("said", "stored"), [("1", "11"), ("10", "1"), ("KA", "KB")])
def test_another_grade_is_not(said: str, stored: str) -> None:
    assert stored not in spellings(said)
