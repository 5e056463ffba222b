"""Failed rows in the form for spreadsheets: safe to open, and read again they are the same rows."""

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.core.small_layout import GOOD, HEADER, NAMED, SMALL, read

from rollcall.core.files.layouts import Field, Kind, Layout
from rollcall.core.files.quoting import join_record
from rollcall.core.files.safe_rows import safe_rows_of

TEXTS = Layout(
    "texts", "Three texts", tuple(Field(n, n, Kind.TEXT) for n in ("one", "two", "three"))
)
_RISKY = ("=", "+1", "-1", "@SUM(A1)", "'=1", "''+", "=cmd|' /C calc'!A0", "\uff1d1", '="x"')
cell = st.sampled_from(_RISKY) | st.text(st.characters(exclude_categories=("C", "Zl", "Zp")))
rows = st.lists(st.lists(cell, min_size=3, max_size=3), min_size=1)


def safe(texts: Sequence[str], layout: Layout, header: Sequence[str] | None = None) -> str:
    form = safe_rows_of(header, layout)
    beside = (7, "rejected", "=what is wrong", "-what to do")
    return form.head + "".join(form.row(text, beside) for text in texts)


@given(rows, st.booleans(), st.sampled_from(["auto", "no"]), st.sampled_from(["auto", "cp1252"]))
def test_read_again_the_cells_are_the_same(
    written: list[list[str]], header: bool, first_line: str, encoding: str
) -> None:
    texts = [join_record(cells) for cells in written]
    head = [",".join(TEXTS.names)] if header else []
    original = read("\n".join([*head, *texts]), TEXTS, header="yes" if header else "no")
    made = safe(texts, TEXTS, TEXTS.names if header else None)
    again = read(made, TEXTS, header=first_line, encoding=encoding)
    assert_frame_equal(again.rows, original.rows)
    assert again.rejected.height == 0


@given(rows)
def test_no_cell_of_it_is_a_formula(written: list[list[str]]) -> None:
    made = safe([join_record(cells) for cells in written], TEXTS)
    for line in csv.reader(io.StringIO(made.removeprefix("\ufeff"))):
        assert len(line) == 8
        assert not any(
            cell.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) for cell in line
        )


@given(rows)
def test_a_report_that_failed_again_gains_no_apostrophes(written: list[list[str]]) -> None:
    first = safe([join_record(cells) for cells in written], TEXTS)
    header, *lines = first.removeprefix("\ufeff").splitlines()
    again = safe(lines, TEXTS, next(csv.reader([header])))
    assert_frame_equal(read(again, TEXTS).rows, read(first, TEXTS).rows)
    assert again.splitlines()[0] == "\ufeff" + header


def test_line_outcome_and_reason_stand_beside_the_row() -> None:
    made = safe(["12/01/2016,=1+1,x"], SMALL).removeprefix("\ufeff").splitlines()
    assert made == [
        HEADER.strip() + ",OriginalLineNumber,Outcome,Error,WhatToDo,OriginalText",
        "12/01/2016,'=1+1,x,,,,7,rejected,'=what is wrong,'-what to do,\"12/01/2016,=1+1,x\"",
    ]


def test_a_header_of_the_files_own_is_kept_and_is_safe_too() -> None:
    header = ["grade", "=evil", "LOCAL_ID", "Error", "local_ID2"]
    made = safe(["01,x,a,old,y"], NAMED, header).removeprefix("\ufeff").splitlines()
    assert made[0].startswith("grade,'=evil,LOCAL_ID,local_ID2,OriginalLineNumber,")
    assert made[1].startswith("01,x,a,y,7,")


@pytest.mark.parametrize("encoding", ["auto", "utf-8", "cp1252"])
def test_a_byte_order_mark_says_utf_8_whatever_the_settings_say(encoding: str) -> None:
    text = "\ufeff" + GOOD.replace("Garcia", "García")
    assert read(text, encoding=encoding).rows["last_name"].to_list() == ["García"]
