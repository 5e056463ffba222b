"""What an integration that sends records to a partner's API declares, and what travels.

A partner's API holds *documents* by natural key in *resources* (Ed-Fi's word). Which documents a
district's records call for is decided as frames with plain columns, so the one planner
(core.plans.diff) compares them with the mirror, our copy of what the partner has, like any other
records. Bodies are made from the columns when they are sent (core.sending.documents).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.core.plans.record_types import RecordType


class FieldKind(StrEnum):
    """How a column's text becomes a JSON value."""

    TEXT = "text"
    DATE = "date"
    WHOLE = "whole"  # a whole number
    DECIMAL = "decimal"  # a number; the column has its text
    YES_NO = "yes_no"  # true for "Y", false for "N"
    CODE = "code"  # a descriptor: the namespace stands before the code
    CODES = "codes"  # several descriptors in one column, separated by "; "


@dataclass(frozen=True)
class Field:
    """One value of a document: the column it is kept in and its place in the JSON.

    `path`: names joined by dots; a list is marked with [] as in "races[].raceDescriptor" (with
    CODES each code is an element; else the list has one element, whose values come from all fields
    below the same list). `descriptor`: for codes, "RaceDescriptor". A column without a value is
    left out of the document, with the objects that would be empty.
    """

    column: str
    path: str
    kind: FieldKind = FieldKind.TEXT
    descriptor: str = ""


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource of a partner's API, declared once: equal is only what is the same.

    `record`: its documents as plain columns: name (the resource's name in the API), key (the
    natural key's columns) and columns; the last column is `local_id`, the student a document is
    about (null: nobody), which is not sent. `fields`: where each other column goes. `constants`:
    values that every document has, by path. `path`: below the API's data address, with its own
    namespace. `order`: documents are sent by it, and removed in its reverse, as far as the API's
    own document of dependencies does not say otherwise. `key_may_change`: the API lets a document's
    natural key be changed in place. `removable`: documents are taken away when no record calls for
    them any longer. `about`: query parameter and column by which the documents of one student are
    asked for ("" = cannot).
    """

    record: RecordType
    fields: tuple[Field, ...]
    path: str
    order: int
    constants: Mapping[str, Any] = field(default_factory=dict)
    key_may_change: bool = False
    removable: bool = True
    about: tuple[str, str] = ("", "")

    @property
    def name(self) -> str:
        """The resource's name in the API."""
        return self.record.name


#: What the pre-check finds: about which student (null: nobody), in which document, and the column
#: concerned (null: all of the document); `detail` as in core.findings.
CHECKS_SCHEMA: Mapping[str, pl.DataType] = {
    "local_id": pl.String(),
    "resource": pl.String(),
    "field": pl.String(),
    "code": pl.String(),
    "detail": pl.String(),
}


@dataclass(frozen=True)
class Documents:
    """What the records call for: by resource a frame with its record's key and columns, and what
    the pre-check found (CHECKS_SCHEMA).

    A document with an error that the partner is sure to refuse is not among the frames.
    `held_back`: local_id of the students who have such a document; nothing of theirs is removed
    from the partner meanwhile. `over_all`: what checks over the full district found
    (CHECKS_SCHEMA), where they were asked for.
    """

    frames: Mapping[str, pl.DataFrame]
    checks: pl.DataFrame
    held_back: pl.DataFrame
    over_all: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHECKS_SCHEMA))


class Request(NamedTuple):
    """What is asked of an API: `path` is below the connection's address."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
    """What came back. `status` 0: no answer (`error` says why). Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    error: str = ""


class Next(StrEnum):
    """What to do with a submission after an answer."""

    ACCEPTED = "accepted"
    AGAIN = "again"  # later, with a growing pause: the partner could not answer now
    SIGN_IN = "sign_in"  # at once, with a new token
    PARENT = "parent"  # when what it refers to has arrived
    REFUSED = "refused"  # not again as it is: an alert


class Verdict(NamedTuple):
    """How an answer is read. `code`: the finding code of a refusal or a wait; `text`: what the
    partner answered. `after`: seconds the partner asks us to wait.
    """

    next: Next
    code: str = ""
    text: str = ""
    id: str = ""
    etag: str = ""
    after: float = 0.0


@dataclass(frozen=True)
class Listing:
    """One page of a resource as the partner has it: bodies as read from JSON, each with its id
    and ETag; how many there are in all (None: the partner does not say); what asks for the next
    page.
    """

    bodies: list[dict[str, Any]]
    total: int | None
    next: Request | None


@dataclass(frozen=True)
class Target:
    """What requests are made for: the sync's settings, and the school year ("2025-2026"), which
    some addresses have in them.
    """

    settings: Any
    school_year: str


