"""A partner in memory and the channel to it: for an integration's own tests, and for those of
everything above a channel. It keeps to the same contract as the channels to real partners.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import polars as pl

from rollcall.core.plans.digest import digest
from rollcall.core.sending.canonical_texts import key_texts
from rollcall.core.sending.channel import (
    DIGESTS_SCHEMA,
    DOCUMENT_REFUSED,
    REMOTE_ID,
    REMOTE_VERSION,
    Ability,
    Kind,
    Limits,
    Next,
    Opening,
    Operation,
    Page,
    Verdict,
)
from rollcall.core.sending.outbound import Resource
from rollcall.core.sending.pacing import Quota

_AWAY = Verdict(Next.AGAIN, text="the partner is away")
_NOT_LET_IN = Verdict(Next.REFUSED, text="the partner does not know this secret")
_SESSION = timedelta(hours=1)


class _Document(NamedTuple):
    """A document as it is sent. `parent`: the key text of the one it refers to."""

    row: Mapping[str, Any]
    parent: str


class _Stored(NamedTuple):
    """A document at the partner."""

    id: str
    version: int
    document: _Document


@dataclass
class MemoryPartner:
    """What a partner has and how it behaves. Set the attributes while it is used.

    `parents`: by resource the one of which a document with the same values in its key must be there
    first. `groups`: by resource the column by which documents are grouped for digests. `away`:
    nothing is answered. `lets_in`: it knows our secret. `delay`: an operation is answered after so
    many polls. `page_size`: documents of a page.
    """

    resources: Sequence[Resource]
    parents: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    away: bool = False
    lets_in: bool = True
    delay: int = 0
    page_size: int = 500

    def __post_init__(self) -> None:
        self.by_name = {resource.name: resource for resource in self.resources}
        self.tables: dict[str, dict[str, _Stored]] = {name: {} for name in self.by_name}
        self.gone: dict[str, list[tuple[int, str]]] = {name: [] for name in self.by_name}
        self.refusals: dict[tuple[str, str], Verdict] = {}
        #: Every operation that was carried out, in order: kind, resource, key text.
        self.history: list[tuple[Kind, str, str]] = []
        self.version, self.session = 0, 1

    def refuse(self, resource: str, key: str, text: str, code: str = DOCUMENT_REFUSED) -> None:
        """Refuse what is asked for the document with this key text."""
        self.refusals[resource, key] = Verdict(Next.REFUSED, code, text)

    def end_sessions(self) -> None:
        """Whoever has signed in must do so again."""
        self.session += 1

    def carry_out(self, operation: Operation) -> Verdict:
        """Do what is asked, or say why not."""
        if refusal := self.refusals.get((operation.resource, operation.key)):
            return refusal
        if operation.kind is Kind.REMOVE:
            return self._remove(operation)
        table, document = self.tables[operation.resource], operation.document
        parent = self.parents.get(operation.resource)
        if parent is not None and document.parent not in self.tables[parent]:
            return Verdict(Next.PARENT, text="what it refers to is not there")
        self.version += 1
        places = (operation.old_key, operation.key)
        before = next((table.pop(place) for place in places if place in table), None)
        id = before.id if before else str(self.version)
        table[operation.key] = _Stored(id, self.version, document)
        self.history.append((operation.kind, operation.resource, operation.key))
        return Verdict(Next.ACCEPTED, id=id, version=str(self.version))

    def _remove(self, operation: Operation) -> Verdict:
        for child, parent in self.parents.items():
            children = self.tables[child].values() if parent == operation.resource else ()
            if any(stored.document.parent == operation.key for stored in children):
                return Verdict(Next.PARENT, text="others refer to it")
        stored = self.tables[operation.resource].pop(operation.key, None)
        if stored is not None:
            self.version += 1
            self.gone[operation.resource].append((self.version, stored.id))
            self.history.append((operation.kind, operation.resource, operation.key))
        return Verdict(Next.ACCEPTED)


class MemorySession:
    """Keeps what a partner gave who signed in (core.sending.channel.SharedSession)."""

    def __init__(self) -> None:
        self._kept: tuple[str, datetime] | None = None

    def read(self, at: datetime) -> tuple[str, datetime] | None:
        """It and when it ends, if that is after `at`."""
        return self._kept if self._kept and self._kept[1] > at else None

    def write(self, text: str, until: datetime) -> None:
        """Keep it."""
        self._kept = text, until

    def forget(self) -> None:
        """It is no longer taken."""
        self._kept = None


class MemoryChannel:
    """A channel to a MemoryPartner (core.sending.channel.Channel)."""

    abilities = frozenset(Ability)

    def __init__(self, opening: Opening, partner: MemoryPartner, limits: Limits) -> None:
        self.limits, self._partner = limits, partner
        self._clock, self._session = opening.clock, opening.session
        self._quota = Quota(limits, opening.clock())
        #: With each operation, after how many polls it is answered.
        self._under_way: deque[tuple[Operation, int]] = deque()
        self._stopped = False
        self.trouble: Verdict | None = None

    @property
    def under_way(self) -> int:
        """How many operations have no verdict yet."""
        return len(self._under_way)

    def prepare(self, resource: str, documents: pl.DataFrame) -> Sequence[Any]:
        """The documents as rows."""
        parent = self._partner.parents.get(resource)
        parents = (
            key_texts(self._partner.by_name[parent].record, documents).to_list()
            if parent
            else [""] * documents.height
        )
        return [_Document(*pair) for pair in zip(documents.to_dicts(), parents, strict=True)]

    def room(self) -> int:
        """How many more operations it takes now."""
        if self._stopped or not self._signed_in():
            return 0
        free = self.limits.at_once - self.under_way
        return max(min(free, self._quota.room(self._clock())), 0)

    def submit(self, operation: Operation) -> None:
        """Begin an operation."""
        self._quota = self._quota.after(self._clock())
        self._under_way.append((operation, self._partner.delay))

    def poll(self, seconds: float) -> list[tuple[Operation, Verdict]]:
        """Carry out what is due; nothing is waited for."""
        due = [operation for operation, polls in self._under_way if polls <= 0]
        remaining = ((operation, polls - 1) for operation, polls in self._under_way if polls > 0)
        self._under_way = deque(remaining)
        return [(operation, self._carry_out(operation)) for operation in due]

    def look_away(self) -> None:
        """Nothing: time says nothing here."""

    def stop(self) -> None:
        """Change nothing more."""
        self._stopped = True

    def close(self) -> None:
        """Give up what has no verdict."""
        self._under_way.clear()

    def order(self) -> Mapping[str, int]:
        """The order in which the resources were declared."""
        return {resource.name: at for at, resource in enumerate(self._partner.resources)}

    def page(self, resource: str, about: str = "", cursor: str = "") -> Page | Verdict:
        """A page of all documents, or of one student's."""
        if not self._signed_in() or self._partner.away:
            return self.trouble or _AWAY
        column = self._partner.by_name[resource].about
        documents = [
            stored
            for stored in self._partner.tables[resource].values()
            if not about or stored.document.row[column] == about
        ]
        begin = int(cursor or 0)
        end = begin + self._partner.page_size
        more = str(end) if end < len(documents) else ""
        return Page(self._frame(resource, documents[begin:end]), more, len(documents))

    def changes(self, resource: str, since: str, cursor: str = "") -> Page | Verdict:
        """The documents changed since then; all on one page."""
        if not self._signed_in() or self._partner.away:
            return self.trouble or _AWAY
        after = int(since) if since else self._partner.version
        documents = self._partner.tables[resource].values()
        newer = [stored for stored in documents if stored.version > after]
        gone = [id for version, id in self._partner.gone[resource] if version > after]
        until = str(self._partner.version)
        return Page(self._frame(resource, newer), "", len(newer), gone, until)

    def digests(self, resource: str, groups: Sequence[str]) -> pl.DataFrame | Verdict:
        """Of each group the digest of its documents' digests, in order."""
        if not self._signed_in() or self._partner.away:
            return self.trouble or _AWAY
        column = self._partner.groups[resource]
        frame = self._frame(resource, list(self._partner.tables[resource].values()))
        record = self._partner.by_name[resource].record
        rows = [
            (group, sha256("".join(digest(documents, record).sort()).encode()).hexdigest())
            for group in groups
            for documents in [frame.filter(pl.col(column) == group)]
        ]
        return pl.DataFrame(rows, schema=dict(DIGESTS_SCHEMA), orient="row")

    def _signed_in(self) -> bool:
        """Whether the partner answers and knows us; else why not is in `trouble`."""
        partner, at = self._partner, self._clock()
        session = self._session.read(at)
        self.trouble = None
        if session is None or session[0] != str(partner.session):
            if partner.away:
                self.trouble = _AWAY
            elif not partner.lets_in:
                self.trouble = _NOT_LET_IN
            else:
                self._session.write(str(partner.session), at + _SESSION)
        return self.trouble is None

    def _carry_out(self, operation: Operation) -> Verdict:
        if self._stopped:
            return Verdict(Next.UNSENT)
        if not self._signed_in() or self._partner.away:
            return _AWAY
        return self._partner.carry_out(operation)

    def _frame(self, resource: str, documents: Sequence[_Stored]) -> pl.DataFrame:
        schema = self._partner.by_name[resource].record.schema
        rows = [
            {**stored.document.row, REMOTE_ID: stored.id, REMOTE_VERSION: str(stored.version)}
            for stored in documents
        ]
        columns = {**schema, REMOTE_ID: pl.String(), REMOTE_VERSION: pl.String()}
        return pl.DataFrame(rows, schema=columns).with_columns(
            pl.lit(None, pl.String).alias("local_id")
        )
