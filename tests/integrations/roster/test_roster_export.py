"""Records written out can be loaded again, and nothing changes."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.examples import examples
from tests.roster_bundles import decide, exported

from rollcall.integrations.roster.layout import OWN_COLUMNS
from rollcall.records.types import RECORD_TYPES
from rollcall.sandbox.districts.california import make_district

RECORDS = {
    "schools": "school",
    "students": "student",
    "enrollments": "enrollment",
    "calendars": "calendar",
}


def test_a_district_survives_the_round_trip() -> None:
    frames = _whole(make_district(700, seed=2))
    decided = decide(exported(frames))
    assert decided.findings.is_empty()
    for name, record in RECORDS.items():
        wanted = decided.wanted(record)
        assert not wanted.keep_blank
        loaded = wanted.frame.select(frames[name].columns)
        assert_frame_equal(loaded, frames[name], check_row_order=False)


def _whole(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The frames with all columns that records have."""
    return {
        name: frame.with_columns(
            pl.lit(None, RECORD_TYPES[RECORDS[name]].schema[column]).alias(column)
            for column in OWN_COLUMNS[name]
            if column not in frame.columns
        )
        for name, frame in frames.items()
    }


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)


@examples(60)
@given(last=texts, first=texts, born=st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_any_name_survives_the_round_trip(last: str, first: str, born: date | None) -> None:
    row = {"local_id": "0,1", "last_name": last, "first_name": first, "birth_date": born}
    schema = {n: pl.Date() if n == "birth_date" else pl.String() for n in OWN_COLUMNS["students"]}
    frame = pl.DataFrame([row], schema=schema)
    loaded = decide(exported({"students": frame})).wanted("student").frame
    assert_frame_equal(loaded.select(frame.columns), frame)


def test_a_line_break_does_not_end_its_row() -> None:
    row = {"code": "1", "name": "Alder\r\nSchool", "type": "K-12", "state_id": "10625410"}
    (content,) = exported({"schools": pl.DataFrame([row])}).values()
    assert content.decode().splitlines()[1:] == ['"1","Alder School","K-12","10625410"']


def test_the_same_records_give_the_same_bytes() -> None:
    frames = _whole(make_district(50, seed=2))
    turned = {name: frame.reverse() for name, frame in frames.items()}
    assert exported(frames) == exported(turned)


def test_only_record_files_are_written() -> None:
    with pytest.raises(KeyError):
        exported({"grades": pl.DataFrame()})
