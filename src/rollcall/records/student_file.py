"""All the district holds about one student."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from rollcall.core.plans.record_types import RecordType
from rollcall.records.copying import Database, listed
from rollcall.records.types import PARTNER_IDS, RECORD_TYPES, STUDENT, STUDENT_RECORDS


@dataclass(frozen=True)
class Held:
    """One record. `number`: the database's. `digest` tells it from what it is after an edit."""

    record: RecordType
    number: int
    digest: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class StudentFile:
    """A student and the records that belong to them, by record type in the order of writing."""

    student: Held
    records: Mapping[str, list[Held]]

    @property
    def local_id(self) -> str:
        """The district's own number of the student."""
        return str(self.student.values["local_id"])

    @property
    def partner_ids(self) -> dict[str, str]:
        """The student's ids, by whose they are; those there are."""
        every = {STUDENT.name: [self.student], **self.records}
        ids = {
            whose: record_row.values[column]
            for whose, record, column in PARTNER_IDS
            for record_row in every[record.name]
        }
        return {whose: value for whose, value in ids.items() if value is not None}


def student_file(conn: Database, district_id: int, number: int) -> StudentFile | None:
    """All about the student with the database's number `number`; None when there is none."""
    students = held(conn, STUDENT, district_id, "id", number)
    if not students:
        return None
    (student,) = students
    local_id = student.values["local_id"]
    records = {
        name: held(conn, RECORD_TYPES[name], district_id, "local_id", local_id)
        for name in STUDENT_RECORDS
    }
    return StudentFile(student, records)


def held(
    conn: Database, record: RecordType, district_id: int, column: str, value: str | int
) -> list[Held]:
    """The records of a type with that value in a column, by key."""
    query = sql.SQL(
        "SELECT id, digest, {columns} FROM {table} WHERE district_id = %s AND {column} = %s "
        "ORDER BY {key}"
    ).format(
        columns=listed(record.schema),
        table=sql.Identifier(record.name),
        column=sql.Identifier(column),
        key=listed(record.key),
    )
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query, [district_id, value]).fetchall()
    return [Held(record, row.pop("id"), row.pop("digest"), row) for row in rows]
