"""Equal rows of a frame, nulls included."""

from collections import Counter
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rollcall.core.plans.frames import all_different, may_repeat

SCHEMA = {"a": pl.String(), "b": pl.Int16()}
ROWS = st.lists(st.tuples(st.sampled_from([None, "", "x"]), st.sampled_from([None, 0, 1])))


@given(ROWS)
def test_rows_that_repeat_are_found(rows: Any) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    count = Counter(rows)
    assert all_different(frame) == (len(count) == len(rows))
    found = may_repeat(frame).to_list()
    assert all(may for row, may in zip(rows, found, strict=True) if count[row] > 1)
