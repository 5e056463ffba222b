"""The requests that one operation takes, one after the other, and what their answers mean. Pure."""

from dataclasses import dataclass
from enum import Enum, auto

import polars as pl

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.sending.canonical_texts import from_key
from rollcall.core.sending.channel import Kind, Next, Operation, Verdict
from rollcall.transports.http_json.api import JsonApi, Listing, Target
from rollcall.transports.http_messages import Answer, Request

UNAUTHORIZED = 401
_NOT_FOUND = 404
#: A document that is answered as if we had not signed in, so often and each time with the token of
#: then, waits like one that the partner could not take.
TURNED_AWAY = 3


class Further(Enum):
    """What an answer calls for that is no verdict yet."""

    ASK = auto()  # there is another request to make
    SIGN_IN = auto()  # the same again, with a new token


@dataclass(slots=True)
class Exchange:
    """One operation on its way.

    `id`: the partner's id of the document, as it is known by now. `request`: the one under way.
    `looked_for`: the document was not where we knew it. `absent`: it is not there under its old
    key. `turned_away`: so often the token was not taken. `last`: what is said of the operation when
    no further request is made.
    """

    operation: Operation
    resource: JsonResource
    id: str
    request: Request | None = None
    looked_for: bool = False
    absent: bool = False
    turned_away: int = 0
    last: Verdict | None = None

    def next_request(self, api: JsonApi, target: Target) -> Request:
        """What is asked next: where the document has to be looked for before it is changed or
        removed, that comes first.
        """
        operation, resource = self.operation, self.resource
        removes = operation.kind is Kind.REMOVE
        if not removes and (operation.old_key is None or self.absent):
            self.request = api.put(resource, operation.document, "", target)
        elif not self.id:
            text = operation.key if operation.old_key is None else operation.old_key
            row = from_key(resource.record, pl.Series([text])).row(0, named=True)
            key = {name: str(value) for name, value in row.items()}
            self.request = api.find(resource, key, target)
        elif removes:
            self.request = api.remove(resource, self.id, target)
        else:
            self.request = api.put(resource, operation.document, self.id, target)
        return self.request

    def read(self, answer: Answer, api: JsonApi) -> Verdict | Further:
        """What the answer to the request under way means."""
        request = self.request
        assert request is not None
        if answer.status == UNAUTHORIZED:
            self.turned_away += 1
            self.last = api.verdict(answer, request)
            return Further.SIGN_IN if self.turned_away < TURNED_AWAY else self.last
        if request.method == "GET":
            return self._looked_up(api.listing(answer, request))
        if request.method == "PUT" and answer.status == _NOT_FOUND and not self.looked_for:
            # The document to change is no longer where we knew it: look for it.
            self.id, self.looked_for = "", True
            return Further.ASK
        return api.verdict(answer, request)

    def _looked_up(self, listing: Listing | Verdict) -> Verdict | Further:
        """The answer says where the document is; its own request comes next."""
        if isinstance(listing, Verdict):
            return listing
        if listing.bodies:
            self.id = str(listing.bodies[0]["id"])
        elif self.operation.kind is Kind.REMOVE:
            return Verdict(Next.ACCEPTED)
        else:
            self.absent = True  # it is not there under its old key: add it under the new one
        return Further.ASK
