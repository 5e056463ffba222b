"""Everything that happened to one student's records, field by field."""

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.records.copying import Database, read_frame

TIMELINE_SCHEMA: dict[str, DataType] = {
    "id": pl.Int64(),
    "at": pl.Datetime("us", "UTC"),
    "record": pl.String(),
    "key": pl.String(),
    "kind": pl.String(),
    "field": pl.String(),
    "before": pl.String(),
    "after": pl.String(),
    "run_id": pl.Int64(),
    "person": pl.String(),
    "source": pl.String(),
}
# The keys of both sides: a field that is on one side only had, or has now, no value.
_QUERY = sql.SQL(
    """SELECT id, (extract(epoch FROM at) * 1000000)::bigint, record, key, kind, field,
        before ->> field, after ->> field, run_id, person, source
    FROM (
        SELECT * FROM change_log
        WHERE district_id = {district} AND local_id = {local_id} AND {older}
        ORDER BY id DESC LIMIT {limit}
    ) AS page, jsonb_object_keys(coalesce(before, '{{}}') || coalesce(after, '{{}}')) field
    ORDER BY id DESC, field"""
)


def timeline(
    conn: Database, district_id: int, local_id: str, before: int | None = None, limit: int = 50
) -> pl.DataFrame:
    """A page of the changes of a student's records, newest first: TIMELINE_SCHEMA, a row a field.

    `limit`: changes (not fields) at most. `before`: the `id` of the last change of the page before.
    `key` (JSON) tells several records of one type apart; values are texts, dates ISO.
    """
    older = sql.SQL("true") if before is None else sql.SQL("id < {}").format(sql.Literal(before))
    query = _QUERY.format(
        district=sql.Literal(district_id),
        local_id=sql.Literal(local_id),
        older=older,
        limit=sql.Literal(limit),
    )
    rows = read_frame(conn, query, {**TIMELINE_SCHEMA, "at": pl.Int64()})
    return rows.with_columns(pl.col("at").cast(TIMELINE_SCHEMA["at"]))
