"""What the tests of the records do to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import psycopg
from django.db import connection, transaction
from psycopg import sql

from rollcall.core.plans.record_types import RecordType
from rollcall.records.copying import Database, write_frame
from rollcall.records.models import District
from rollcall.records.types import STUDENT


def new_district(code: str) -> int:
    return District.objects.create(
        code=code,
        name="Demo Unified",
        state="CA",
        timezone="America/Los_Angeles",
        school_year="2016-2017",
    ).pk


def connect() -> Database:
    """A connection of its own to the test database."""
    wanted = ("dbname", "user", "password", "host", "port")
    params = connection.get_connection_params()
    return psycopg.connect(**{k: v for k, v in params.items() if k in wanted})


@contextmanager
def unmade() -> Iterator[None]:
    """What is done inside is taken back at the end: for the examples of a property test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def put(conn: Database, district: int, record: RecordType, frame: pl.DataFrame) -> None:
    """Write records as any SQL program would."""
    rows = frame.with_columns(district_id=pl.lit(district))
    write_frame(conn, sql.Identifier(record.name), ["district_id", *record.schema], rows)


def students(conn: Database, district: int, *local_ids: str) -> None:
    rows = [{"local_id": local_id} for local_id in local_ids]
    put(conn, district, STUDENT, pl.DataFrame(rows, schema=STUDENT.schema))


def one(conn: Database, query: Any, *params: Any) -> Any:
    """The first column of the only row."""
    rows = conn.execute(query, params).fetchall()
    assert len(rows) == 1
    return rows[0][0]
