"""The stand-in without its sockets: from a request to an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from rollcall.sandbox.edfi import control, metadata
from rollcall.sandbox.edfi.answers import (
    MEDIA_TYPE,
    NO_ACTION,
    NO_METHOD,
    NO_TOKEN,
    NOT_FOUND,
    NOT_YOURS,
    Refused,
    Reply,
    Shaper,
    json_reply,
)
from rollcall.sandbox.edfi.codes import DESCRIPTORS
from rollcall.sandbox.edfi.faults import Fault, Faults
from rollcall.sandbox.edfi.oauth import Tokens
from rollcall.sandbox.edfi.queries import Query, Reader, reply_page
from rollcall.sandbox.edfi.resources import RESOURCES
from rollcall.sandbox.edfi.shapes import Resource
from rollcall.sandbox.edfi.store import Document
from rollcall.sandbox.edfi.world import World, new_store
from rollcall.sandbox.edfi.writes import Writer


@dataclass(slots=True)
class Call:
    """A request. Header names are in lower case; only those the stand-in reads are there."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header's text, "" when it was not sent."""
        return self.headers.get(name, "")

    def parameters(self) -> Query:
        """The query as names and values."""
        return dict(parse_qsl(self.query))


Handler = Callable[[Call], Reply]


class StandIn:
    """A state's Ed-Fi API for one client. `url` is where it can be reached."""

    def __init__(self, world: World, tokens: Tokens, faults: Faults, seed: int = 0) -> None:
        self.world = world
        self.tokens = tokens
        self.faults = faults
        self.shaper = Shaper()
        self.store = new_store(world, seed)
        self.writer = Writer(self.store, world, faults)
        self.answered: dict[str, int] = {}
        self.url = ""
        self._reader = Reader(self.store, self.writer.may_see)
        self._data = f"/data/v3{world.year_part}"
        self._resources = {resource.path.lower(): resource for resource in RESOURCES}
        self._addresses = {self._data + resource.path: resource for resource in RESOURCES}
        self._code_lists: dict[str, list[dict[str, Any]]] = {}
        first_id = 1
        for descriptor in DESCRIPTORS:
            values = metadata.descriptor_values(descriptor, first_id)
            self._code_lists[f"/{descriptor.schema}/{descriptor.resource}".lower()] = values
            first_id += len(descriptor.codes)
        self._fixed = self._fixed_addresses()

    def fault(self, call: Call) -> Fault:
        """What is to go wrong with a request; those that order faults are spared."""
        if self.faults.down and not call.path.startswith("/sandbox/"):
            return Fault.DROP_BEFORE
        if call.path.startswith("/data/"):
            return self.faults.next(call.method)
        return self.faults.next_sign_in() if call.path == "/oauth/token" else Fault.NONE

    def answer(self, call: Call) -> Reply:
        """The answer to a request; what is refused says why."""
        try:
            reply = self._answer(call)
        except Refused as refused:
            reply = self.shaper.refusal(refused)
        self._count(call, reply)
        return reply

    def fail(self, call: Call, fault: Fault) -> Reply:
        """The answer of a fault to order."""
        refused, lines = self.faults.refusal(fault)
        reply = self.shaper.refusal(refused, lines)
        self._count(call, reply)
        return reply

    def _count(self, call: Call, reply: Reply) -> None:
        name = f"{call.method} {reply.status}"
        self.answered[name] = self.answered.get(name, 0) + 1

    def _answer(self, call: Call) -> Reply:
        resource = self._addresses.get(call.path)
        if resource is not None:
            self._check_token(call)
            return self._collection(call, resource)
        if call.path.startswith(self._data + "/"):
            self._check_token(call)
            return self._data_answer(call, call.path[len(self._data) :])
        answering = self._fixed.get(call.path.rstrip("/").lower())
        if answering is None:
            raise Refused(NOT_FOUND, "There is nothing at this address.")
        return answering(call)

    def _check_token(self, call: Call) -> None:
        uses = self.faults.requests_per_token
        if not self.tokens.is_valid(call.header("authorization"), uses):
            raise Refused(NO_TOKEN, "The token is missing, not known or no longer valid.")

    def _data_answer(self, call: Call, path: str) -> Reply:
        schema, name, *further = path[1:].split("/") if path.count("/") > 1 else ("", "")
        address = f"/{schema}/{name}".lower()
        resource = self._resources.get(address)
        if resource is None:
            values = self._code_lists.get(address)
            if values is None or further:
                raise Refused(NOT_FOUND, "There is no such resource.")
            if call.method != "GET":
                raise Refused(NO_ACTION, "Access to the resource could not be authorized.")
            return reply_page(values, call.parameters())
        if not further or further == [""]:
            return self._collection(call, resource)
        if len(further) > 1:
            raise Refused(NOT_FOUND, "There is nothing at this address.")
        return self._document(call, resource, further[0])

    def _collection(self, call: Call, resource: Resource) -> Reply:
        if call.method == "GET":
            return self._reader.list(resource, call.parameters())
        if call.method != "POST":
            raise Refused(NO_METHOD, "This needs the id of a document in its address.")
        _json_only(call)
        document, new = self.writer.post(resource, call.body, call.header("if-match"))
        return self._written(document, 201 if new else 200)

    def _document(self, call: Call, resource: Resource, id_: str) -> Reply:
        """The answer about one document, or about what was deleted or moved."""
        match = call.header("if-match")
        if call.method == "GET":
            if id_ == "deletes":
                return self._reader.deletes(resource, call.parameters())
            if id_ == "keyChanges":
                return self._reader.key_changes(resource, call.parameters())
            return self._read(call, self.writer.find(resource, id_))
        if call.method == "PUT":
            _json_only(call)
            return self._written(self.writer.put(resource, id_, call.body, match), 204)
        if call.method == "DELETE":
            self.writer.delete(resource, id_, match)
            return Reply(204)
        raise Refused(NO_METHOD, "Documents are added without an id in the address.")

    def _read(self, call: Call, document: Document) -> Reply:
        if not self.writer.may_see(document):
            raise Refused(NOT_YOURS, "The student is not enrolled in a school of this client.")
        etag = b'ETag: "%s"\r\n' % document.etag.encode()
        if call.header("if-none-match").strip('"') == document.etag:
            return Reply(304, headers=etag)
        kind = b"Content-Type: application/json; charset=utf-8\r\n"
        return Reply(200, document.written(), kind + etag)

    def _written(self, document: Document, status: int) -> Reply:
        headers = (
            f"Location: {self.url}{self._data}{document.resource.path}/{document.id}\r\n"
            f'ETag: "{document.etag}"\r\n'
        )
        return Reply(status, headers=headers.encode())

    def _fixed_addresses(self) -> Mapping[str, Handler]:
        year = self.world.year_part
        about = f"/metadata/data/v3{year}"
        return {
            "": _json(lambda: metadata.version(self.url, self.world)),
            "/oauth/token": self._sign_in,
            f"/metadata{year}": _json(lambda: metadata.sections(self.url, self.world)),
            f"{about}/dependencies": _json(metadata.dependencies),
            f"{about}/resources/swagger.json": _json(
                lambda: metadata.resources_openapi(self.url, self.world)
            ),
            f"{about}/descriptors/swagger.json": _json(
                lambda: metadata.descriptors_openapi(self.url, self.world)
            ),
            f"/changequeries/v1{year}/availablechangeversions": self._change_versions,
            "/sandbox/state": _json(lambda: control.state(self)),
            "/sandbox/history": _json(lambda: self.writer.history),
            "/sandbox/documents": lambda call: control.documents(
                self, call.parameters().get("resource", "")
            ),
            "/sandbox/faults": lambda call: control.order(self, call.body),
        }

    def _sign_in(self, call: Call) -> Reply:
        if call.method != "POST":
            raise Refused(NO_METHOD, "Tokens are asked for by POST.")
        kind = call.header("content-type")
        return self.tokens.sign_in(call.body, kind, call.header("authorization"))

    def _change_versions(self, call: Call) -> Reply:
        self._check_token(call)
        return self._reader.versions()


def _json(value: Callable[[], Any]) -> Handler:
    return lambda call: json_reply(value())


def _json_only(call: Call) -> None:
    if not call.header("content-type").lower().startswith("application/json"):
        raise Refused(MEDIA_TYPE, "The body must be application/json.")
