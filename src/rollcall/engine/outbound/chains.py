"""Chains: the submissions of one student, in the order in which they are sent. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

from rollcall.core.digest import SEPARATOR
from rollcall.core.outbound import Next, Resource
from rollcall.engine.outbound.models import SubmissionState
from rollcall.engine.outbound.queue import Taken
from rollcall.engine.outbound.settling import Settled


def owner_of(one: Taken, resource: Resource) -> str:
    """Whose document this is at the partner; the documents of one owner are sent one after the
    other. By the partner's own id of the student: a local id may change, or pass to another.
    """
    about = resource.about[1]
    if not about:
        return f"{resource.name} {one.key}"
    return one.key.split(SEPARATOR)[list(resource.record.key).index(about)]


def chained(taken: Iterable[Taken], orders: Mapping[str, int]) -> dict[str, deque[Taken]]:
    """By owner what is due, parents first; what is to go comes last, children first.

    `orders`: by resource.
    """
    owners: dict[str, list[Taken]] = {}
    for one in taken:
        owners.setdefault(one.owner, []).append(one)
    return {owner: _in_order(chain, orders) for owner, chain in owners.items()}


def _in_order(chain: list[Taken], orders: Mapping[str, int]) -> deque[Taken]:
    def place(one: Taken) -> tuple[bool, int, int]:
        order = orders[one.resource]
        return one.removes, -order if one.removes else order, one.id

    return deque(one for one in sorted(chain, key=place) if one.due)


def parted(
    chain: deque[Taken], after: Taken, verdict: Next | None
) -> tuple[deque[Taken], list[Taken]]:
    """What of a chain is sent next, and what is given back; `verdict`: on the one before (None:
    nothing more is sent).

    What waits for its parent lets others by: the parent may be among them. So it is with a student
    who was added without our hearing of it: the partner takes no change of students before it has
    an enrolment of theirs. Nothing is taken away before all that comes in its place is there.
    """
    if verdict is Next.PARENT and not after.removes:
        return deque(x for x in chain if not x.removes), [x for x in chain if x.removes]
    if verdict in (Next.AGAIN, Next.PARENT, None):
        return deque(), list(chain)
    return chain, []


def given_back(chain: Iterable[Taken], until: datetime | None) -> list[Settled]:
    """What of a chain was not sent; it is due again at `until` (None: at once)."""
    return [
        Settled(one, SubmissionState.WAITING, next_attempt=until, in_doubt=one.tried, sent=False)
        for one in chain
    ]
