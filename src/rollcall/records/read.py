"""Reading the district's records into frames.

Every function takes a psycopg connection with an open transaction and reads set by set.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext

import polars as pl
from polars.datatypes import DataType
from psycopg import sql

from rollcall.core.plans.record_types import RecordType
from rollcall.core.problems import Problem
from rollcall.records.copying import (
    FEW,
    HANDFUL,
    NARROW,
    Database,
    given,
    joining,
    listed,
    looked_up,
    matching,
    read_frame,
    read_handful,
    stage,
)
from rollcall.records.problems import SNAPSHOT_UNKNOWN
from rollcall.records.types import NULLABLE, RECORD_TYPES
from rollcall.records.views import view_named

#: From this share of the records on, reading them all is faster than looking the wanted ones up.
MOST = 0.3


#: Columns of the change log as frames have it. `key`, `before` and `after` are JSON texts.
LOG_SCHEMA: dict[str, DataType] = {
    "id": pl.Int64(),
    "at": pl.Datetime("us", "UTC"),
    "record": pl.String(),
    "record_id": pl.Int64(),
    "key": pl.String(),
    "local_id": pl.String(),
    "kind": pl.String(),
    "before": pl.String(),
    "after": pl.String(),
    "run_id": pl.Int64(),
    "person": pl.String(),
    "source": pl.String(),
}


def snapshot(conn: Database) -> str:
    """The moment this transaction sees, to ask `moved_since` later. It must be REPEATABLE READ:
    otherwise each statement would see a moment of its own.
    """
    row = conn.execute("SELECT current_setting('transaction_isolation')").fetchone()
    if row is None or row[0] not in ("repeatable read", "serializable"):
        raise ValueError("a snapshot needs a repeatable read transaction")
    (moment,) = conn.execute("SELECT pg_current_snapshot()::text").fetchone() or ("",)
    return str(moment)


def view(
    conn: Database,
    name: str,
    district_id: int,
    school_year: str,
    only: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The frame of the view of that name, in no order. `only`: just the rows with these keys,
    columns of the frame or of `View.keys`.
    """
    declared = view_named(name)
    query = declared.query if only is not None else declared.query_for_all or declared.query
    statement: sql.Composable = sql.SQL(query).format(
        district=sql.Literal(district_id), school_year=sql.Literal(school_year)
    )
    if only is None:
        with joining(conn):
            return read_frame(conn, statement, declared.schema)
    staged = given(conn, "asked", only)
    # What no index has is not looked up: each row would be held against every key.
    few = only.columns in (["local_id"], ["state_id"]) and only.height <= FEW
    condition: sql.Composable = sql.SQL("true")
    if few:
        (key,) = only.columns
        condition = looked_up(staged, key, only.height, by_bytes=key == "state_id")
    keys = [
        sql.SQL(", {} AS {}").format(sql.SQL(text), sql.Identifier(name))
        for name, text in declared.keys.items()
        if name in only.columns
    ]
    joined = sql.SQL(
        "SELECT {columns} FROM (SELECT *{keys} FROM ({query}) q) t NATURAL JOIN {staged} s"
        " WHERE {told}"
    ).format(
        columns=listed(declared.schema, "t"),
        keys=sql.Composed(keys),
        query=statement,
        staged=staged,
        told=condition,
    )
    if few and only.height <= HANDFUL:
        return read_handful(conn, joined, declared.schema)
    with nullcontext() if few else joining(conn):
        return read_frame(conn, joined, declared.schema)


def record_types_of(views: Iterable[str], records: Iterable[RecordType]) -> list[str]:
    """The names of the record types that these views read and of `records`, in writing order."""
    names = {record.name for record in records}.union(*(view_named(name).records for name in views))
    return [name for name in RECORD_TYPES if name in names]


