"""Stamps: the date a run last processed a record ("last updated"), kept apart from the record."""

from datetime import date

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.records.copying import Database, joining, read_frame, stage

STAMP_SCHEMA: dict[str, DataType] = {
    "local_id": pl.String(),
    "updated_on": pl.Date(),
    "run_id": pl.Int64(),
}


def read_stamps(
    conn: Database, district_id: int, record: str, local_ids: pl.Series | None = None
) -> pl.DataFrame:
    """The stamps of a record type (STAMP_SCHEMA), all or those of `local_ids`, in no order."""
    query = sql.SQL(
        """SELECT local_id, updated_on, run_id FROM record_stamp
        WHERE district_id = {} AND record = {}"""
    ).format(sql.Literal(district_id), sql.Literal(record))
    stamps = read_frame(conn, query, STAMP_SCHEMA)
    if local_ids is None:
        return stamps
    return stamps.join(local_ids.alias("local_id").to_frame().unique(), on="local_id", how="semi")


def write_stamps(
    conn: Database, district_id: int, record: str, local_ids: pl.Series, today: date, run_id: int
) -> int:
    """Stamp these students' records with `today` and the run; how many there are."""
    ids = local_ids.alias("local_id").drop_nulls().unique().to_frame()
    stamps = ids.with_columns(
        updated_on=pl.lit(today, pl.Date()), run_id=pl.lit(run_id, pl.Int64())
    )
    _put(conn, district_id, record, stamps)
    return ids.height


def restore_stamps(
    conn: Database, district_id: int, record: str, earlier: pl.DataFrame, run_id: int
) -> None:
    """Undo a run's stamps: those that still carry `run_id` become `earlier` (STAMP_SCHEMA), or go
    when there was none.
    """
    staged = stage(conn, "earlier_stamps", earlier.select(list(STAMP_SCHEMA)))
    about = {
        "earlier": staged,
        "district": sql.Literal(district_id),
        "record": sql.Literal(record),
        "run": sql.Literal(run_id),
    }
    with joining(conn, earlier.height):
        conn.execute(_PUT_BACK.format(**about))
        conn.execute(_FORGET.format(**about))


_PUT_BACK = sql.SQL(
    """UPDATE record_stamp t SET updated_on = s.updated_on, run_id = s.run_id FROM {earlier} s
    WHERE t.district_id = {district} AND t.record = {record} AND t.local_id = s.local_id
        AND t.run_id = {run}"""
)
# A stamp the run wrote first: it still carries the run, unless that is what it was before.
_FORGET = sql.SQL(
    """DELETE FROM record_stamp t WHERE t.district_id = {district} AND t.record = {record}
        AND t.run_id = {run} AND NOT EXISTS
        (SELECT FROM {earlier} s WHERE s.local_id = t.local_id)"""
)
_RENEW = sql.SQL(
    """UPDATE record_stamp t SET updated_on = s.updated_on, run_id = s.run_id FROM {staged} s
    WHERE t.district_id = {district} AND t.record = {record} AND t.local_id = s.local_id"""
)
_FIRST = sql.SQL(
    """INSERT INTO record_stamp (district_id, record, local_id, updated_on, run_id)
    SELECT {district}, {record}, s.local_id, s.updated_on, s.run_id FROM {staged} s
    ON CONFLICT DO NOTHING"""
)


def _put(conn: Database, district_id: int, record: str, stamps: pl.DataFrame) -> None:
    """Renew the stamps there are, then write those there are not yet."""
    about = {
        "staged": stage(conn, "stamps", stamps),
        "district": sql.Literal(district_id),
        "record": sql.Literal(record),
    }
    with joining(conn, stamps.height):
        renewed = conn.execute(_RENEW.format(**about)).rowcount
    if renewed < stamps.height:
        conn.execute(_FIRST.format(**about))
