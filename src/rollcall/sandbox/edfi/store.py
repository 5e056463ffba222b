"""The documents of the stand-in, in memory: by natural key and by id, with who refers to whom.

Documents are kept as the JSON they came in, so that a million of them have room.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollcall.sandbox.edfi.shapes import Kind, Resource

Key = tuple[str, ...]
#: A resource's name and a natural key in it.
Place = tuple[str, Key]


@dataclass(slots=True, eq=False)
class Document:
    """One document. `version`: the change version of its last change, also its ETag.
    `refers`: the documents it refers to.
    """

    resource: Resource
    id: str
    key: Key
    body: bytes
    version: int
    refers: tuple[Place, ...]

    @property
    def etag(self) -> str:
        """As in the ETag header, without quotes."""
        return f"5{self.version:018}"

    def written(self) -> bytes:
        """The JSON with id and ETag, as it is read."""
        start = b'{"id":"' + self.id.encode() + b'",'
        return start + self.body[1:-1].strip() + b',"_etag":"' + self.etag.encode() + b'"}'


@dataclass(frozen=True, slots=True)
class Gone:
    """A document that was deleted."""

    id: str
    key: Key
    version: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A document whose natural key was changed."""

    id: str
    old: Key
    new: Key
    version: int


@dataclass
class Table:
    """The documents of one resource."""

    resource: Resource
    by_key: dict[Key, Document] = field(default_factory=dict)
    by_id: dict[str, Document] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)


class Store:
    """All tables. `version` counts the changes. `ids` starts every id, so that two stand-ins never
    give the same.
    """

    def __init__(self, resources: tuple[Resource, ...], ids: int = 0) -> None:
        self.tables: Mapping[str, Table] = {
            resource.name: Table(resource) for resource in resources
        }
        self.version = 0
        self._given = 0
        self._ids = f"{ids & 0xFFFFFFFF:08x}"
        self._referrers: dict[Place, dict[Document, None]] = {}

    def add(
        self, resource: Resource, key: Key, body: bytes, refers: tuple[Place, ...] = ()
    ) -> Document:
        """A new document."""
        self.version += 1
        self._given += 1
        new = Document(resource, f"{self._ids}{self._given:024x}", key, body, self.version, refers)
        table = self.tables[resource.name]
        table.by_key[key] = new
        table.by_id[new.id] = new
        self._refer(new)
        return new

    def change(self, document: Document, key: Key, body: bytes, refers: tuple[Place, ...]) -> None:
        """Another body, and maybe another key, for a document that is there."""
        self.version += 1
        document.version = self.version
        document.body = body
        if document.refers != refers:
            self._forget(document)
            document.refers = refers
            self._refer(document)
        if document.key != key:
            table = self.tables[document.resource.name]
            del table.by_key[document.key]
            table.by_key[key] = document
            table.moved.append(Moved(document.id, document.key, key, self.version))
            document.key = key

    def remove(self, document: Document) -> None:
        """Delete a document; a tombstone stays."""
        self.version += 1
        table = self.tables[document.resource.name]
        del table.by_key[document.key]
        del table.by_id[document.id]
        table.gone.append(Gone(document.id, document.key, self.version))
        self._forget(document)

    def referrers(self, place: Place) -> Iterator[Document]:
        """The documents that refer to this one."""
        return iter(self._referrers.get(place, ()))

    def has(self, place: Place) -> bool:
        """Whether there is such a document."""
        return place[1] in self.tables[place[0]].by_key

    def _refer(self, document: Document) -> None:
        for place in document.refers:
            self._referrers.setdefault(place, {})[document] = None

    def _forget(self, document: Document) -> None:
        for place in document.refers:
            referrers = self._referrers[place]
            referrers.pop(document, None)
            if not referrers:
                del self._referrers[place]


def key_values(resource: Resource, key: Key) -> dict[str, Any]:
    """A natural key as change queries show it."""
    return {
        part.name: int(text) if kind is Kind.INTEGER else text
        for part, kind, text in zip(resource.key, resource.key_kinds, key, strict=True)
    }
