"""Is a file whole, or is somebody still writing it? Decided from how it looked, look after look.

An export that takes a minute to write must not be read half. (Issue 2: a file still being written
is waited for; promise 7.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

#: A server that tells no time of change sends the epoch: it says nothing about age.
_TELLS_A_TIME = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Look:
    """How a file looked at a moment: `at` by our clock, `modified` by the server's (both UTC);
    `size` None where the server tells none.
    """

    at: datetime
    size: int | None
    modified: datetime


@dataclass(frozen=True)
class Patience:
    """How long to look, in seconds.

    A file not changed for `old` is whole. A younger one, or one we have seen change, is whole when
    two looks at least `settle` apart are equal. After `limit` without that we give up.
    """

    old: float = 60
    settle: float = 5
    limit: float = 600


class Verdict(StrEnum):
    """What the looks say."""

    SETTLED = "settled"
    WAIT = "wait"
    GAVE_UP = "gave_up"


@dataclass(frozen=True)
class Decision:
    """The verdict, and for WAIT after how many seconds to look again."""

    verdict: Verdict
    wait: float = 0


def decide(looks: Sequence[Look], patience: Patience) -> Decision:
    """Decide from the looks so far, oldest first; there is at least one.

    A time of change in the future shows that the two clocks differ, so that it says nothing about
    the file's age: only equal looks count then. So it is for a file that grows while its time stays
    as it was, which Windows tells late.
    """
    last = looks[-1]
    # Since when the file has looked as it does now.
    latest = looks[-1]
    since = latest.at
    for look in reversed(looks):
        if (look.size, look.modified) != (latest.size, latest.modified):
            break
        since = look.at
    steady = (last.at - since).total_seconds()
    age = (last.at - last.modified).total_seconds()
    old = since == looks[0].at and last.modified >= _TELLS_A_TIME and age > patience.old
    if old or (len(looks) > 1 and steady >= patience.settle):
        return Decision(Verdict.SETTLED)
    if (last.at - looks[0].at).total_seconds() >= patience.limit:
        return Decision(Verdict.GAVE_UP)
    return Decision(Verdict.WAIT, patience.settle - steady)
