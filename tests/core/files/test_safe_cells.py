"""Report cells are safe to open in a spreadsheet, and come back as they were."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rollcall.core.files.safe_cells import (
    plain_cell,
    plain_cells,
    safe_cell,
    safe_cells,
)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'=1", "\uff1d1"]
)
def test_what_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cells(pl.DataFrame({"a": [text]}))["a"].to_list() == ["'" + text]


def test_other_cells_stay() -> None:
    frame = pl.DataFrame({"a": ["O'Neil", "'quoted'", "a=b", "", None], "n": [-1, 2, 3, 4, 5]})
    assert_frame_equal(safe_cells(frame), frame)


@given(st.lists(st.text("'=+-@\t\r\n\uff1d\uff20ab") | st.text() | st.none()))
def test_every_cell_comes_back(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"a": texts}, schema={"a": pl.String})
    safe = safe_cells(frame)
    assert_frame_equal(plain_cells(safe), frame)
    assert [text and plain_cell(text) for text in safe["a"]] == texts
    assert safe["a"].to_list() == [text if text is None else safe_cell(text) for text in texts]
    assert not safe["a"].str.contains("^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]").any()
