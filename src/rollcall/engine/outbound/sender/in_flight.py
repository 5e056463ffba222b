"""What a sender has in hand: chains of submissions, and what became of those that were sent."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from rollcall.core.sending.outbound import Next
from rollcall.engine.outbound.queue import Taken
from rollcall.engine.outbound.sender.record_answers import Settled
from rollcall.engine.outbound.sender.student_queues import Chains, given_back, parted


@dataclass
class Hand:
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

    def next(self) -> Taken:
        """What is sent next; it is under way then."""
        return self.chains[self.ready.popleft()][0]

    def again(self, submission: Taken) -> None:
        """One that was under way is asked about, or sent, once more before all others."""
        self.ready.appendleft(submission.owner)

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

    def held(self) -> Iterable[Taken]:
        """All in the chains."""
        return (submission for chain in self.chains.values() for submission in chain)
