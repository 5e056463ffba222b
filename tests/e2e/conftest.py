"""A fresh, empty database for a story told from the outside, through the command line."""

import os
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo


@pytest.fixture
def own_database() -> Iterator[str]:
    """The address of an empty database of its own on the session's server."""
    server = os.environ["DATABASE_URL"]
    name = sql.Identifier(f"story_{uuid4().hex[:12]}")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield make_conninfo(server, dbname=name.as_string().strip('"'))
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
