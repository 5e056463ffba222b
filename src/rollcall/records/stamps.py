"""Stamps: the date a run last processed a record ("last updated"), kept apart from the record.

In the database a run's stamps of a record type are one row with the set of local ids; an id is in
one set only. Here they are frames: the stamps of a type are read, changed and put as a whole, which
costs the same for a million ids as for ten, nearly (docs/decisions/0007-stamps-in-sets.md).
"""

from datetime import date

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.core.plans.digest import SEPARATOR
from rollcall.records.copying import Database, read_frame

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
        """SELECT array_to_string(local_ids, {}), updated_on, run_id FROM record_stamp
        WHERE district_id = {} AND record = {}"""
    ).format(sql.Literal(SEPARATOR), sql.Literal(district_id), sql.Literal(record))
    sets = read_frame(conn, query, STAMP_SCHEMA)
    stamps = sets.with_columns(pl.col("local_id").str.split(SEPARATOR)).explode("local_id")
    return stamps if local_ids is None else stamps.join(_ids(local_ids), on="local_id", how="semi")


def write_stamps(
    conn: Database, district_id: int, record: str, local_ids: pl.Series, today: date, run_id: int
) -> int:
    """Stamp these students' records with `today` and the run; how many there are."""
    ids = _ids(local_ids)
    new = ids.with_columns(updated_on=pl.lit(today), run_id=pl.lit(run_id, pl.Int64()))
    earlier = read_stamps(conn, district_id, record).join(ids, on="local_id", how="anti")
    _put(conn, district_id, record, pl.concat([earlier, new]))
    return ids.height


def restore_stamps(
    conn: Database, district_id: int, record: str, earlier: pl.DataFrame, run_id: int
) -> None:
    """Undo a run's stamps: those that still carry `run_id` become `earlier` (STAMP_SCHEMA), or go
    when there was none.
    """
    stamps = read_stamps(conn, district_id, record)
    of_run = pl.col("run_id") == run_id
    back = earlier.join(stamps.filter(of_run), on="local_id", how="semi").select(stamps.columns)
    _put(conn, district_id, record, pl.concat([stamps.filter(~of_run), back]))


def _ids(local_ids: pl.Series) -> pl.DataFrame:
    return local_ids.alias("local_id").drop_nulls().unique().to_frame()


def _put(conn: Database, district_id: int, record: str, stamps: pl.DataFrame) -> None:
    """These are the stamps of the record type now. The ids go as one text a set."""
    sets = stamps.group_by("updated_on", "run_id").agg(
        pl.col("local_id").sort().str.join(SEPARATOR)
    )
    conn.execute(
        "DELETE FROM record_stamp WHERE district_id = %s AND record = %s", [district_id, record]
    )
    for ids, updated_on, run_id in sets.select(list(STAMP_SCHEMA)).iter_rows():
        conn.execute(_INSERT, [district_id, record, updated_on, run_id, ids, SEPARATOR])


_INSERT = """INSERT INTO record_stamp (district_id, record, updated_on, run_id, local_ids)
    VALUES (%s, %s, %s, %s, string_to_array(%s, %s))"""
