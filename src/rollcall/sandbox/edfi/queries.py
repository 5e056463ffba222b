"""GET: lists by page, by parts of the key and by change versions; what was deleted or moved."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from rollcall.sandbox.edfi.answers import BAD_PARAMETER, Refused, Reply, found, page
from rollcall.sandbox.edfi.resources import STUDENTS
from rollcall.sandbox.edfi.shapes import Kind, Resource
from rollcall.sandbox.edfi.store import Document, Key, Store, key_values

Query = Mapping[str, str]
_Item = TypeVar("_Item")

_DEFAULT_LIMIT = 25
_MOST = 500


class Reader:
    """Reads a store for a client who sees what `may_see` lets them."""

    def __init__(self, store: Store, may_see: Callable[[Document], bool]) -> None:
        self._store = store
        self._may_see = may_see
        self._listed: dict[str, tuple[int, list[Document]]] = {}

    def list(self, resource: Resource, query: Query) -> Reply:
        """A page of the documents that the query asks for."""
        documents = self._asked(resource, query)
        low, high = _versions(query)
        if low or high is not None:
            documents = [one for one in documents if _within(one.version, low, high)]
        return _page(documents, query, lambda some: b",".join(one.written() for one in some))

    def deletes(self, resource: Resource, query: Query) -> Reply:
        """What was taken away, with the change version at which it was."""
        low, high = _versions(query)
        gone = [
            {
                "id": one.id,
                "changeVersion": one.version,
                "keyValues": key_values(resource, one.key),
            }
            for one in self._store.tables[resource.name].gone
            if _within(one.version, low, high)
        ]
        return found_page(gone, query)

    def key_changes(self, resource: Resource, query: Query) -> Reply:
        """Whose natural key was changed, from what to what."""
        low, high = _versions(query)
        moved = [
            {
                "id": one.id,
                "changeVersion": one.version,
                "oldKeyValues": key_values(resource, one.old),
                "newKeyValues": key_values(resource, one.new),
            }
            for one in self._store.tables[resource.name].moved
            if _within(one.version, low, high)
        ]
        return found_page(moved, query)

    def versions(self) -> Reply:
        """From where to where the change versions go."""
        return found({"oldestChangeVersion": 0, "newestChangeVersion": self._store.version})

    def _asked(self, resource: Resource, query: Query) -> Sequence[Document]:
        others = {name: query[name] for name in _plain(resource) & query.keys()}
        asked = self._of_key(resource, query)
        return [one for one in asked if _has(one, others)] if others else asked

    def _of_key(self, resource: Resource, query: Query) -> Sequence[Document]:
        names = (part.name for part in resource.key)
        parts = {at: query[name] for at, name in enumerate(names) if name in query}
        if not parts:
            return self._all(resource)
        if len(parts) == len(resource.key):
            return self._only(resource, tuple(parts.values()))
        return [
            one
            for one in self._candidates(resource, query)
            if all(one.key[at] == text for at, text in parts.items())
        ]

    def _only(self, resource: Resource, key: Key) -> Sequence[Document]:
        one = self._store.tables[resource.name].by_key.get(key)
        return [one] if one is not None and self._may_see(one) else []

    def _candidates(self, resource: Resource, query: Query) -> Iterable[Document]:
        """Few of the documents, among them all that the query asks for, when it names a student."""
        number = query.get("studentUniqueId")
        if number is None:
            return self._all(resource)
        of_student = self._store.referrers((STUDENTS.name, (number,)))
        return [one for one in of_student if one.resource is resource and self._may_see(one)]

    def _all(self, resource: Resource) -> Sequence[Document]:
        """All the client may see; kept till the next change, since pages ask for it again."""
        version, documents = self._listed.get(resource.name, (-1, []))
        if version != self._store.version:
            every = self._store.tables[resource.name].by_id.values()
            documents = [one for one in every if self._may_see(one)]
            self._listed[resource.name] = (self._store.version, documents)
        return documents


def _plain(resource: Resource) -> frozenset[str]:
    """The properties beside the key that lists can be asked by."""
    keys = {part.name for part in resource.key}
    plain = (one.name for one in resource.properties if not one.of and one.kind is not Kind.FREE)
    return frozenset(plain) - keys


def _has(document: Document, asked: Query) -> bool:
    body = json.loads(document.body)
    return all(_text(body.get(name)) == text for name, text in asked.items())


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def found_page(some: Sequence[Any], query: Query) -> Reply:
    """The part of `some` that the query's offset and limit ask for."""
    return _page(some, query, lambda page_of: found(list(page_of)).body[1:-1])


def _page(
    some: Sequence[_Item], query: Query, written: Callable[[Iterable[_Item]], bytes]
) -> Reply:
    offset, limit = _number(query, "offset", 0), _number(query, "limit", _DEFAULT_LIMIT)
    if limit > _MOST:
        raise Refused(
            BAD_PARAMETER, f"Limit must be omitted or set to a value between 0 and {_MOST}."
        )
    headers = b""
    if query.get("totalCount", "").lower() == "true":
        headers = b"Total-Count: %d\r\n" % len(some)
    return page(b"[" + written(islice(some, offset, offset + limit)) + b"]", headers)


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
