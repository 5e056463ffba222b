"""POST, PUT and DELETE: who may, what it refers to, and what becomes of the document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollcall.sandbox.edfi import checks, identity, quick
from rollcall.sandbox.edfi.answers import (
    BAD_REQUEST,
    DEPENDENT,
    KEY_CHANGE,
    LOCKED,
    NO_ACTION,
    NOT_FOUND,
    NOT_YOURS,
    TAKEN,
    UNRESOLVED,
    Refused,
)
from rollcall.sandbox.edfi.faults import Faults
from rollcall.sandbox.edfi.resources import (
    DISTRICTS,
    EDUCATION_ORGANIZATIONS,
    RESOURCES,
    SCHOOL_ASSOCIATIONS,
    STUDENTS,
)
from rollcall.sandbox.edfi.shapes import Resource
from rollcall.sandbox.edfi.store import Document, Key, Place, Store
from rollcall.sandbox.edfi.world import World

_TITLES = {one.name: one.title for one in RESOURCES} | {
    EDUCATION_ORGANIZATIONS: "EducationOrganization"
}
_RIGHT = {one.name: quick.tester(one.shape) for one in RESOURCES}
_ORGANIZATIONS = (
    ("schoolReference", "schoolId"),
    ("educationOrganizationReference", "educationOrganizationId"),
)
_KEPT = frozenset(one.name for one in RESOURCES if one.writable)


@dataclass
class Writer:
    """Writes to a store as the state lets it. `registry`: the students the state knows, by number
    (None: any student is taken). `history`: every accepted write in order, as (method, resource,
    natural key).
    """

    store: Store
    world: World
    faults: Faults
    registry: Mapping[str, identity.Person] | None = None
    history: list[tuple[str, str, Key]] = field(default_factory=list)

    def post(self, resource: Resource, raw: bytes, if_match: str) -> tuple[Document, bool]:
        """Add or update by natural key: the document, and whether it is new."""
        body, raw, key = self._read(resource, raw)
        there = self.store.tables[resource.name].by_key.get(key)
        if there is None:
            return self._add(resource, key, body, raw), True
        _match(there, if_match)
        self._change(there, key, body, raw)
        self._note("POST", resource, key)
        return there, False

    def put(self, resource: Resource, id_: str, raw: bytes, if_match: str) -> Document:
        """Put another body in the place of a document's; maybe with another key."""
        there = self.find(resource, id_)
        body, raw, key = self._read(resource, raw, id_)
        _match(there, if_match)
        if key != there.key:
            self._may_move(there, key)
        self._change(there, key, body, raw)
        self._note("PUT", resource, key)
        return there

    def delete(self, resource: Resource, id_: str, if_match: str) -> None:
        """Take a document away."""
        _may_write(resource)
        there = self.find(resource, id_)
        self.faults.check(resource.name, there.key)
        _match(there, if_match)
        if resource is not STUDENTS:
            self._authorize(resource, json.loads(there.body))
        for other in self.store.referrers((resource.name, there.key)):
            raise Refused(
                DEPENDENT,
                "The resource (or a subordinate entity of it) cannot be deleted because it is "
                f"a dependency of the '{other.resource.title}' entity.",
                "The requested action cannot be performed because this item is referenced by an "
                f"existing '{other.resource.title}' item.",
            )
        self.store.remove(there)
        self._note("DELETE", resource, there.key)

    def find(self, resource: Resource, id_: str) -> Document:
        """The document with this id; raises Refused when there is none."""
        there = self.store.tables[resource.name].by_id.get(id_)
        if there is None:
            raise Refused(NOT_FOUND, f"There is no '{resource.title}' with this id.")
        return there

    def may_see(self, document: Document) -> bool:
        """Whether the document is of a student enrolled with the client, or of no student."""
        number = _student_of(document)
        return not number or self.enrolled(number)

    def enrolled(self, number: str) -> bool:
        """Whether a school of the client has, or had, this student."""
        for one in self.store.referrers((STUDENTS.name, (number,))):
            if one.resource is SCHOOL_ASSOCIATIONS:
                return True
        return False

    def _read(
        self, resource: Resource, raw: bytes, id_: str = ""
    ) -> tuple[dict[str, Any], bytes, Key]:
        """The body, its bytes as they are kept, and the key."""
        _may_write(resource)
        raw = raw.strip()
        body = checks.read(raw)
        given = body.pop("id", None)
        if given is not None:
            _no_id(given, id_)
        if given is not None or not _RIGHT[resource.name](body):
            checks.check(resource, body)
            body = checks.known_only(resource.shape, body)
            raw = json.dumps(body).encode()
        key = resource.key_of(body)
        self.faults.check(resource.name, key)
        return body, raw, key

    def _add(self, resource: Resource, key: Key, body: dict[str, Any], raw: bytes) -> Document:
        refers = self._references(resource, body)
        if resource is not STUDENTS:
            self._authorize(resource, body)
        self._resolve(refers, body)
        if resource is STUDENTS and self.registry is not None:
            identity.check(key[0], identity.Person.of(body), self.registry)
        self._note("POST", resource, key)
        return self.store.add(resource, key, raw, _kept(refers))

    def _change(self, there: Document, key: Key, body: dict[str, Any], raw: bytes) -> None:
        resource = there.resource
        refers = self._references(resource, body)
        if resource is STUDENTS:
            self._claim(key[0])
        self._authorize(resource, body)
        self._resolve(refers, body)
        if key != there.key or (raw != there.body and body != json.loads(there.body)):
            self.store.change(there, key, raw, _kept(refers))

    def _may_move(self, there: Document, key: Key) -> None:
        resource = there.resource
        if not resource.key_may_change:
            text = "The values of a natural key cannot be changed. Delete and add it anew."
            raise Refused(KEY_CHANGE, text)
        if key in self.store.tables[resource.name].by_key:
            text = f"A '{resource.title}' with this natural key is there already."
            raise Refused(TAKEN, text)

    def _references(self, resource: Resource, body: Mapping[str, Any]) -> tuple[Place, ...]:
        return tuple(
            [
                (target, tuple([str(body[name][part]) for part in parts]))
                for name, target, parts in resource.references
                if name in body
            ]
        )

    def _authorize(self, resource: Resource, body: Mapping[str, Any]) -> None:
        """Only for organizations of the client, and students of theirs."""
        for name, title in _ORGANIZATIONS:
            if name in body and body[name][title] not in self.world.organizations:
                asked = title[0].upper() + title[1:]
                raise Refused(NOT_YOURS, f"Access to the requested '{asked}' was denied.")
        if resource.needs_claim:
            self._claim(body["studentReference"]["studentUniqueId"])

    def _claim(self, number: str) -> None:
        if not self.enrolled(number):
            raise Refused(
                NOT_YOURS,
                "Authorization denied. The claim does not have any established relationships with "
                "the requested resource.",
                "Access to the requested data could not be authorized. Hint: You may need to "
                "create a corresponding 'StudentSchoolAssociation' item.",
            )

    def _resolve(self, refers: tuple[Place, ...], body: Mapping[str, Any]) -> None:
        for place in (*refers, *_districts(body.get("_ext", {}))):
            if not self.world.exists(place, self.store):
                title = _TITLES[place[0]]
                raise Refused(
                    UNRESOLVED,
                    f"The value supplied for the related '{title}' resource does not exist.",
                    f"The referenced '{title}' item does not exist.",
                )

    def _note(self, method: str, resource: Resource, key: Key) -> None:
        self.history.append((method, resource.name, key))


