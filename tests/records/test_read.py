"""Reading: views of all records or of some."""

import polars as pl
from tests.records.database import students

from rollcall.core.names import initial
from rollcall.records import read
from rollcall.records.copying import Database


def test_a_view_of_only_some_records(conn: Database, district: int) -> None:
    students(conn, district, "1", "2", "3")
    only = pl.DataFrame({"local_id": ["1", "3", "9"]})
    found = read.view(conn, "students", district, "2016-2017", only)
    assert sorted(found["local_id"]) == ["1", "3"]


def test_students_are_asked_for_by_initials_as_the_core_reads_them(
    conn: Database, district: int
) -> None:
    names = ["Kim", "garcía", "Øst", "5th", "\u00c9mile", "zoë"]
    students(conn, district, *(str(place) for place in range(len(names))))
    for place, name in enumerate(names):
        conn.execute(
            "UPDATE student SET last_name = %s WHERE district_id = %s AND local_id = %s",
            [name, district, str(place)],
        )
    wanted = pl.DataFrame({"last_name": names}).with_columns(
        last_initial=initial(pl.col("last_name"))
    )
    for letter in ("k", "g", "z", ""):
        only = pl.DataFrame({"last_initial": [letter]})
        found = read.view(conn, "students", district, "2016-2017", only)
        of_letter = wanted.filter(pl.col("last_initial") == letter)["last_name"]
        assert sorted(found["last_name"]) == sorted(of_letter)
