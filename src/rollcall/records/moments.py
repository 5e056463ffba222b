"""Moments of another database made moments of this one, after a backup was restored.

The change log and runs remember transactions by PostgreSQL's own numbers (xid8), which say what
came before what. A database that a dump was restored into counts from its own beginning: there,
what the old numbers say lies in the future, and every plan would be stale. So each old number gets
a new one that has passed here, in the same order.
"""

from typing import Any

import psycopg

#: Every number of a transaction that is remembered: the log's, and the runs'.
_OLD = """CREATE TEMP TABLE old_moment AS
SELECT old, row_number() OVER (ORDER BY old) AS place, NULL::xid8 AS new FROM (
    SELECT txid AS old FROM change_log
    UNION SELECT applied_txid::xid8 FROM run WHERE applied_txid <> ''
    UNION SELECT pg_snapshot_xmin(applied_snapshot::pg_snapshot) FROM run
        WHERE applied_snapshot <> ''
    UNION SELECT pg_snapshot_xmax(applied_snapshot::pg_snapshot) FROM run
        WHERE applied_snapshot <> ''
    UNION SELECT pg_snapshot_xip(applied_snapshot::pg_snapshot) FROM run
        WHERE applied_snapshot <> ''
) AS found"""

#: Each turn uses up a number; outside of a transaction, so that each may commit.
_USE_UP = """DO $$ BEGIN
    FOR i IN 1..{count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP;
END $$"""

_NEW = "UPDATE old_moment SET new = (%s + place)::text::xid8"

_LOG = "UPDATE change_log SET txid = new FROM old_moment WHERE txid = old"
_RUNS = """UPDATE run SET
    applied_txid = coalesce(
        (SELECT new::text FROM old_moment WHERE old::text = applied_txid), applied_txid),
    applied_snapshot = (
        SELECT concat_ws(':',
            (SELECT new FROM old_moment WHERE old = pg_snapshot_xmin(s)),
            (SELECT new FROM old_moment WHERE old = pg_snapshot_xmax(s)),
            (SELECT coalesce(string_agg(new::text, ',' ORDER BY new), '') FROM old_moment
                WHERE old IN (SELECT pg_snapshot_xip(s))))
        FROM (SELECT applied_snapshot::pg_snapshot AS s) AS one)
WHERE applied_snapshot <> ''"""


def translate(database: "psycopg.Connection[Any]") -> int:
    """Give every remembered moment a number of this database; how many there were.

    `database`: in autocommit mode, and nobody else uses it yet. Doing it again changes no order.
    """
    database.execute("SET synchronous_commit = off")
    database.execute(_OLD)
    count = _number(database, "SELECT count(*) FROM old_moment")
    before = _number(database, "SELECT pg_current_xact_id()::text::bigint")
    database.execute(_USE_UP.format(count=count + 1).encode())
    with database.transaction():
        database.execute(_NEW, [before])
        database.execute("CREATE INDEX ON old_moment (old)")
        database.execute(_LOG)
        database.execute(_RUNS)
        database.execute("DROP TABLE old_moment")
    return count


def _number(database: "psycopg.Connection[Any]", query: str) -> int:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
