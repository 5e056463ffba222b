"""The mirror: our copy of what a partner holds, read into frames and kept by its answers."""

import polars as pl
from psycopg import sql

from rollcall.core.documents import from_flat
from rollcall.core.outbound import Resource
from rollcall.core.record_types import RecordType
from rollcall.records.copying import FEW, Database, read_frame, stage

_KEY_SCHEMA = {"key": pl.String(), "digest": pl.String(), "local_id": pl.String()}


def from_key(record: RecordType, texts: pl.Series) -> pl.DataFrame:
    """The key columns that key texts stand for."""
    return from_flat(RecordType(record.name, record.title, record.key, {}), texts)


def held(
    conn: Database,
    sync_id: int,
    resource: Resource,
    students: pl.DataFrame | None = None,
    keys: pl.Series | None = None,
) -> pl.DataFrame:
    """The documents the mirror has of a resource: the key columns, `key`, `digest`, `local_id`.

    `students` (local_id): only theirs, and those with one of `keys` (key texts), whosever they
    are. None: all of the sync.
    """
    query = sql.SQL(
        "SELECT key, digest, local_id FROM mirror_document t WHERE sync_id = {} AND resource = {}"
    ).format(sql.Literal(sync_id), sql.Literal(resource.name))
    if students is None:
        found = read_frame(conn, query, _KEY_SCHEMA)
    else:
        wanted = pl.Series("key", [], pl.String) if keys is None else keys.alias("key")
        found = read_frame(conn, _some(conn, query, students, wanted), _KEY_SCHEMA)
    return found.hstack(from_key(resource.record, found["key"]))


def _some(
    conn: Database, query: sql.Composed, students: pl.DataFrame, keys: pl.Series
) -> sql.Composable:
    """Two conditions, each by its own index; a document that meets both comes once."""
    if students.height > FEW:
        raise ValueError("too many students to be asked for one by one")
    owners = stage(conn, "mirror_students", students.select("local_id"))
    wanted = stage(conn, "mirror_keys", keys.unique().to_frame())
    return sql.SQL(
        "{query} AND local_id = ANY (ARRAY(SELECT local_id FROM {owners}))"
        " UNION {query} AND key = ANY (ARRAY(SELECT key FROM {wanted}))"
    ).format(query=query, owners=owners, wanted=wanted)


def current(conn: Database, sync_id: int, resource: Resource, keys: pl.Series) -> pl.DataFrame:
    """The documents with these keys as columns of the resource's record."""
    query = sql.SQL(
        "SELECT flat FROM mirror_document t WHERE sync_id = {} AND resource = {}"
    ).format(sql.Literal(sync_id), sql.Literal(resource.name))
    asked = stage(conn, "mirror_keys", keys.alias("key").to_frame())
    some = sql.SQL("{} AND key IN (SELECT key FROM {})").format(query, asked)
    texts = read_frame(conn, some, {"flat": pl.String()})["flat"]
    return from_flat(resource.record, texts)
