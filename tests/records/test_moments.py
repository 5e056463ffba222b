"""Moments of a database that was restored: the same order, in this database's own numbers."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.e2e.rollcall import database as another_database

from rollcall.records import moments

#: What the translation looks at, as another server's numbers have it: a log of four transactions,
#: and two runs between them, the second while transaction 5007 was under way.
OTHER = """
CREATE TABLE change_log (id int, txid xid8);
INSERT INTO change_log VALUES (1, '5000'), (2, '5003'), (3, '5007'), (4, '90000000000');
CREATE TABLE run (id int, applied_snapshot text, applied_txid text);
INSERT INTO run VALUES (1, '5003:5003:', '5003'), (2, '5007:5009:5007', '5008'), (3, '', '');
"""
UNSEEN = """SELECT c.id FROM change_log c, run r WHERE r.id = %s
    AND NOT pg_visible_in_snapshot(c.txid, r.applied_snapshot::pg_snapshot) ORDER BY c.id"""


@pytest.fixture
def restored() -> Iterator["psycopg.Connection[Any]"]:
    with another_database() as url, psycopg.connect(url, autocommit=True) as made:
        for statement in OTHER.strip().split(";\n"):
            made.execute(sql.SQL(statement))
        yield made


def unseen(database: "psycopg.Connection[Any]", run: int) -> list[int]:
    return [id for (id,) in database.execute(UNSEEN, [run])]


def test_what_was_unseen_then_is_unseen_and_what_comes_is_new(
    restored: "psycopg.Connection[Any]",
) -> None:
    before = {run: unseen(restored, run) for run in (1, 2)}
    assert before == {1: [2, 3, 4], 2: [3, 4]}
    assert moments.translate(restored) == 6
    assert {run: unseen(restored, run) for run in (1, 2)} == before
    past = "SELECT bool_and(pg_visible_in_snapshot(txid, pg_current_snapshot())) FROM change_log"
    assert restored.execute(past).fetchone() == (True,)
    restored.execute("INSERT INTO change_log VALUES (5, pg_current_xact_id())")
    assert unseen(restored, 2) == [3, 4, 5]
    own = "SELECT applied_txid = txid::text FROM change_log c, run r WHERE c.id = 2 AND r.id = 1"
    assert restored.execute(own).fetchone() == (True,)
    assert restored.execute("SELECT * FROM run WHERE id = 3").fetchone() == (3, "", "")


def test_doing_it_again_changes_no_order(restored: "psycopg.Connection[Any]") -> None:
    moments.translate(restored)
    moments.translate(restored)
    assert unseen(restored, 1) == [2, 3, 4]
    assert unseen(restored, 2) == [3, 4]
