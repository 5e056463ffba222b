"""What the partner's own rules say of what it has accepted (Ed-Fi: level 2), from its report.

The partner shows it on its own pages only, so people save the report there and give it to us. Each
report is the whole of what is wrong: what a new one no longer has is solved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollcall.engine.clock import Clock
from rollcall.engine.models import Sync


@dataclass(frozen=True)
class Uploaded:
    """What a report told. `rows`: problems in it, `students` that they are about. `opened`,
    `continuing`, `solved`: alerts. `strangers`: (line, state id) of rows about students whom the
    district does not have. `unreadable`: rows that could not be read; with any, nothing is taken
    for solved.
    """

    rows: int
    students: int
    opened: int
    continuing: int
    solved: int
    unreadable: int
    strangers: list[tuple[int, str]]


@dataclass(frozen=True)
class Look:
    """The last time somebody gave us the report (`counts`: the numbers of Uploaded) or said that
    they looked at it (`counts` empty).
    """

    at: datetime
    by: str
    counts: Mapping[str, int]


def can(sync: Sync) -> bool:
    """Whether this sync's integration reads such reports."""
    raise NotImplementedError


def upload(sync: Sync, data: bytes, clock: Clock, person: str) -> Uploaded:
    """Take in the report: alerts (kind RULE) open, go on and are solved. Problem when the file is
    no such report.
    """
    raise NotImplementedError


def looked(sync: Sync, clock: Clock, person: str) -> None:
    """Somebody looked at the partner's own page of problems; the reminder can wait a week."""
    raise NotImplementedError


def last_look(sync: Sync) -> Look | None:
    """When and by whom it was looked at last; None: never."""
    raise NotImplementedError


def last_upload(sync: Sync) -> Look | None:
    """The last report; None: never."""
    raise NotImplementedError
