"""What a sender has in hand: for each student a chain of submissions, in the order in which they
are sent, and the answers to those that were sent. Pure.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rollcall.core.plans.digest import SEPARATOR
from rollcall.core.sending.channel import Next
from rollcall.core.sending.outbound import Resource
from rollcall.engine.outbound.queue import QueuedSubmission
from rollcall.engine.outbound.sender.record_answers import Outcome, Settled


def owner_of(submission: QueuedSubmission, resource: Resource) -> str:
    """Whose document this is at the partner; the documents of one owner are sent one after the
    other. By the partner's own id of the student: a local id may change, or pass to another.
    """
    about = resource.about
    if not about:
        return f"{resource.name} {submission.key}"
    return submission.key.split(SEPARATOR)[list(resource.record.key).index(about)]


Chains = dict[str, deque[QueuedSubmission]]


def chained(
    taken: Iterable[QueuedSubmission], orders: Mapping[str, int]
) -> tuple[Chains, list[Settled]]:
    """By owner what is sent, parents first; what is to go comes last, children first. And what is
    given back: what is to go while something that comes in its place waits for its time.

    `orders`: by resource.
    """

    def place(submission: QueuedSubmission) -> tuple[bool, int, int]:
        order = orders[submission.resource]
        return submission.removes, -order if submission.removes else order, submission.id

    owners: dict[str, list[QueuedSubmission]] = {}
    for submission in taken:
        owners.setdefault(submission.owner, []).append(submission)
    chains: Chains = {}
    back: list[Settled] = []
    for owner, theirs in owners.items():
        due = sorted((submission for submission in theirs if submission.due), key=place)
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


def parted(
    chain: deque[QueuedSubmission], after: QueuedSubmission, verdict: Next | None
) -> tuple[deque[QueuedSubmission], list[QueuedSubmission]]:
    """What of a chain is sent next, and what is given back; `verdict`: on the one before (None:
    nothing more is sent).

    What waits for its parent lets others by: the parent may be among them. So it is with a student
    who was added without our hearing of it: the partner takes no change of students before it has
    an enrollment of theirs. Nothing is taken away before all that comes in its place is there.
    """
    if verdict is Next.PARENT and not after.removes:
        comes = deque(submission for submission in chain if not submission.removes)
        return comes, [submission for submission in chain if submission.removes]
    if verdict in (Next.AGAIN, Next.PARENT, None):
        return deque(), list(chain)
    return chain, []


def given_back(chain: Iterable[QueuedSubmission], until: datetime | None) -> list[Settled]:
    """What of a chain was not sent; it is due again at `until` (None: at once)."""
    return [
        Settled(
            submission,
            Outcome.WAITING,
            next_attempt=until,
            in_doubt=submission.tried,
            sent=False,
        )
        for submission in chain
    ]


@dataclass
class InFlight:
    """Chains by owner. `ready`: the owners whose first is to be sent next; that of the others is
    under way. `settled`: what is to be written down.
    """

    ready: deque[str] = field(default_factory=deque)
    chains: Chains = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)

    def take(self, chains: Chains) -> None:
        """Take more in hand; of these owners nothing is."""
        self.chains |= chains
        self.ready.extend(chains)

    def next(self) -> QueuedSubmission:
        """What is sent next; it is under way then."""
        return self.chains[self.ready.popleft()][0]

    def answered(self, settled: Settled, verdict: Next | None) -> None:
        """One has its answer; `verdict`: on it (None: nothing more is sent)."""
        submission = settled.taken
        self.settled.append(settled)
        chain = self.chains.pop(submission.owner)
        chain.popleft()
        chain, remaining = parted(chain, submission, verdict)
        self.settled += given_back(remaining, settled.next_attempt)
        if chain:
            self.take({submission.owner: chain})

    def give_back(self) -> None:
        """Nothing that is not under way is sent."""
        for owner in self.ready:
            self.settled += given_back(self.chains.pop(owner), None)
        self.ready.clear()

    def all(self) -> Iterable[QueuedSubmission]:
        """All in the chains."""
        return (submission for chain in self.chains.values() for submission in chain)
