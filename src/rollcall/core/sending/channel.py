"""The port to a partner: what is asked of it as operations, what its answers mean as verdicts.

A channel carries both, over whatever the partner speaks: HTTP with JSON, LDAP, SOAP, a vendor's
directory API, memory. How it signs in, finds a document, paces itself and writes what is sent is
its own matter; no word of that is said above it. An integration names its channel in
`core.sending.outbound.Outbound`. tests/transports/test_channel_contract.py has what every channel
keeps to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import polars as pl

from rollcall.core.findings import Codes, Severity

#: A refusal that a channel has no code of its own for.
DOCUMENT_REFUSED = Codes.add(
    "partner.refused",
    Severity.ERROR,
    "The partner refused this document",
    "Read what the partner answered and correct the student's records; then it is sent again.",
    "the district's data manager",
)


class Kind(StrEnum):
    """What is to become of a document at the partner."""

    PUT = "put"
    REMOVE = "remove"


@dataclass(slots=True)
class Operation:
    """One thing asked of a partner for one document: that it is so, or that it is gone.

    `ref`: the caller's own, to know it again. `key`: the natural key's canonical text
    (core.sending.canonical_texts). `old_key`: the key it has at the partner, when that is to
    change. `document`: of one to put, as the channel's `prepare` made it. `id`: the partner's own
    id of the document, where that is known ("": the channel looks for it where it needs one).
    `version`: which version of the document the partner was known to have.
    """

    ref: Any
    kind: Kind
    resource: str
    key: str
    old_key: str | None = None
    document: Any = None
    id: str = ""
    version: str = ""


class Next(StrEnum):
    """What to do after an operation."""

    ACCEPTED = "accepted"
    AGAIN = "again"  # later, with a growing pause: the partner could not answer now
    PARENT = "parent"  # when what it refers to has arrived
    REFUSED = "refused"  # not again as it is: an alert
    UNSENT = "unsent"  # nothing was changed: the channel was stopped before it could be


class Verdict(NamedTuple):
    """What an answer means. `code`: the finding code of a refusal or a wait; `text`: the partner's
    own words. `id` and `version`: what the partner calls the document that it accepted. `after`:
    seconds the partner asks us to wait.
    """

    next: Next
    code: str = ""
    text: str = ""
    id: str = ""
    version: str = ""
    after: float = 0.0


#: Columns of a page beside those of the resource's record: the partner's own id and version.
REMOTE_ID, REMOTE_VERSION = "remote_id", "remote_version"


@dataclass(frozen=True)
class Page:
    """Documents as the partner has them: the key and columns of the resource's record (`local_id`
    null: the partner does not know it), with REMOTE_ID and REMOTE_VERSION.

    `cursor`: what asks for the next page ("": this is the last). `total`: how many documents there
    are on all pages (None: the partner does not say). Of changes also `gone`: the ids of documents
    that the partner no longer has; and `until`, the point from which the next changes are asked
    for once all pages were read.
    """

    documents: pl.DataFrame
    cursor: str = ""
    total: int | None = None
    gone: Sequence[str] = ()
    until: str = ""


#: Digests of groups of documents: two sides with the same digest of a group have the same in it.
DIGESTS_SCHEMA: Mapping[str, pl.DataType] = {"group": pl.String(), "digest": pl.String()}


class Ability(StrEnum):
    """What only some partners can be asked."""

    ORDER = "order"  # the order of its resources
    PAGES = "pages"  # all documents of a resource, or those of one student
    CHANGES = "changes"  # what has changed since a point in time
    DIGESTS = "digests"  # digests of groups of documents


@dataclass(frozen=True)
class Limits:
    """What a partner bears: operations under way at once, begun in a second, begun in a day
    (None: any number).
    """

    at_once: int
    per_second: float | None = None
    per_day: int | None = None


class Channel(Protocol):
    """Operations to one partner, answered in any order, and what can be read from it.

    For one thread. Nothing raises because of the partner: that it is away, busy or refuses to let
    us in are verdicts. Each operation that is submitted comes back from `poll` once, whatever
    happens, unless the channel is closed first.
    """

    @property
    def limits(self) -> Limits:
        """What the partner bears."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """Which of the questions below the partner can be asked."""

    @property
    def under_way(self) -> int:
        """How many operations have no verdict yet."""

    @property
    def trouble(self) -> Verdict | None:
        """Why the partner takes nothing from us at all, as when it does not let us in."""

    def prepare(self, resource: str, documents: pl.DataFrame) -> Sequence[Any]:
        """Documents (the record's key and columns) in the form in which they are sent, in their
        order. Pure; may be called in another thread.
        """

    def room(self) -> int:
        """How many more operations it takes now: within its limits, and as the partner bears. It
        signs in where that is needed, and takes nothing before.
        """

    def submit(self, operation: Operation) -> None:
        """Begin an operation; no more of them than there is `room`, and of no two documents that
        depend on each other.
        """

    def poll(self, seconds: float) -> list[tuple[Operation, Verdict]]:
        """Work on what is under way until there are verdicts or the time is over."""

    def look_away(self) -> None:
        """The caller was busy elsewhere: how long the answers under way took to come says nothing
        of the partner.
        """

    def stop(self) -> None:
        """Change nothing more at the partner. What was asked is waited for; what is under way and
        would need a further question comes back as UNSENT.
        """

    def close(self) -> None:
        """End the connection; operations without a verdict are given up. Can be called twice."""

    def order(self) -> Mapping[str, int]:
        """The partner's own order of its resources, by name; nothing where it does not tell."""

    def page(self, resource: str, about: str = "", cursor: str = "") -> Page | Verdict:
        """A page of all documents, or of those of one student (by the column `Resource.about`), or
        why there is none now. Only while nothing is under way.
        """

    def changes(self, resource: str, since: str, cursor: str = "") -> Page | Verdict:
        """A page of the documents that were changed since `since`, the `until` of an earlier one.
        ("": of none, for the point to begin from). Only while nothing is under way.
        """

    def digests(self, resource: str, groups: Sequence[str]) -> pl.DataFrame | Verdict:
        """Digests of these groups (DIGESTS_SCHEMA), as the partner makes them. Only while nothing
        is under way.
        """


class SharedSession(Protocol):
    """What a partner gave who signed in, kept encrypted for all who use the same connection."""

    def read(self, at: datetime) -> tuple[str, datetime] | None:
        """It and when it ends, if that is after `at`."""

    def write(self, text: str, until: datetime) -> None:
        """Keep it, in place of the one before."""

    def forget(self) -> None:
        """The partner does not take it any longer."""


@dataclass(frozen=True)
class Opening:
    """What a channel is opened with. `connection`: the open connection, of the kind that its
    settings name. `settings`: those of the sync. `school_year`: "2025-2026". `clock`: tells the
    time (aware, UTC).
    """

    connection: Any
    settings: Any
    school_year: str
    clock: Callable[[], datetime]
    session: SharedSession
