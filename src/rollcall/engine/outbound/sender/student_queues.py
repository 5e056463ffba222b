"""Chains: the submissions of one student, in the order in which they are sent. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

from rollcall.core.plans.digest import SEPARATOR
from rollcall.core.sending.outbound import Next, Resource
from rollcall.engine.outbound.models import SubmissionState
from rollcall.engine.outbound.queue import Taken
from rollcall.engine.outbound.sender.record_answers import Settled


def owner_of(submission: Taken, resource: Resource) -> str:
    """Whose document this is at the partner; the documents of one owner are sent one after the
    other. By the partner's own id of the student: a local id may change, or pass to another.
    """
    about = resource.about[1]
    if not about:
        return f"{resource.name} {submission.key}"
    return submission.key.split(SEPARATOR)[list(resource.record.key).index(about)]


Chains = dict[str, deque[Taken]]


def chained(taken: Iterable[Taken], orders: Mapping[str, int]) -> tuple[Chains, list[Settled]]:
    """By owner what is sent, parents first; what is to go comes last, children first. And what is
    given back: what is to go while something that comes in its place waits for its time.

    `orders`: by resource.
    """
    owners: dict[str, list[Taken]] = {}
    for submission in taken:
        owners.setdefault(submission.owner, []).append(submission)
    chains: Chains = {}
    back: list[Settled] = []
    for owner, theirs in owners.items():
        due = _in_order([submission for submission in theirs if submission.due], orders)
        # When the first of an owner's documents that are to come is tried again, of those that are
        # not due.
        later = (
            submission for submission in theirs if not submission.due and not submission.removes
        )
        if until := min(
            (submission.next_attempt for submission in later if submission.next_attempt),
            default=None,
        ):
            back += given_back((submission for submission in due if submission.removes), until)
            due = [submission for submission in due if not submission.removes]
        if due:
            chains[owner] = deque(due)
    return chains, back


def _in_order(chain: list[Taken], orders: Mapping[str, int]) -> list[Taken]:
    def place(submission: Taken) -> tuple[bool, int, int]:
        order = orders[submission.resource]
        return submission.removes, -order if submission.removes else order, submission.id

    return sorted(chain, key=place)


def parted(
    chain: deque[Taken], after: Taken, verdict: Next | None
) -> tuple[deque[Taken], list[Taken]]:
    """What of a chain is sent next, and what is given back; `verdict`: on the one before (None:
    nothing more is sent).

    What waits for its parent lets others by: the parent may be among them. So it is with a student
    who was added without our hearing of it: the partner takes no change of students before it has
    an enrollment of theirs. Nothing is taken away before all that comes in its place is there.
    """
    if verdict is Next.PARENT and not after.removes:
        return deque(x for x in chain if not x.removes), [x for x in chain if x.removes]
    if verdict in (Next.AGAIN, Next.PARENT, None):
        return deque(), list(chain)
    return chain, []


def given_back(chain: Iterable[Taken], until: datetime | None) -> list[Settled]:
    """What of a chain was not sent; it is due again at `until` (None: at once)."""
    return [
        Settled(
            submission,
            SubmissionState.WAITING,
            next_attempt=until,
            in_doubt=submission.tried,
            sent=False,
        )
        for submission in chain
    ]
