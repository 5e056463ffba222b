"""Chains: the submissions of one student, in the order in which they are sent. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

from rollcall.engine.outbound.models import SubmissionState
from rollcall.engine.outbound.queue import Settled, Taken


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


def given_back(chain: Iterable[Taken], until: datetime | None) -> list[Settled]:
    """What of a chain was not sent; it is due again at `until` (None: at once)."""
    return [
        Settled(one, SubmissionState.WAITING, next_attempt=until, in_doubt=one.tried, sent=False)
        for one in chain
    ]
