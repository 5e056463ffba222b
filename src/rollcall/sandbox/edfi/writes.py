"""POST, PUT and DELETE: who can, what a document refers to, and how it is changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollcall.sandbox.edfi import checks, identity, quick_checks
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

_TITLES = {resource.name: resource.title for resource in RESOURCES} | {
    EDUCATION_ORGANIZATIONS: "EducationOrganization"
}
_IS_VALID = {resource.name: quick_checks.tester(resource.shape) for resource in RESOURCES}
_ORGANIZATIONS = (
    ("schoolReference", "schoolId"),
    ("educationOrganizationReference", "educationOrganizationId"),
)
#: Resources whose documents clients can delete.
_WRITABLE = frozenset(resource.name for resource in RESOURCES if resource.writable)


@dataclass
class Writer:
    """Writes to a store as the state allows it. `registry`: the students the state knows, by number
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
        document = self.store.tables[resource.name].by_key.get(key)
        if document is None:
            refers = self._references(resource, body)
            if resource is not STUDENTS:
                self._authorize(resource, body)
            self._resolve(refers, body)
            if resource is STUDENTS and self.registry is not None:
                identity.check(key[0], identity.Person.of(body), self.registry)
            self._record("POST", resource, key)
            return self.store.add(resource, key, raw, _kept(refers)), True
        _match(document, if_match)
        self._change(document, key, body, raw)
        self._record("POST", resource, key)
        return document, False

    def put(self, resource: Resource, id_: str, raw: bytes, if_match: str) -> Document:
        """Replace a document's body; the key can change with it."""
        document = self.find(resource, id_)
        body, raw, key = self._read(resource, raw, id_)
        _match(document, if_match)
        if key != document.key and not resource.key_may_change:
            text = "The values of a natural key cannot be changed. Delete and add it anew."
            raise Refused(KEY_CHANGE, text)
        if key != document.key and key in self.store.tables[resource.name].by_key:
            text = f"A '{resource.title}' with this natural key is there already."
            raise Refused(TAKEN, text)
        self._change(document, key, body, raw)
        self._record("PUT", resource, key)
        return document

    def delete(self, resource: Resource, id_: str, if_match: str) -> None:
        """Delete a document."""
        _may_write(resource)
        document = self.find(resource, id_)
        self.faults.check(resource.name, document.key)
        _match(document, if_match)
        if resource is not STUDENTS:
            self._authorize(resource, json.loads(document.body))
        for referrer in self.store.referrers((resource.name, document.key)):
            raise Refused(
                DEPENDENT,
                "The resource (or a subordinate entity of it) cannot be deleted because it is "
                f"a dependency of the '{referrer.resource.title}' entity.",
                "The requested action cannot be performed because this item is referenced by an "
                f"existing '{referrer.resource.title}' item.",
            )
        self.store.remove(document)
        self._record("DELETE", resource, document.key)

    def find(self, resource: Resource, id_: str) -> Document:
        """The document with this id; raises Refused when there is none."""
        document = self.store.tables[resource.name].by_id.get(id_)
        if document is None:
            raise Refused(NOT_FOUND, f"There is no '{resource.title}' with this id.")
        return document

    def may_see(self, document: Document) -> bool:
        """Whether the document is of a student enrolled with the client, or of no student."""
        if document.resource is STUDENTS:
            return self.enrolled(document.key[0])
        for name, key in document.refers:
            if name == STUDENTS.name:
                return self.enrolled(key[0])
        return True

    def enrolled(self, number: str) -> bool:
        """Whether a school of the client has, or had, this student."""
        for document in self.store.referrers((STUDENTS.name, (number,))):
            if document.resource is SCHOOL_ASSOCIATIONS:
                return True
        return False

    def _read(
        self, resource: Resource, raw: bytes, id_: str = ""
    ) -> tuple[dict[str, Any], bytes, Key]:
        """The body, its bytes as they are stored, and the key."""
        _may_write(resource)
        raw = raw.strip()
        body = checks.read(raw)
        body_id = body.pop("id", None)
        if body_id is not None and not id_:
            raise Refused(BAD_REQUEST, "Resource identifiers cannot be assigned by the client.")
        if body_id not in (None, id_):
            raise Refused(BAD_REQUEST, "The id in the body is not the id of the address.")
        if body_id is not None or not _IS_VALID[resource.name](body):
            checks.check(resource, body)
            body = checks.known_only(resource.shape, body)
            raw = json.dumps(body).encode()
        key = resource.key_of(body)
        self.faults.check(resource.name, key)
        return body, raw, key

    def _change(self, document: Document, key: Key, body: dict[str, Any], raw: bytes) -> None:
        resource = document.resource
        refers = self._references(resource, body)
        if resource is STUDENTS:
            self._claim(key[0])
        self._authorize(resource, body)
        self._resolve(refers, body)
        if key != document.key or (raw != document.body and body != json.loads(document.body)):
            self.store.change(document, key, raw, _kept(refers))

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
                organization = title[0].upper() + title[1:]
                raise Refused(NOT_YOURS, f"Access to the requested '{organization}' was denied.")
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

    def _record(self, method: str, resource: Resource, key: Key) -> None:
        self.history.append((method, resource.name, key))


def _may_write(resource: Resource) -> None:
    if not resource.writable:
        raise Refused(NO_ACTION, "Access to the resource could not be authorized.")


def _match(document: Document, if_match: str) -> None:
    if if_match and if_match.strip('"') != document.etag:
        raise Refused(LOCKED, "The document has been changed by another client meanwhile.")


def _kept(refers: tuple[Place, ...]) -> tuple[Place, ...]:
    """The references to documents that clients can delete."""
    return tuple([place for place in refers if place[0] in _WRITABLE])


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
