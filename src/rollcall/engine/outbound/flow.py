"""The flow of a sync that sends, in numbers: from our records to what the partner holds.

The numbers of a resource add up: what the records call for is what the partner has accepted as it
is wanted and what is still to be added or changed, but for documents that the partner holds and no
record calls for. They are counted in the mirror and the queue, one statement each. What the records
call for is known as of the last look at them: all edits in near real time, else the last plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from django.db import connection
from django.db.models import Count, Min

from rollcall.core.outbound import Outbound, Resource, Scope
from rollcall.core.problems import Problem
from rollcall.engine import plan_store
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNSOLVED, Alert, AlertKind, Run, RunState, Sync
from rollcall.engine.outbound import switch
from rollcall.engine.outbound.models import Edit, Live, MirrorDocument, MirrorRead, Submission


@dataclass(frozen=True)
class Counts:
    """Documents of one resource ("": of all).

    `records`: what the records call for; None before the first plan. `accepted`: at the partner as
    wanted. `waiting`, `parent`, `refused` and `held`: submissions by state, of which `removals`
    take a document away. `not_called_for`: at the partner, though no record calls for them (not
    removable, or not removed yet), by the last plan of everything. `partner`: how many the partner
    said it holds when it was last read whole, at `read_at`.
    """

    resource: str
    title: str
    records: int | None = None
    accepted: int = 0
    waiting: int = 0
    parent: int = 0
    refused: int = 0
    held: int = 0
    removals: int = 0
    not_called_for: int = 0
    partner: int | None = None
    read_at: datetime | None = None


@dataclass(frozen=True)
class NearRealTime:
    """Whether edits are sent by themselves: since when (`changed_at`, also of off) and by whom."""

    on: bool
    may_turn_on: bool
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True)
class Flow:
    """The whole flow. `records_at`: as of when it is known what the records call for (None: it is
    not). `edits`: not looked at yet. `oldest`: since when the oldest submission or edit waits.
    `trouble`: why the partner does not let us in, or "".
    """

    resources: list[Counts]
    total: Counts
    near_real_time: NearRealTime
    records_at: datetime | None = None
    edits: int = 0
    oldest: datetime | None = None
    trouble: str = ""


def flow(sync: Sync, clock: Clock) -> Flow:
    """The flow of a sync now; Problem when it does not send."""
    raise NotImplementedError


class Which(StrEnum):
    """Documents behind one number of a flow."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    PARENT = "parent"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True)
class Document:
    """One document. `number`: where its list goes on (`after`). `key`: natural key, column to text.
    `student`: the database's number of the student, for links (None: about none, or unknown).

    Of a submission `kind` (a ChangeKind), `code`, `text` (the partner's words), `what_to_do` and
    `who` of the last answer, `attempts` and `next_attempt`; `at` is since when it waits. Of an
    accepted one `at` is when the partner said so.
    """

    number: int
    resource: str
    title: str
    key: dict[str, str]
    at: datetime
    student: int | None = None
    local_id: str | None = None
    name: str = ""
    state: str = Which.ACCEPTED
    kind: str = ""
    code: str = ""
    text: str = ""
    what_to_do: str = ""
    who: str = ""
    attempts: int = 0
    next_attempt: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some documents; `next`: the `after` of the next page, None after the last."""

    documents: list[Document]
    next: int | None


def listed(
    sync: Sync, resource: str, which: Which, after: int | None = None, limit: int = 50
) -> Page:
    """The documents behind one number, of one resource ("": of all, not for ACCEPTED)."""
    raise NotImplementedError


def of_student(sync: Sync, local_id: str) -> list[Document]:
    """All documents of one student, accepted or on their way, in the order they are sent."""
    raise NotImplementedError
