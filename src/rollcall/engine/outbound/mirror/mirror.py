"""The mirror: our copy of what a partner has, read into frames."""

from collections.abc import Mapping
from typing import Protocol

import polars as pl
from psycopg import sql

from rollcall.core.sending.canonical_texts import from_flat
from rollcall.core.sending.outbound import Resource
from rollcall.records.copying import (
    FEW,
    HANDFUL,
    Database,
    given,
    read_frame,
    read_handful,
    stage,
)

_KEY_SCHEMA = {"key": pl.String(), "digest": pl.String(), "local_id": pl.String()}
_ALL_SCHEMA = {**_KEY_SCHEMA, "flat": pl.String(), "resource": pl.String()}


class Mirror(Protocol):
    """What a sync's partner has: of some students, or all of it."""

    def held(self, resource: Resource, keys: pl.Series) -> pl.DataFrame:
        """The documents of a resource: `key`, `digest`, `local_id`. Those of the students looked
        at, and those with one of the `keys` keys (key texts), whosever they are.
        """

    def current(self, resource: Resource, keys: pl.Series) -> pl.DataFrame:
        """The documents with these keys, as columns of the resource's record."""


def mirror(conn: Database, sync_id: int, students: pl.DataFrame | None) -> Mirror:
    """The mirror of a sync for some students (local_id), or all of it (None)."""
    if students is not None and students.height <= HANDFUL:
        return _Handful(conn, sync_id, students)
    return _Many(conn, sync_id, students)


class _Many:
    """Read resource by resource, keys and digests first."""

    def __init__(self, conn: Database, sync_id: int, students: pl.DataFrame | None) -> None:
        if students is not None and students.height > FEW:
            raise ValueError("too many students to be asked for one by one")
        self._conn, self._sync, self._students = conn, sync_id, students

    def held(self, resource: Resource, keys: pl.Series) -> pl.DataFrame:
        query = _query(_KEY_SCHEMA, self._sync, resource.name)
        if self._students is not None:
            # Two conditions, each by its own index; a document that meets both comes once.
            owners = stage(self._conn, "mirror_students", self._students.select("local_id"))
            some_keys = stage(self._conn, "mirror_keys", keys.alias("key").unique().to_frame())
            query = sql.SQL(
                "{query} AND local_id = ANY (ARRAY(SELECT local_id FROM {owners}))"
                " UNION {query} AND key = ANY (ARRAY(SELECT key FROM {keys}))"
            ).format(query=query, owners=owners, keys=some_keys)
        return read_frame(self._conn, query, _KEY_SCHEMA)

    def current(self, resource: Resource, keys: pl.Series) -> pl.DataFrame:
        staged = given(self._conn, "mirror_keys", keys.alias("key").to_frame())
        some = sql.SQL("{} AND key IN (SELECT key FROM {} AS asked)").format(
            _query({"flat": pl.String()}, self._sync, resource.name), staged
        )
        texts = read_frame(self._conn, some, {"flat": pl.String()})["flat"]
        return from_flat(resource.record, texts)


class _Handful:
    """All documents of a handful of students, read in one query."""

    def __init__(self, conn: Database, sync_id: int, students: pl.DataFrame) -> None:
        self._conn, self._sync = conn, sync_id
        query = sql.SQL("{} AND local_id = ANY ({})").format(
            _query(_ALL_SCHEMA, sync_id), sql.Literal(students["local_id"].to_list())
        )
        documents = read_handful(conn, query, _ALL_SCHEMA)
        self._found = {str(name): part for (name,), part in documents.group_by("resource")}

    def held(self, resource: Resource, keys: pl.Series) -> pl.DataFrame:
        documents = self._found.get(resource.name, pl.DataFrame(schema=_ALL_SCHEMA))
        missing = sorted(set(keys) - set(documents["key"]))
        if missing:
            query = sql.SQL("{} AND key = ANY ({})").format(
                _query(_ALL_SCHEMA, self._sync, resource.name), sql.Literal(missing)
            )
            documents = pl.concat([documents, read_handful(self._conn, query, _ALL_SCHEMA)])
            self._found[resource.name] = documents
        return documents

    def current(self, resource: Resource, keys: pl.Series) -> pl.DataFrame:
        documents = self._found[resource.name]
        return from_flat(
            resource.record, documents.filter(pl.col("key").is_in(keys.implode()))["flat"]
        )


def _query(columns: Mapping[str, object], sync_id: int, resource: str = "") -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL("SELECT {} FROM mirror_document t WHERE sync_id = {}").format(
        names, sql.Literal(sync_id)
    )
    return (
        query + sql.SQL(" AND resource = {}").format(sql.Literal(resource)) if resource else query
    )
