"""The states of a data flow and of its documents, in words. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rollcall.core.plans.plan import ChangeKind
from rollcall.engine.outbound.figures.document_pages import Which
from rollcall.engine.outbound.figures.figures import Flow


@dataclass(frozen=True)
class State:
    """A word with its tone, and what it means in a sentence."""

    word: str
    tone: str
    meaning: str


#: The states of documents.
DOCUMENT_STATES: Mapping[Which, State] = {
    Which.ACCEPTED: State("Accepted", "good", "The state system has what your records say."),
    Which.WAITING: State("Waiting", "busy", "This document will be sent soon."),
    Which.PARENT: State(
        "Blocked", "busy", "It refers to a document that the state system does not have yet."
    ),
    Which.REFUSED: State(
        "Refused", "bad", "The partner refused it. Rollcall retries when the records change."
    ),
    Which.HELD: State(
        "Held", "attention", "A safety limit stopped it. It is waiting for approval."
    ),
}
#: What a submission does to a document.
CHANGES: Mapping[str, str] = {
    ChangeKind.ADD: "Add",
    ChangeKind.UPDATE: "Update",
    ChangeKind.REMOVE: "Remove",
}

_PAUSED = State("Paused", "quiet", "Nothing is sent. Edits wait until the sync is resumed.")
_UP_TO_DATE = State("Up to date", "good", "The partner accepted everything your records require.")
#: The states of a flow that is not up to date: the first that applies counts.
_FLOW_STATES: tuple[tuple[Callable[[Flow], object], State], ...] = (
    (
        lambda flow: flow.trouble,
        State(
            "Sign-in failed",
            "bad",
            "The partner does not accept the sign-in. Everything waits until it does.",
        ),
    ),
    (
        lambda flow: flow.total.records is None,
        State(
            "Not started",
            "quiet",
            "Nothing has been compared with the partner yet. Start with the first job.",
        ),
    ),
    (
        lambda flow: flow.total.held,
        State("Held", "attention", "Some documents are waiting for approval. All others are sent."),
    ),
    (
        lambda flow: flow.total.refused,
        State(
            "Some refused",
            "attention",
            "The partner refused some documents. See its answers and correct the records.",
        ),
    ),
    (
        lambda flow: flow.edits or flow.total.waiting or flow.total.parent,
        State("Sending", "busy", "Edits are being sent."),
    ),
)


def flow_state(flow: Flow, paused: bool) -> State:
    """The state of a flow."""
    if paused:
        return _PAUSED
    return next((state for applies, state in _FLOW_STATES if applies(flow)), _UP_TO_DATE)
