"""Undo: the changes that put back what a run wrote, read from the change log (promise 6).

A record that anything else has changed since is not touched; it is listed, with who and when.
"""

from collections.abc import Collection

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.core.plans.plan import Changes
from rollcall.core.plans.record_types import RecordType
from rollcall.records.copying import Database, joining, listed, read_frame
from rollcall.records.types import RECORD_TYPES, STUDENT_RECORDS

#: A record that is kept: its key (JSON), and the last change by anything else.
KEPT_SCHEMA: dict[str, DataType] = {
    "record": pl.String(),
    "key": pl.String(),
    "local_id": pl.String(),
    "changed_at": pl.Datetime("us", "UTC"),
    "changed_by_run": pl.Int64(),
    "changed_by": pl.String(),
}


def undo_changes(
    conn: Database, district_id: int, run_id: int, undone: Collection[int] = ()
) -> tuple[tuple[Changes, ...], pl.DataFrame]:
    """(the changes that undo a run, the records that are kept: KEPT_SCHEMA).

    `undone`: runs that have been undone, and the runs that undid them: together their updates left
    a record as it was, so they do not count as changes since.

    An addition is removed, an update goes back to what was before, a removal is added again. Needs
    an open transaction; what it says stays true as long as `write.lock` holds the record types.
    """
    _gather(conn, district_id, run_id, undone)
    as_number = {**KEPT_SCHEMA, "changed_at": pl.Int64()}
    kept_records = read_frame(conn, _KEPT, as_number).cast(
        {"changed_at": KEPT_SCHEMA["changed_at"]}
    )
    conn.execute(_LEAVE_KEPT)
    touched = conn.execute("SELECT DISTINCT record FROM undoing").fetchall()
    types = [record for name, record in RECORD_TYPES.items() if (name,) in touched]
    return tuple(_changes(conn, district_id, record) for record in types), kept_records


def _gather(conn: Database, district_id: int, run_id: int, undone: Collection[int]) -> None:
    """Fill the temporary tables `undoing` (what the run did, a row a record) and `since` (which of
    them cannot be put back, and the log row that is why).
    """
    about = {
        "district": sql.Literal(district_id),
        "run": sql.Literal(run_id),
        "undone": sql.Literal(list(undone)),
    }
    conn.execute("DROP TABLE IF EXISTS pg_temp.undoing, pg_temp.since")
    with joining(conn):
        conn.execute(_UNDOING.format(**about))
        conn.execute(_SINCE.format(**about))
    conn.execute("ANALYZE undoing")
    conn.execute("ANALYZE since")
    for table in STUDENT_RECORDS:
        names = {"table": sql.Identifier(table), "record": sql.Literal(table)}
        conn.execute(_STUDENT_NEEDED.format(**about, **names))
    conn.execute(_STUDENT_GONE.format(**about))