def _may_write(resource: Resource) -> None:
    if not resource.writable:
        raise Refused(NO_ACTION, "Access to the resource could not be authorized.")


def _no_id(given: Any, id_: str) -> None:
    if not id_:
        raise Refused(BAD_REQUEST, "Resource identifiers cannot be assigned by the client.")
    if given != id_:
        raise Refused(BAD_REQUEST, "The id in the body is not the id of the address.")


def _match(there: Document, if_match: str) -> None:
    if if_match and if_match.strip('"') != there.etag:
        raise Refused(LOCKED, "The document has been changed by another client meanwhile.")


def _kept(refers: tuple[Place, ...]) -> tuple[Place, ...]:
    """The references to documents that clients can take away."""
    return tuple([place for place in refers if place[0] in _KEPT])


def _student_of(document: Document) -> str:
    if document.resource is STUDENTS:
        return document.key[0]
    for name, key in document.refers:
        if name == STUDENTS.name:
            return key[0]
    return ""


def _districts(extension: Mapping[str, Any]) -> list[Place]:
    """The districts that an extension refers to, at any depth."""
    places: list[Place] = []
    for name, value in extension.items():
        if type(value) is not dict:
            continue
        if name.endswith("LocalEducationAgencyReference"):
            places.append((DISTRICTS.name, (str(value.get("localEducationAgencyId")),)))
        else:
            places += _districts(value)
    return places
