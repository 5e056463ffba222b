"""Reading: views of all records or of some."""

import polars as pl
from tests.records.database import students

from rollcall.records import read
from rollcall.records.copying import Database


def test_a_view_of_only_some_records(conn: Database, district: int) -> None:
    students(conn, district, "1", "2", "3")
    only = pl.DataFrame({"local_id": ["1", "3", "9"]})
    found = read.view(conn, "students", district, "2016-2017", only)
    assert sorted(found["local_id"]) == ["1", "3"]
