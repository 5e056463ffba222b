"""Reading: views of all records or of some."""

from datetime import date

import polars as pl
from tests.records.database import put, students

from rollcall.core.matching.names import initial
from rollcall.records import read
from rollcall.records.copying import Database
from rollcall.records.types import DEMOGRAPHICS, ENROLLMENT, PROGRAM

_ONLY = pl.DataFrame({"local_id": ["1"]})


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


def test_holders_of_a_state_id_are_counted_in_the_whole_district(
    conn: Database, district: int
) -> None:
    students(conn, district, "1", "2", "3", "4")
    conn.execute("UPDATE student SET state_id = '0620000000001' WHERE local_id IN ('1', '3')")
    conn.execute("UPDATE student SET state_id = '0620000000002' WHERE local_id = '2'")
    whole = read.view(conn, "identities", district, "2016-2017")
    assert dict(whole.select("local_id", "holders").rows()) == {"1": 2, "2": 1, "3": 2, "4": 0}
    one = read.view(conn, "identities", district, "2016-2017", _ONLY)
    assert one.select("local_id", "state_id", "holders").rows() == [("1", "0620000000001", 2)]


def test_records_of_a_year_are_seen_in_that_year_only(conn: Database, district: int) -> None:
    students(conn, district, "1", "2")
    for record, columns in (
        (ENROLLMENT, {"entry_date": date(2016, 9, 6), "aid_category": "00"}),
        (PROGRAM, {"program_type": "PSEO", "program_name": "P", "begin_date": date(2016, 9, 6)}),
    ):
        rows = [
            {"local_id": local_id, "school_code": "410", "school_year": year, **columns}
            for local_id in ("1", "2")
            for year in ("2016-2017", "2017-2018")
        ]
        put(conn, district, record, pl.DataFrame(rows, schema=record.schema))
    for name in ("enrollments", "programs"):
        whole = read.view(conn, name, district, "2016-2017")
        assert whole.select("local_id", "school_year").sort("local_id").rows() == [
            ("1", "2016-2017"),
            ("2", "2016-2017"),
        ]
        one = read.view(conn, name, district, "2016-2017", _ONLY)
        assert one.rows() == whole.filter(pl.col("local_id") == "1").rows()


def test_demographics_are_seen_in_every_year(conn: Database, district: int) -> None:
    students(conn, district, "1", "2")
    rows = [{"local_id": "1", "races": "Asian; White"}, {"local_id": "2", "hispanic": "Y"}]
    put(conn, district, DEMOGRAPHICS, pl.DataFrame(rows, schema=DEMOGRAPHICS.schema))
    assert read.view(conn, "demographics", district, "2016-2017").height == 2
    one = read.view(conn, "demographics", district, "2016-2017", _ONLY)
    assert one.select("local_id", "races").rows() == [("1", "Asian; White")]


def test_many_columns_are_read_as_far_as_they_have_values(conn: Database, district: int) -> None:
    students(conn, district, "1", "2")
    row = {"local_id": "1", "school_code": "410", "school_year": "2016-2017", "aid_category": "00"}
    put(conn, district, ENROLLMENT, pl.DataFrame([row], schema=ENROLLMENT.schema))
    found = read.keys(conn, ENROLLMENT, district, tuple(ENROLLMENT.columns))
    assert found.columns == [*ENROLLMENT.key, "digest", "aid_category"]
    few = read.keys(conn, ENROLLMENT, district, ("aid_category", "membership"))
    assert few.select("aid_category", "membership").rows() == [("00", None)]
