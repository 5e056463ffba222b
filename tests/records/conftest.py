"""A district in the test database, and connections beside Django's own."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker
from tests.records.database import connect, new_district

from rollcall.records.copying import Database


@pytest.fixture
def district(db: None) -> int:
    return new_district("6412345")


@pytest.fixture
def conn(db: None) -> Database:
    """Django's connection as psycopg has it, in the test's transaction."""
    connection.ensure_connection()
    database: Database = connection.connection
    return database


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """A district that other connections see, for tests of several transactions; removed after."""
    with django_db_blocker.unblock():
        pk = new_district("committed")
        yield pk
        with connect() as conn:
            conn.execute("SET CONSTRAINTS ALL DEFERRED")
            conn.execute("DELETE FROM special_education WHERE district_id = %s", [pk])
            conn.execute("DELETE FROM student WHERE district_id = %s", [pk])
            conn.execute("DELETE FROM change_log WHERE district_id = %s", [pk])
            conn.execute("DELETE FROM district WHERE id = %s", [pk])
        connection.close()
