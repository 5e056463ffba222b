"""Frames out of and into PostgreSQL by COPY.

CSV both ways keeps what matters apart: no value is an unquoted nothing, the empty text is quoted;
ids stay text. All functions need an open transaction.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import polars as pl
from polars.datatypes import DataType
from psycopg import Connection, sql
from psycopg.abc import Buffer

Database = Connection[Any]

#: Rows written to CSV at a time: enough to be fast, little enough to stay small in memory.
SLICE = 50_000
#: Bytes of CSV read at a time: the text of a million records is never whole in memory.
PART = 64 * 2**20
#: Up to so many columns a row is narrow, and the server puts so many rows together in one text.
NARROW, BATCH = 12, 1_000
#: Up to this many records are looked up one by one.
FEW = 100_000
#: Up to this many rows are written into a statement, and fetched without COPY: for a handful of
#: records that is many times quicker than a temporary table.
HANDFUL = 500
_SQL_TYPES = {
    pl.String(): "text",
    pl.Date(): "date",
    pl.Int16(): "smallint",
    pl.Int64(): "bigint",
}


def read_handful(
    conn: Database, query: sql.Composable, schema: Mapping[str, DataType]
) -> pl.DataFrame:
    """What `read_frame` gives, of a query that finds few rows."""
    rows = conn.execute(sql.Composed([query])).fetchall()
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def read_frame(
    conn: Database, query: sql.Composable, schema: Mapping[str, DataType]
) -> pl.DataFrame:
    """What `query` selects as a frame; `schema` names and types its columns in their order."""
    conn.execute("SET LOCAL datestyle = 'ISO'")  # what Polars reads, whatever the server's default
    texts = _batches if len(schema) <= NARROW else _rows
    parts, buffer = [pl.DataFrame(schema=dict(schema))], BytesIO()
    for text in texts(conn, query, schema):
        buffer.write(text)
        if buffer.tell() > PART:
            parts.append(_parsed(buffer, schema))
            buffer = BytesIO()
    return pl.concat([*parts, _parsed(buffer, schema)])


def _rows(
    conn: Database, query: sql.Composable, schema: Mapping[str, DataType]
) -> Iterator[Buffer]:
    """CSV row by row, as COPY gives it: each row costs the client a microsecond or two."""
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)
    with conn.cursor().copy(statement) as copy:
        yield from copy


def _batches(
    conn: Database, query: sql.Composable, schema: Mapping[str, DataType]
) -> Iterator[Buffer]:
    """The same CSV, put together by the server many rows at a time: a third of the time for narrow
    rows. Wide ones would fill the server's memory while it does so.
    """
    names = [sql.Identifier(f"c{n}") for n in range(len(schema))]
    cells = [_cell(name, dtype) for name, dtype in zip(names, schema.values(), strict=True)]
    statement = sql.SQL(
        """COPY (SELECT convert_to(string_agg(line, E'\n'), 'UTF8') FROM (
            SELECT row_number() OVER () / {batch} AS batch, {line} AS line
            FROM ({query}) AS q ({names})
        ) AS rows GROUP BY batch ORDER BY batch) TO STDOUT (FORMAT binary)"""
    ).format(
        batch=sql.Literal(BATCH),
        line=sql.SQL(" || ',' || ").join(cells),
        query=query,
        names=sql.SQL(", ").join(names),
    )
    with conn.cursor().copy(statement) as copy:
        copy.set_types(["bytea"])
        for (text,) in copy.rows():
            yield text + b"\n"


def _cell(name: sql.Identifier, dtype: DataType) -> sql.Composable:
    """A value as a CSV cell: text in quotes, no value as an unquoted nothing."""
    quoted = """coalesce('"' || replace({0}::text, '"', '""') || '"', '')"""
    plain = "coalesce({0}::text, '')"
    return sql.SQL(quoted if dtype == pl.String() else plain).format(name)


def _parsed(buffer: BytesIO, schema: Mapping[str, DataType]) -> pl.DataFrame:
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=dict(schema), raise_if_empty=False)


def write_frame(
    conn: Database, table: sql.Identifier, columns: Iterable[str], frame: pl.DataFrame
) -> None:
    """Append these columns of `frame` to a table."""
    names = list(columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(table, listed(names))
    with conn.cursor().copy(statement) as copy:
        for part in frame.select(names).iter_slices(SLICE):
            buffer = BytesIO()
            part.write_csv(buffer, include_header=False, quote_style="non_numeric")
            copy.write(buffer.getbuffer())


def stage(conn: Database, name: str, frame: pl.DataFrame) -> sql.Identifier:
    """A temporary table of that name with the frame's columns and rows; gone at the end of the
    transaction, or when another is staged under its name.
    """
    table = sql.Identifier("pg_temp", name)
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(_SQL_TYPES[dtype]))
        for column, dtype in frame.schema.items()
    ]
    conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
    create = sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP")
    conn.execute(create.format(sql.Identifier(name), sql.SQL(", ").join(columns)))
    write_frame(conn, table, frame.columns, frame)
    conn.execute(sql.SQL("ANALYZE {}").format(table))  # a join needs to know how many rows
    return table


def given(conn: Database, name: str, frame: pl.DataFrame) -> sql.Composable:
    """The frame as something to select from in the next statement: a handful of rows written into
    it, else a table staged under that name.
    """
    if frame.height > HANDFUL:
        return stage(conn, name, frame)
    arrays = [
        sql.SQL("{}::{}").format(
            sql.Literal(frame[column].to_list()), sql.SQL(f"{_SQL_TYPES[dtype]}[]")
        )
        for column, dtype in frame.schema.items()
    ]
    return sql.SQL("(SELECT * FROM unnest({}) AS given ({}))").format(
        sql.SQL(", ").join(arrays), listed(frame.columns)
    )


@contextmanager
def joining(conn: Database) -> Iterator[None]:
    """Joins inside are never nested loops.

    A table that was just filled has no statistics, and the planner, guessing one row, would look at
    each row of one table for each of the other: a million times a million.
    """
    conn.execute("SET LOCAL enable_nestloop = off")
    yield
    conn.execute("SET LOCAL enable_nestloop TO DEFAULT")


def looked_up(
    staged: sql.Composable, column: str, rows: int, *, by_bytes: bool = False
) -> sql.Composable:
    """A condition that says no more than a join on `column` does, but has the rows of `t` looked up
    in its index when they are few; many are read faster with all the others. `by_bytes`: the index
    is one of COLLATE "C".
    """
    if rows > FEW:
        return sql.SQL("true")
    statement = sql.SQL("t.{column}{collation} = ANY (ARRAY(SELECT {column} FROM {staged} AS l))")
    collation = sql.SQL(' COLLATE "C"') if by_bytes else sql.SQL("")
    return statement.format(column=sql.Identifier(column), staged=staged, collation=collation)


def listed(columns: Iterable[str], alias: str = "") -> sql.Composed:
    """Column names for a statement, with the table's alias when one is given."""
    return sql.SQL(", ").join(column_of(alias, name) for name in columns)


def column_of(alias: str, name: str) -> sql.Identifier:
    """One column for a statement."""
    return sql.Identifier(alias, name) if alias else sql.Identifier(name)


def matching(columns: Iterable[str], nullable: Iterable[str] = ()) -> sql.Composed:
    """`t` and `s` hold the same key. Parts that may have no value are compared as such; the rest
    by `=`, which is what the database can hash, sort and look up.
    """
    loose = set(nullable)
    conditions = [
        sql.SQL("t.{0} IS NOT DISTINCT FROM s.{0}" if name in loose else "t.{0} = s.{0}").format(
            sql.Identifier(name)
        )
        for name in columns
    ]
    return sql.SQL(" AND ").join(conditions)