def keys(
    conn: Database, record_type: RecordType, district_id: int, with_columns: Sequence[str] = ()
) -> pl.DataFrame:
    """Key, `digest` and `with_columns` of every record of the type, in no order.

    Many columns are read only as far as some record has a value there: a district without what
    another state asks of it does not pay for that.
    """
    schema = _key_schema(record_type, with_columns)
    if len(schema) > NARROW:
        # Those of the columns in which some record has a value.
        counts = [sql.SQL("count({})").format(sql.Identifier(name)) for name in with_columns]
        query = sql.SQL("SELECT {} FROM {} WHERE district_id = {}").format(
            sql.SQL(", ").join(counts), sql.Identifier(record_type.name), sql.Literal(district_id)
        )
        row = conn.execute(query).fetchone() or ()
        filled = [name for name, count in zip(with_columns, row, strict=True) if count]
        schema = _key_schema(record_type, filled)
    return _records(conn, record_type, district_id, schema)


def _key_schema(record_type: RecordType, with_columns: Sequence[str]) -> dict[str, DataType]:
    extra = {name: record_type.columns[name] for name in with_columns}
    return {**record_type.key, "digest": pl.String(), **extra}


def some_keys(
    conn: Database,
    record_type: RecordType,
    district_id: int,
    keys_frame: pl.DataFrame,
    with_columns: Sequence[str] = (),
) -> pl.DataFrame:
    """What `keys` gives, of the records whose key is in `keys_frame`."""
    keys = keys_frame.select(list(record_type.key)).unique()
    return _looked_up(conn, record_type, district_id, keys, _key_schema(record_type, with_columns))


def bare_keys(conn: Database, record_type: RecordType, district_id: int) -> pl.DataFrame:
    """The key of every record of the type and nothing else, in no order."""
    return _records(conn, record_type, district_id, record_type.key)


def current(
    conn: Database,
    record_type: RecordType,
    district_id: int,
    keys_frame: pl.DataFrame,
    population: int | None = None,
) -> pl.DataFrame:
    """Key and columns of the records whose key is in `keys_frame`, in no order.

    `population`: how many records of the type the district has, where the caller knows: the
    database's own idea is minutes old after a large import, and none at all after the first one.
    """
    keys = keys_frame.select(list(record_type.key)).unique()
    if population is None:
        # About how many records the table has, without counting them.
        query = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass"
        (population,) = conn.execute(query, [record_type.name]).fetchone() or (0,)
    if keys.height > MOST * population:
        every = _records(conn, record_type, district_id, record_type.schema)
        return every.join(keys, on=list(record_type.key), how="semi", nulls_equal=True)
    return _looked_up(conn, record_type, district_id, keys, record_type.schema)


def _looked_up(
    conn: Database,
    record_type: RecordType,
    district_id: int,
    keys: pl.DataFrame,
    schema: Mapping[str, DataType],
) -> pl.DataFrame:
    firm = [name for name in record_type.key if name not in NULLABLE[record_type.name]]
    staged = stage(conn, "asked", keys)
    query = sql.SQL(
        """SELECT {columns} FROM {table} t JOIN {staged} s ON {same}
        WHERE t.district_id = {district} AND {few}"""
    ).format(
        columns=listed(schema, "t"),
        table=sql.Identifier(record_type.name),
        staged=staged,
        same=matching(record_type.key, NULLABLE[record_type.name]),
        district=sql.Literal(district_id),
        few=looked_up(staged, firm[0], keys.height),
    )
    with joining(conn):
        return read_frame(conn, query, schema)


def every(conn: Database, record_type: RecordType, district_id: int) -> pl.DataFrame:
    """All records of a type, key and columns."""
    return _records(conn, record_type, district_id, record_type.schema)


def _records(
    conn: Database, record_type: RecordType, district_id: int, schema: Mapping[str, DataType]
) -> pl.DataFrame:
    query = sql.SQL("SELECT {} FROM {} WHERE district_id = {}").format(
        listed(schema), sql.Identifier(record_type.name), sql.Literal(district_id)
    )
    return read_frame(conn, query, schema)


