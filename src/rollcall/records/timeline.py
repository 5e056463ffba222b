"""Everything that happened to one student's records, field by field."""

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.records.copying import Database, read_frame

TIMELINE_SCHEMA: dict[str, DataType] = {
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
    """SELECT (extract(epoch FROM at) * 1000000)::bigint, record, key, kind, field,
        before ->> field, after ->> field, run_id, person, source
    FROM change_log, jsonb_object_keys(coalesce(before, '{{}}') || coalesce(after, '{{}}')) field
    WHERE district_id = {district} AND local_id = {local_id}
    ORDER BY id, field"""
)


def timeline(conn: Database, district_id: int, local_id: str) -> pl.DataFrame:
    """The changes of a student's records, oldest first, one row a field (TIMELINE_SCHEMA).

    `key` (JSON) tells several records of one type apart; values are texts, dates ISO.
    """
    query = _QUERY.format(district=sql.Literal(district_id), local_id=sql.Literal(local_id))
    rows = read_frame(conn, query, {**TIMELINE_SCHEMA, "at": pl.Int64()})
    return rows.with_columns(pl.col("at").cast(TIMELINE_SCHEMA["at"]))
