"""The channel itself: operations as requests, answers as verdicts (core.sending.channel)."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import polars as pl

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.json_documents.reading import fit, flat
from rollcall.core.json_documents.writing import bodies
from rollcall.core.sending.channel import (
    REMOTE_ID,
    REMOTE_VERSION,
    Ability,
    Next,
    Opening,
    Operation,
    Page,
    Verdict,
)
from rollcall.core.sending.pacing import Pace, Quota
from rollcall.transports.http_json.api import READ, JsonApi, Listing, Target
from rollcall.transports.http_json.exchange import TURNED_AWAY, UNAUTHORIZED, Exchange, Further
from rollcall.transports.http_json.session import Session
from rollcall.transports.http_messages import Answer, Request

#: Answers that say "too much": none in time, asked to slow down, or no room behind a gateway.
_OVERLOADED = frozenset({0, 408, 429, 502, 503, 504})
_UNSENT = Verdict(Next.UNSENT)


class JsonChannel:
    """A channel to the API that `api` describes; `opening.connection` is an HttpClient."""

    def __init__(self, opening: Opening, api: JsonApi, resources: Iterable[JsonResource]) -> None:
        self._api, self._resources = api, {resource.name: resource for resource in resources}
        self._target = Target(opening.settings, opening.school_year)
        self._session = Session(opening, api, self._target)
        self._clock = opening.clock
        self.abilities = frozenset(
            {Ability.ORDER, Ability.PAGES, *([Ability.CHANGES] if api.changes else [])}
        )
        self.limits = api.limits(opening.settings)
        self._quota = Quota(self.limits, opening.clock())
        self._pace = Pace.of(self.limits.at_once)
        #: Exchanges that were answered as if we had not signed in: they go once more.
        self._turned_away: deque[Exchange] = deque()
        self._under_way = 0
        self._stopped = False

    @property
    def under_way(self) -> int:
        """How many operations have no verdict yet."""
        return self._under_way

    @property
    def trouble(self) -> Verdict | None:
        """Why the partner gives us no token."""
        return self._session.trouble

    def prepare(self, resource: str, documents: pl.DataFrame) -> Sequence[Any]:
        """The documents as JSON."""
        texts = bodies(self._resources[resource], documents, self._namespace)
        return [text.encode() for text in texts]

    def room(self) -> int:
        """How many more operations it takes now."""
        if self._stopped or not self._session.signed_in():
            return 0
        free = min(self._pace.limit - self._under_way, self._quota.room(self._clock()))
        return max(free, 0)

    def submit(self, operation: Operation) -> None:
        """Begin an operation."""
        self._under_way += 1
        self._quota = self._quota.after(self._clock())
        self._send(Exchange(operation, self._resources[operation.resource], operation.id))

    def poll(self, seconds: float) -> list[tuple[Operation, Verdict]]:
        """Work on what is under way until there are verdicts or the time is over."""
        verdicts = self._try_again() if self._turned_away else []
        for tag, answer in self._session.receive(0.0 if verdicts else seconds):
            exchange = cast("Exchange", tag)
            self._pace = self._pace.after(answer.status in _OVERLOADED, answer.seconds)
            meaning = exchange.read(answer, self._api)
            if meaning is Further.SIGN_IN:
                self._turned_away.append(exchange)
            elif meaning is Further.ASK and not self._stopped:
                self._send(exchange)
            else:
                verdict = _UNSENT if isinstance(meaning, Further) else meaning
                verdicts.append((exchange.operation, verdict))
        self._under_way -= len(verdicts)
        return verdicts

    def look_away(self) -> None:
        """How long the answers under way take says nothing of the partner."""
        self._pace = self._pace.without_next(self._under_way)

    def stop(self) -> None:
        """Make no further request but for what was asked already."""
        self._stopped = True

    def close(self) -> None:
        """End the connections."""
        self._session.close()

    def order(self) -> Mapping[str, int]:
        """The API's own order of its resources."""
        answer = self._ask(self._api.dependencies(self._target))
        by_path = self._api.orders(answer)
        if isinstance(by_path, Verdict):
            return {}
        return {
            name: by_path[resource.path]
            for name, resource in self._resources.items()
            if resource.path in by_path
        }

    def page(self, resource: str, about: str = "", cursor: str = "") -> Page | Verdict:
        """A page of all documents, or of one student's. The cursor is the path of the page."""
        declared = self._resources[resource]
        request = self._api.list(declared, about, self._target)
        if cursor:
            request = Request("GET", cursor, None, READ)
        listing = self._listing(request)
        if isinstance(listing, Verdict):
            return listing
        return Page(self._documents(declared, listing.bodies), listing.next, listing.total)

    def changes(self, resource: str, since: str, cursor: str = "") -> Page | Verdict:
        """A page of what was changed, and after the last one those of what is gone. The cursor is
        the point up to which it is asked, and the path of the page.
        """
        queries, declared = self._api.changes, self._resources[resource]
        assert queries is not None
        until, _, path = cursor.partition(" ")
        if not until:
            point = queries.newest(self._ask(queries.point(self._target)))
            if isinstance(point, Verdict):
                return point
            if not since:
                return Page(self._documents(declared, []), until=point)
            until, path = point, queries.changed(declared, since, point, self._target).path
        listing = self._listing(Request("GET", path, None, READ))
        if isinstance(listing, Verdict):
            return listing
        gone = queries.gone(declared, since, until, self._target).path
        if path.partition("?")[0] != gone.partition("?")[0]:
            documents = self._documents(declared, listing.bodies)
            return Page(documents, f"{until} {listing.next or gone}", until=until)
        ids = [str(body["id"]) for body in listing.bodies]
        more = f"{until} {listing.next}" if listing.next else ""
        return Page(self._documents(declared, []), more, gone=ids, until=until)

    def digests(self, resource: str, groups: Sequence[str]) -> pl.DataFrame | Verdict:
        """Not among its abilities."""
        raise NotImplementedError

    def _namespace(self, descriptor: str) -> str:
        return self._api.namespace(self._target.settings, descriptor)

    def _documents(self, resource: JsonResource, documents: Sequence[Any]) -> pl.DataFrame:
        """The documents of a page as columns."""
        own = {REMOTE_ID: "id", REMOTE_VERSION: "_etag"}
        columns = [
            pl.Series(column, [fit(str(body.get(name, ""))) for body in documents], pl.String)
            for column, name in own.items()
        ]
        return flat(resource, documents, self._namespace).with_columns(columns)

    def _listing(self, request: Request) -> Listing | Verdict:
        return self._api.listing(self._ask(request), request)

    def _ask(self, request: Request) -> Answer:
        """The answer to one request; asked again with a new token where one is no longer taken."""
        for _ in range(TURNED_AWAY):
            answer = self._session.ask(request)
            if answer.status != UNAUTHORIZED:
                break
        return answer

    def _send(self, exchange: Exchange) -> None:
        self._session.send(exchange, exchange.next_request(self._api, self._target))

    def _try_again(self) -> list[tuple[Operation, Verdict]]:
        """Send what was turned away once there is a new token; it has its last verdict when there
        will be none.
        """
        if not self._stopped and self._session.signed_in():
            while self._turned_away:
                self._send(self._turned_away.popleft())
        ended = []
        if self._stopped or self._session.trouble is not None:
            while self._turned_away:
                exchange = self._turned_away.popleft()
                ended.append((exchange.operation, exchange.last or _UNSENT))
        return ended
