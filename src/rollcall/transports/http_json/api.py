"""What an integration says of an API that takes and gives JSON documents: pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.sending.channel import Limits, Verdict
from rollcall.transports.http_messages import Answer, Request

#: The headers of a request that asks for JSON.
READ = {"Accept": "application/json"}


@dataclass(frozen=True)
class Target:
    """What requests are made for: the sync's settings, and the school year ("2025-2026"), which
    some addresses have in them.
    """

    settings: Any
    school_year: str


@dataclass(frozen=True)
class Listing:
    """One page of a resource as the API has it: bodies as read from JSON, each with its `id` and
    `_etag`; how many there are in all (None: the API does not say); the path of the next page ("":
    this is the last).
    """

    bodies: list[dict[str, Any]]
    total: int | None
    next: str


@dataclass(frozen=True)
class ChangeQueries:
    """How an API is asked what has changed: `point(target)` and `newest(answer)`, the point in its
    count of changes that it has reached; `changed(resource, since, until, target)` and `gone(...)`,
    as listings, the documents that were changed and those that were removed between two points.
    """

    point: Callable[[Target], Request]
    newest: Callable[[Answer], str | Verdict]
    changed: Callable[[JsonResource, str, str, Target], Request]
    gone: Callable[[JsonResource, str, str, Target], Request]


@dataclass(frozen=True)
class JsonApi:
    """How to talk to an API: pure functions to requests and from answers.

    `sign_in(target, key, secret)`: asks for a token; `token(answer)`: (token, seconds it is valid)
    or a Verdict. `put(resource, body, id, target)`: add or update, or with an id change the key
    of the document with it. `remove(resource, id, target)`. `find(resource, key, target)`: the
    document with this natural key (column to text), as a listing. `list(resource, about, target)`:
    all documents, or those about one student; `listing(answer, request)` reads a page.
    `verdict(answer, request)`: what an answer to put or remove means. `dependencies(target)` and
    `orders(answer)`: the API's own order of its resources, by path. `namespace(settings,
    descriptor)`: what stands before a code. `limits(settings)`: what the API bears.
    `changes`: how it is asked what has changed; None: it cannot be.
    """

    sign_in: Callable[[Target, str, str], Request]
    token: Callable[[Answer], tuple[str, float] | Verdict]
    put: Callable[[JsonResource, bytes, str, Target], Request]
    remove: Callable[[JsonResource, str, Target], Request]
    find: Callable[[JsonResource, Mapping[str, str], Target], Request]
    list: Callable[[JsonResource, str, Target], Request]
    listing: Callable[[Answer, Request], Listing | Verdict]
    verdict: Callable[[Answer, Request], Verdict]
    dependencies: Callable[[Target], Request]
    orders: Callable[[Answer], Mapping[str, int] | Verdict]
    namespace: Callable[[Any, str], str]
    limits: Callable[[Any], Limits]
    changes: ChangeQueries | None = None
