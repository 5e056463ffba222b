"""What an integration that sends records to a partner declares.

A partner holds *documents* by natural key in *resources* (Ed-Fi's word). Which documents a
district's records call for is decided as frames with plain columns, so the one planner
(core.plans.diff) compares them with the mirror, our copy of what the partner has, like any other
records. How documents travel is the matter of its channel (core.sending.channel).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from rollcall.core.plans.context import Context
from rollcall.core.plans.record_types import RecordType
from rollcall.core.sending.channel import Channel, Opening


@dataclass(frozen=True, eq=False)
class Resource:
    """One resource of a partner, declared once: equal is only what is the same.

    `record`: its documents as plain columns: name (the resource's name at the partner), key (the
    natural key's columns) and columns; the last column is `local_id`, the student a document is
    about (null: nobody), which is not sent. `order`: documents are sent by it, and removed in its
    reverse, as far as the partner's own order does not say otherwise. `key_may_change`: the partner
    lets a document's natural key be changed in place. `removable`: documents are taken away when no
    record calls for them any longer. `about`: the column with the partner's id of the student, by
    which the documents of one student are asked for ("" = cannot).
    """

    record: RecordType
    order: int
    key_may_change: bool = False
    removable: bool = True
    about: str = ""

    @property
    def name(self) -> str:
        """The resource's name at the partner."""
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
    `channel(opening)`: carries operations to the partner, and reads from it. `removals(settings)`:
    near real time takes at most so many documents away by itself. `rules`: the report of the
    partner's own rules, where it has one. `notifications(settings)`: which mails and reminders it
    sends. `check_all(views, settings, context)`: pure; what checks find that mean something of the
    full district only, as they compare students or look at all of a school (CHECKS_SCHEMA). They
    hold nothing back. None: there are none.
    """

    resources: tuple[Resource, ...] = ()
    views: tuple[str, ...] = ()
    documents: Callable[[Mapping[str, pl.DataFrame], Any, Context], Documents] = _nothing
    channel: Callable[[Opening], Channel] = _nothing
    removals: Callable[[Any], int] = _nothing
    rules: RulesReport | None = None
    notifications: Callable[[Any], NotificationPolicy] = lambda settings: NotificationPolicy()
    check_all: Callable[[Mapping[str, pl.DataFrame], Any, Context], pl.DataFrame] | None = None

    @property
    def lasting(self) -> tuple[str, ...]:
        """The resources of which nothing is ever taken away."""
        return tuple(resource.name for resource in self.resources if not resource.removable)


#: The partner that nothing is sent to.
SENDS_NOTHING = Outbound()
