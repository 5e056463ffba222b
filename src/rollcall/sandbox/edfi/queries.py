"""GET: lists by page, by parts of the key and by change versions; what was deleted or moved."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from rollcall.sandbox.edfi.answers import BAD_PARAMETER, Refused, Reply, json_reply, page
from rollcall.sandbox.edfi.resources import STUDENTS
from rollcall.sandbox.edfi.shapes import Kind, Resource
from rollcall.sandbox.edfi.store import Document, Store, key_values

Query = Mapping[str, str]
_Item = TypeVar("_Item")

_DEFAULT_LIMIT = 25
_MOST = 500


class Reader:
    """Reads a store for a client who sees what `may_see` allows."""

    def __init__(self, store: Store, may_see: Callable[[Document], bool]) -> None:
        self._store = store
        self._may_see = may_see
        self._listed: dict[str, tuple[int, list[Document]]] = {}

    def list(self, resource: Resource, query: Query) -> Reply:
        """A page of the documents that the query asks for."""
        documents = self._matching(resource, query)
        low, high = _versions(query)
        if low or high is not None:
            documents = [document for document in documents if _within(document.version, low, high)]
        return _page(
            documents,
            query,
            lambda documents_of_page: b",".join(
                document.written() for document in documents_of_page
            ),
        )

    def deletes(self, resource: Resource, query: Query) -> Reply:
        """What was deleted, with the change version at which it was."""
        low, high = _versions(query)
        gone = [
            {
                "id": tombstone.id,
                "changeVersion": tombstone.version,
                "keyValues": key_values(resource, tombstone.key),
            }
            for tombstone in self._store.tables[resource.name].gone
            if _within(tombstone.version, low, high)
        ]
        return reply_page(gone, query)

    def key_changes(self, resource: Resource, query: Query) -> Reply:
        """Whose natural key was changed, from what to what."""
        low, high = _versions(query)
        moved = [
            {
                "id": move.id,
                "changeVersion": move.version,
                "oldKeyValues": key_values(resource, move.old),
                "newKeyValues": key_values(resource, move.new),
            }
            for move in self._store.tables[resource.name].moved
            if _within(move.version, low, high)
        ]
        return reply_page(moved, query)

    def versions(self) -> Reply:
        """The range of change versions."""
        return json_reply({"oldestChangeVersion": 0, "newestChangeVersion": self._store.version})

    def _matching(self, resource: Resource, query: Query) -> Sequence[Document]:
        documents = self._of_key(resource, query)
        plain = {
            property.name
            for property in resource.properties
            if not property.of and property.kind is not Kind.FREE
        }
        names = (plain - {part.name for part in resource.key}) & query.keys()
        if not names:
            return documents
        return [document for document in documents if _has(document, query, names)]

    def _of_key(self, resource: Resource, query: Query) -> Sequence[Document]:
        names = (part.name for part in resource.key)
        parts = {at: query[name] for at, name in enumerate(names) if name in query}
        if not parts:
            return self._all(resource)
        if len(parts) == len(resource.key):
            document = self._store.tables[resource.name].by_key.get(tuple(parts.values()))
            return [document] if document is not None and self._may_see(document) else []
        documents: Iterable[Document] = self._all(resource)
        if number := query.get("studentUniqueId"):
            # The few documents of the student, among them all that the query asks for.
            documents = [
                document
                for document in self._store.referrers((STUDENTS.name, (number,)))
                if document.resource is resource and self._may_see(document)
            ]
        return [
            document
            for document in documents
            if all(document.key[at] == text for at, text in parts.items())
        ]

    def _all(self, resource: Resource) -> Sequence[Document]:
        """All the client can see; kept until the next change, as further pages need it again."""
        version, documents = self._listed.get(resource.name, (-1, []))
        if version != self._store.version:
            every = self._store.tables[resource.name].by_id.values()
            documents = [document for document in every if self._may_see(document)]
            self._listed[resource.name] = (self._store.version, documents)
        return documents


def _has(document: Document, query: Query, names: Iterable[str]) -> bool:
    """Whether the document has the values that the query has by these names."""
    body = json.loads(document.body)
    values = {name: body.get(name) for name in names}
    return all(
        (json.dumps(value) if isinstance(value, bool) else str(value)) == query[name]
        for name, value in values.items()
    )


def reply_page(items: Sequence[Any], query: Query) -> Reply:
    """The part of `some` that the query's offset and limit ask for."""
    return _page(items, query, lambda page_of: json_reply(list(page_of)).body[1:-1])


def _page(
    items: Sequence[_Item], query: Query, written: Callable[[Iterable[_Item]], bytes]
) -> Reply:
    offset, limit = _number(query, "offset", 0), _number(query, "limit", _DEFAULT_LIMIT)
    if limit > _MOST:
        raise Refused(
            BAD_PARAMETER, f"Limit must be omitted or set to a value between 0 and {_MOST}."
        )
    headers = b""
    if query.get("totalCount", "").lower() == "true":
        headers = b"Total-Count: %d\r\n" % len(items)
    return page(b"[" + written(islice(items, offset, offset + limit)) + b"]", headers)


def _versions(query: Query) -> tuple[int, int | None]:
    high = _number(query, "maxChangeVersion", 0) if "maxChangeVersion" in query else None
    return _number(query, "minChangeVersion", 0), high


def _within(version: int, low: int, high: int | None) -> bool:
    return low <= version and (high is None or version <= high)


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise Refused(BAD_PARAMETER, f"The value of '{name}' must be a whole number from 0.")
    return int(text)
