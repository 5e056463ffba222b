"""Finding students by the beginning of a name or an id."""

import polars as pl
import pytest
from tests.records.database import put

from rollcall.integrations.casemis.integration import SPECIAL_EDUCATION
from rollcall.records.copying import Database
from rollcall.records.search import search, student_by_local_id
from rollcall.records.student_file import student_file
from rollcall.records.types import STUDENT

STUDENTS = [
    ("7001", "5000000001", "García", "Élena"),
    ("7002", "5000000002", "Garcia", "Marco"),
    ("7003", "7000000003", "de la Cruz", "Ana María"),
    ("7004", None, "Łukasik", "Ørn"),
    ("7005", "5100000005", "Smith", "Garcia"),
]


@pytest.fixture
def town(conn: Database, district: int) -> int:
    columns = ("local_id", "state_id", "last_name", "first_name")
    rows = [dict(zip(columns, row, strict=True)) for row in STUDENTS]
    put(conn, district, STUDENT, pl.DataFrame(rows, schema=STUDENT.schema))
    special = [{"local_id": "7002", "special_ed_id": "S-70"}]
    put(conn, district, SPECIAL_EDUCATION, pl.DataFrame(special, schema=SPECIAL_EDUCATION.schema))
    return district


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("garc", ["7001", "7002"]),
        ("GARCÍA, e", ["7001"]),
        ("elena garc", ["7001"]),
        ("garcia mar", ["7002"]),
        ("garcia smith", ["7005"]),
        ("De La Cruz", ["7003"]),
        ("ana maria de la", ["7003"]),
        ("lukas, o", ["7004"]),
        ("700", ["7001", "7002", "7003", "7004", "7005"]),
        ("7004", ["7004"]),
        ("50000", ["7001", "7002"]),
        ("S-7", ["7002"]),
        ("zz", []),
        (" , ", []),
        ("%", []),
        ("'; --", []),
    ],
)
def test_what_is_found(conn: Database, town: int, text: str, found: list[str]) -> None:
    assert [student.local_id for student in search(conn, town, text).students] == found


@pytest.mark.parametrize("text", ["garc", "700", "5", "S-70", "garcia m"])
def test_pages_together_are_the_whole(conn: Database, town: int, text: str) -> None:
    whole = search(conn, town, text).students
    paged, after = [], None
    while True:
        page = search(conn, town, text, after, limit=1)
        paged += page.students
        after = page.next
        if after is None:
            break
        assert not any(name in after for name in ("garc", "7001", "5000000001"))
    assert paged == whole


def test_a_mark_that_is_none_begins_anew(conn: Database, town: int) -> None:
    assert search(conn, town, "smith", "nonsense").students[0].local_id == "7005"


def test_other_districts_are_not_searched(conn: Database, town: int) -> None:
    assert search(conn, town + 1, "garc").students == []


def test_a_students_file_holds_all_that_belongs_to_them(conn: Database, town: int) -> None:
    number = student_by_local_id(conn, town, "7002")
    assert number is not None
    file = student_file(conn, town, number)
    assert file is not None
    assert file.local_id == "7002"
    assert [held.values["special_ed_id"] for held in file.records["special_education"]] == ["S-70"]
    assert file.records["enrollment"] == []
    assert file.partner_ids == {
        "district": "7002",
        "state": "5000000002",
        "special education": "S-70",
    }
    assert student_file(conn, town + 1, number) is None
    assert student_by_local_id(conn, town, "none") is None