@dataclass(frozen=True)
class Remote:
    """How to talk to a partner's API: pure functions from a submission to a request and from an
    answer to what it means.

    `sign_in(target, key, secret)`: asks for a token; `token(answer)`: (token, seconds it is valid)
    or a Verdict. `put(resource, body, id, target)`: add or update, or with an id change the key
    of the document with it. `remove(resource, id, target)`. `find(resource, key, target)`: the
    document with this natural key (column to text). `list(resource, about, target)`: all
    documents, or those about one student; `listing(answer, request)` reads a page. `verdict(answer,
    request)`: what an answer to put or remove means. `dependencies(target)` and
    `orders(answer)`: the API's own order of its resources, by path.
    """

    sign_in: Callable[[Target, str, str], Request]
    token: Callable[[Answer], "tuple[str, float] | Verdict"]
    put: Callable[[Resource, bytes, str, Target], Request]
    remove: Callable[[Resource, str, Target], Request]
    find: Callable[[Resource, Mapping[str, str], Target], Request]
    list: Callable[[Resource, str, Target], Request]
    listing: Callable[[Answer, Request], "Listing | Verdict"]
    verdict: Callable[[Answer, Request], Verdict]
    dependencies: Callable[[Target], Request]
    orders: Callable[[Answer], "Mapping[str, int] | Verdict"]


#: What a partner's own rules say of what it has, a row for each fault. `local_id` null: about no
#: student. `rule`, `number` and `text`: the partner's own; `code`: the finding code of the same
#: rule of ours (null: none). `severity`: a core.findings.Severity.
RULES_SCHEMA: Mapping[str, pl.DataType] = {
    "line": pl.UInt32(),
    "local_id": pl.String(),
    "severity": pl.String(),
    "rule": pl.String(),
    "number": pl.String(),
    "code": pl.String(),
    "text": pl.String(),
    "school_id": pl.String(),
    "grade": pl.String(),
}


@dataclass(frozen=True)
class RulesResult:
    """What a report of a partner's rules says. `problems`: RULES_SCHEMA. `strangers`: line and
    state_id of rows about students whom the district does not have. `unreadable`: how many rows
    could not be read.
    """

    problems: pl.DataFrame
    strangers: pl.DataFrame
    unreadable: int


@dataclass(frozen=True)
class RulesReport:
    """A report that people save on a partner's pages: its name there, how to get it, and how it is
    read: from its bytes and the view "identities". `read` raises Problem when it is no such report.
    """

    title: str
    help: str
    read: Callable[[bytes, pl.DataFrame], RulesResult]


@dataclass(frozen=True)
class NotificationPolicy:
    """Which mails and reminders a sync that sends gives people.

    `recipients` of the mails about new problems in near real time (none: the sync's), at most one
    mail in `mail_every_minutes`. A reminder `look_after_days` days after a person last looked at
    what the partner's rules say, and two weeks and one week before each of `deadlines`.
    """

    recipients: tuple[str, ...] = ()
    mail_every_minutes: int = 15
    look_after_days: int = 7
    deadlines: tuple[date, ...] = ()


def _nothing(*values: object) -> Any:
    raise TypeError("nothing is sent to this partner")


@dataclass(frozen=True)
class Outbound:
    """All the engine knows of a partner that records are sent to.

    `views`: names of the record frames `documents` reads (rollcall.records.views.VIEWS); each has
    the column `local_id` or is about no single student. `documents(views, settings, context)`:
    pure; called for all students or for some, it gives the same documents for each.
    `namespace(settings, descriptor)`: what stands before a code. `concurrency(settings)`: the most
    requests under way at once. `removals(settings)`: near real time takes at most so many documents
    away by itself. `rules`: the report of the partner's own rules, where it has one.
    `notifications(settings)`: which mails and reminders it sends. `check_all(views, settings,
    context)`: pure; what checks find that mean something of the full district only, as they compare
    students or look at all of a school (CHECKS_SCHEMA). They hold nothing back. None: there are
    none.
    """

    resources: tuple[Resource, ...] = ()
    views: tuple[str, ...] = ()
    documents: Callable[[Mapping[str, pl.DataFrame], Any, Context], Documents] = _nothing
    namespace: Callable[[Any, str], str] = _nothing
    concurrency: Callable[[Any], int] = _nothing
    removals: Callable[[Any], int] = _nothing
    remote: Remote = Remote(*[_nothing] * 10)
    rules: RulesReport | None = None
    notifications: Callable[[Any], NotificationPolicy] = lambda settings: NotificationPolicy()
    check_all: Callable[[Mapping[str, pl.DataFrame], Any, Context], pl.DataFrame] | None = None

    @property
    def lasting(self) -> tuple[str, ...]:
        """The resources of which nothing is ever taken away."""
        return tuple(resource.name for resource in self.resources if not resource.removable)


#: The partner that nothing is sent to.
SENDS_NOTHING = Outbound()