# `was`: what the record is to be again: for a removed one all of it, for an updated one its fields.
# A field changed twice goes back to the first value: the last of an aggregate's equal keys counts.
_UNDOING = sql.SQL(
    """CREATE TEMPORARY TABLE undoing ON COMMIT DROP AS
WITH mine AS (
    SELECT * FROM change_log WHERE district_id = {district} AND run_id = {run}
), field_was AS (
    SELECT record, record_id,
        jsonb_object_agg(field, before -> field ORDER BY id DESC) AS fields
    FROM mine, jsonb_object_keys(before || after) field
    WHERE kind = 'update' GROUP BY record, record_id
), done AS (
    SELECT record, record_id, min(id) AS first_id, bool_or(kind = 'add') AS added,
        bool_or(kind = 'remove') AS removed, (array_agg(key ORDER BY id DESC))[1] AS key,
        (array_agg(local_id ORDER BY id DESC))[1] AS local_id,
        (array_agg(before) FILTER (WHERE kind = 'remove'))[1] AS removed_record
    FROM mine GROUP BY record, record_id
)
SELECT record, record_id, first_id, added, removed, key, local_id,
    coalesce(removed_record, '{{}}') || coalesce(fields, '{{}}') AS was
FROM done LEFT JOIN field_was USING (record, record_id)
WHERE NOT (added AND removed)"""
)
# Of one record, log numbers tell the order: each change waits for the one before to commit. A
# record is also changed by one that took its key after it was removed.
_SINCE = sql.SQL(
    """CREATE TEMPORARY TABLE since ON COMMIT DROP AS
WITH others AS (
    SELECT id, record, record_id, key FROM change_log
    WHERE district_id = {district} AND run_id IS DISTINCT FROM {run}
        AND id > (SELECT min(first_id) FROM undoing)
        AND NOT (kind = 'update' AND run_id IS NOT NULL AND run_id = ANY ({undone}::bigint[]))
)
SELECT u.record, u.record_id, o.id AS log_id
FROM undoing u JOIN others o USING (record, record_id) WHERE o.id > u.first_id
UNION ALL
SELECT u.record, u.record_id, o.id
FROM undoing u JOIN others o USING (record, key) WHERE o.id > u.first_id"""
)
# A student the run added has records now that stay: the student stays with them.
_STUDENT_NEEDED = sql.SQL(
    """INSERT INTO since
SELECT u.record, u.record_id, (
    SELECT max(id) FROM change_log l
    WHERE l.district_id = {district} AND l.local_id = u.local_id AND l.record = {record}
)
FROM undoing u JOIN {table} c ON c.district_id = {district} AND c.local_id = u.local_id
WHERE u.record = 'student' AND u.added AND NOT EXISTS (
    SELECT FROM undoing v WHERE v.record = {record} AND v.record_id = c.id AND v.added
        AND NOT EXISTS (
            SELECT FROM since s WHERE (s.record, s.record_id) = (v.record, v.record_id)
        )
)"""
)
# A record the run removed belongs to a student who is gone and does not come back.
_STUDENT_GONE = sql.SQL(
    """INSERT INTO since
SELECT u.record, u.record_id, (
    SELECT max(id) FROM change_log l
    WHERE l.district_id = {district} AND l.local_id = u.local_id AND l.record = 'student'
)
FROM undoing u
WHERE u.removed AND u.local_id IS NOT NULL AND u.record <> 'student'
    AND NOT EXISTS (
        SELECT FROM student t WHERE t.district_id = {district} AND t.local_id = u.local_id
    )
    AND NOT EXISTS (
        SELECT FROM undoing v WHERE v.record = 'student' AND v.removed AND v.local_id = u.local_id
            AND NOT EXISTS (
                SELECT FROM since s WHERE (s.record, s.record_id) = (v.record, v.record_id)
            )
    )"""
)
_KEPT = sql.SQL(
    """SELECT u.record, u.key, u.local_id, (extract(epoch FROM l.at) * 1000000)::bigint,
        l.run_id, coalesce(l.person, l.source)
    FROM (SELECT record, record_id, max(log_id) AS id FROM since GROUP BY record, record_id) s
    JOIN undoing u USING (record, record_id) JOIN change_log l USING (id)
    ORDER BY u.record, u.local_id, u.key"""
)
_LEAVE_KEPT = sql.SQL(
    "DELETE FROM undoing u USING since s WHERE (u.record, u.record_id) = (s.record, s.record_id)"
)


def _changes(conn: Database, district_id: int, record: RecordType) -> Changes:
    """The changes to one record type, from what is left in `undoing`."""
    names = {
        "table": sql.Identifier(record.name),
        "record": sql.Literal(record.name),
        "now": listed(record.schema, "t"),
        "then": listed(record.schema, "p"),
        "district": sql.Literal(district_id),
    }
    after = read_frame(conn, _AFTER.format(**names), {"change": pl.String(), **record.schema})
    line = pl.lit(None, pl.UInt32()).alias("line")
    (population,) = conn.execute(_POPULATION.format(**names)).fetchone() or (0,)
    return Changes(
        record=record,
        after=after.select("change", line, *record.schema),
        before=read_frame(conn, _BEFORE.format(**names), record.schema),
        unchanged=0,
        population=population,
    )


_POPULATION = sql.SQL("SELECT count(*) FROM {table} WHERE district_id = {district}")
_BEFORE = sql.SQL(
    """SELECT {now} FROM undoing u JOIN {table} t ON t.id = u.record_id
    WHERE u.record = {record} AND NOT u.removed"""
)
# A record as it is to be: its row as it is, with the fields of `was` laid over it.
_AFTER = sql.SQL(
    """SELECT 'remove', {now} FROM undoing u JOIN {table} t ON t.id = u.record_id
    WHERE u.record = {record} AND u.added
UNION ALL
SELECT 'update', {then} FROM undoing u JOIN {table} t ON t.id = u.record_id,
    jsonb_populate_record(t, u.was) p
    WHERE u.record = {record} AND NOT u.added AND NOT u.removed
UNION ALL
SELECT 'add', {then} FROM undoing u, jsonb_populate_record(NULL::{table}, u.was) p
    WHERE u.record = {record} AND u.removed"""
)
