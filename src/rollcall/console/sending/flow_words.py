"""How a flow stands, in words: for the page of a sync that sends. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rollcall.core.plans.plan import ChangeKind
from rollcall.engine.outbound.figures.document_pages import Which
from rollcall.engine.outbound.figures.figures import Flow


@dataclass(frozen=True)
class Standing:
    """A word with its tone, and what it means in a sentence."""

    word: str
    tone: str
    meaning: str


#: The states of documents: the word, its tone, and what it says of one.
WHICH: Mapping[Which, Standing] = {
    Which.ACCEPTED: Standing("Accepted", "good", "The partner holds it as your records say."),
    Which.WAITING: Standing("Waiting", "busy", "It is sent when its turn comes."),
    Which.PARENT: Standing(
        "Waits for another", "busy", "It refers to a document that the partner does not hold yet."
    ),
    Which.REFUSED: Standing(
        "Refused", "bad", "The partner said no. It is tried again when the records change."
    ),
    Which.HELD: Standing("Held", "attention", "A guard stopped it; a person has to agree."),
}
#: What a submission makes of a document.
KINDS: Mapping[str, str] = {
    ChangeKind.ADD: "Add",
    ChangeKind.UPDATE: "Update",
    ChangeKind.REMOVE: "Take away",
}

_NOT_STARTED = Standing(
    "Not started", "quiet", "Nothing was compared with the partner yet: begin with the first job."
)
_PAUSED = Standing(
    "Paused", "quiet", "Nothing is sent. What is edited meanwhile waits, and none of it is lost."
)
_NOT_LET_IN = Standing(
    "Not let in", "bad", "The partner does not let us in; everything waits until it does."
)
_HELD = Standing("Held", "attention", "Some documents wait for a person; the others are sent.")
_REFUSED = Standing(
    "Some refused", "attention", "The partner refused some documents; see its words, and correct."
)
_SENDING = Standing("Sending", "busy", "What was edited is on its way.")
_IN_STEP = Standing("In step", "good", "The partner accepted all that your records call for.")

#: What matters most, first.
_STANDINGS: tuple[tuple[Callable[[Flow], object], Standing], ...] = (
    (lambda flow: flow.trouble, _NOT_LET_IN),
    (lambda flow: flow.total.records is None, _NOT_STARTED),
    (lambda flow: flow.total.held, _HELD),
    (lambda flow: flow.total.refused, _REFUSED),
    (lambda flow: flow.edits or flow.total.waiting or flow.total.parent, _SENDING),
)


def standing(flow: Flow, paused: bool) -> Standing:
    """How a flow stands."""
    if paused:
        return _PAUSED
    return next((word for holds, word in _STANDINGS if holds(flow)), _IN_STEP)