def moved_since(
    conn: Database,
    district_id: int,
    moment: str,
    records: Sequence[str],
    ignore_run: int | None = None,
) -> pl.DataFrame:
    """The changes of these record types that were not visible at `moment` (see `snapshot`).

    By the transaction that made them, never by log number: numbers are given before the commit, so
    a lower one can become visible after a higher one (DESIGN.md, change capture). LOG_SCHEMA, by
    log number. Problem when the moment is not one of this database's.
    """
    check_moment(conn, moment)
    query = sql.SQL(
        """SELECT {columns} FROM change_log WHERE district_id = {district}
            AND record = ANY ({records}) AND txid >= pg_snapshot_xmin({moment})
            AND NOT pg_visible_in_snapshot(txid, {moment})
            AND {others}
        ORDER BY id"""
    ).format(
        columns=LOG_COLUMNS,
        district=sql.Literal(district_id),
        records=sql.Literal(list(records)),
        moment=sql.SQL("{}::pg_snapshot").format(sql.Literal(moment)),
        others=sql.SQL("true" if ignore_run is None else "run_id IS DISTINCT FROM {}").format(
            sql.Literal(ignore_run)
        ),
    )
    return read_log(conn, query)


def this_moment(conn: Database) -> tuple[str, str]:
    """The snapshot of this statement and the number of its transaction, to ask `touched` later."""
    row = conn.execute("SELECT pg_current_snapshot()::text, pg_current_xact_id()::text").fetchone()
    assert row is not None
    return str(row[0]), str(row[1])


#: What `touched` tells of each change.
TOUCHED_SCHEMA: dict[str, DataType] = {
    "record": pl.String(),
    "local_id": pl.String(),
    "local_id_before": pl.String(),
    "id_before": pl.String(),
    "id_after": pl.String(),
}


def touched(
    conn: Database,
    district_id: int,
    since: tuple[str, str],
    records: Sequence[str],
    id: str,
    limit: int,
) -> pl.DataFrame:
    """Whom the changes since a moment concern, but for those of its own transaction
    (TOUCHED_SCHEMA, at most `limit`). `since`: what `this_moment` gave. `id`: a column of the
    records whose value before and behind the change is told. Problem when the moment is not one of
    this database's.
    """
    moment, txid = since
    check_moment(conn, moment)
    then = sql.SQL("{}::pg_snapshot").format(sql.Literal(moment))
    # Two ranges of the index, lest a million changes of that transaction be looked at.
    query = sql.SQL(
        """SELECT record, local_id, before ->> 'local_id', before ->> {id}, after ->> {id} FROM (
            SELECT * FROM change_log WHERE txid > {own}
            UNION ALL SELECT * FROM change_log WHERE txid >= {since} AND txid < {own}
        ) AS log WHERE district_id = {district} AND record = ANY ({records})
            AND NOT pg_visible_in_snapshot(txid, {moment})
        LIMIT {limit}"""
    ).format(
        id=sql.Literal(id),
        own=sql.SQL("{}::xid8").format(sql.Literal(txid)),
        since=sql.SQL("pg_snapshot_xmin({})").format(then),
        district=sql.Literal(district_id),
        records=sql.Literal(list(records)),
        moment=then,
        limit=sql.Literal(limit),
    )
    return read_frame(conn, query, TOUCHED_SCHEMA)


def check_moment(conn: Database, moment: str) -> None:
    """After a restore into another server, transaction numbers mean something else."""
    query = (
        """SELECT pg_snapshot_xmax(%s::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())"""
    )
    row = conn.execute(query, [moment]).fetchone()
    if row is None or not row[0]:
        raise Problem(SNAPSHOT_UNKNOWN)


#: What `read_log` reads of the change log. Times go as microseconds.
LOG_COLUMNS = sql.SQL(
    """id, (extract(epoch FROM at) * 1000000)::bigint, record, record_id, key, local_id, kind,
    before, after, run_id, person, source"""
)


def read_log(conn: Database, query: sql.Composable) -> pl.DataFrame:
    """A frame of LOG_SCHEMA from a query that selects LOG_COLUMNS."""
    as_number = {**LOG_SCHEMA, "at": pl.Int64()}
    return read_frame(conn, query, as_number).with_columns(pl.col("at").cast(LOG_SCHEMA["at"]))
