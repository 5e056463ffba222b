"""The database's digest is the one Polars computes, for whatever values; and COPY keeps them."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.records.database import put, students, unmade
from tests.records.samples import EXAMPLES, IDS, SAMPLED, frames

from rollcall.core.plans.digest import digest
from rollcall.core.plans.record_types import RecordType
from rollcall.integrations.casemis.integration import SPECIAL_EDUCATION
from rollcall.integrations.casemis.models import SpecialEducation
from rollcall.records import read
from rollcall.records.copying import Database
from rollcall.records.types import NULLABLE, RECORD_TYPES, STUDENT


@EXAMPLES
@given(data=st.data(), record=st.sampled_from(SAMPLED))
def test_what_is_written_is_read_back_and_has_the_digest_polars_computes(
    conn: Database, district: int, data: st.DataObject, record: RecordType
) -> None:
    frame = data.draw(frames(record))
    with unmade():
        if record is not STUDENT:
            students(conn, district, *IDS)
        put(conn, district, record, frame)
        stored = read.keys(conn, record, district, tuple(record.columns))
        again = read.current(conn, record, district, frame)
    expected = frame.with_columns(digest(frame, record))
    empty = [name for name in frame.columns if name not in stored.columns]
    assert all(frame[name].is_null().all() for name in empty)
    expected = expected.drop(empty)
    assert_frame_equal(stored, expected, check_row_order=False, check_column_order=False)
    assert_frame_equal(again, frame, check_row_order=False)


@pytest.mark.parametrize("style", ["German", "SQL, DMY", "Postgres"])
def test_the_digest_does_not_depend_on_how_a_session_writes_dates(
    conn: Database, district: int, style: str
) -> None:
    students(conn, district, "1")
    conn.execute("SELECT set_config('datestyle', %s, true)", [style])
    frame = pl.DataFrame(
        [{"local_id": "1", "exit_date": date(2016, 3, 4)}], schema=SPECIAL_EDUCATION.schema
    )
    put(conn, district, SPECIAL_EDUCATION, frame)
    (stored,) = read.keys(conn, SPECIAL_EDUCATION, district, ("exit_date",)).rows(named=True)
    assert stored["exit_date"] == date(2016, 3, 4)
    assert stored["digest"] == digest(frame, SPECIAL_EDUCATION).item()


def test_record_types_name_the_models_columns_key_first() -> None:
    names = [field.name for field in SpecialEducation._meta.local_fields]
    assert names == ["id", "district", *SPECIAL_EDUCATION.schema, "digest"]
    assert list(RECORD_TYPES["service"].key)[-1] == "occurrence"
    assert RECORD_TYPES["service"].schema["occurrence"] == pl.Int16()
    assert SPECIAL_EDUCATION.title == "Special-education records"
    assert NULLABLE["calendar"] == ("school_code",)


@pytest.mark.parametrize("record", RECORD_TYPES.values(), ids=RECORD_TYPES)
def test_every_record_type_can_be_written_and_read(
    conn: Database, district: int, record: RecordType
) -> None:
    firm = [name for name in record.key if name not in NULLABLE[record.name]]
    ones = {pl.String(): "1", pl.Int16(): 1, pl.Date(): date(2016, 9, 6)}
    row = {name: ones[record.key[name]] for name in firm}
    if "local_id" in record.key and record is not STUDENT:
        students(conn, district, "1")
    put(conn, district, record, pl.DataFrame([row], schema=record.schema))
    assert read.current(conn, record, district, pl.DataFrame([row], schema=record.key)).height == 1


def test_what_is_read_in_parts_is_whole(
    conn: Database, district: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.records.copying.PART", 10)
    students(conn, district, *IDS)
    frame = read.view(conn, "students", district, "2016-2017")
    assert frame["local_id"].sort().to_list() == IDS
