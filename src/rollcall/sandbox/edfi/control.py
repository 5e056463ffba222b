"""Looking at a stand-in that runs in a process of its own, and ordering its faults."""

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from rollcall.sandbox.edfi.answers import BAD_REQUEST, NOT_FOUND, Refused, Reply, json_reply, page

if TYPE_CHECKING:
    from rollcall.sandbox.edfi.app import StandIn


def state(stand_in: "StandIn") -> dict[str, Any]:
    """How much there is and was; no student data."""
    return {
        "documents": {name: len(table.by_id) for name, table in stand_in.store.tables.items()},
        "answered": dict(sorted(stand_in.answered.items())),
        "accepted": len(stand_in.writer.history),
        "tokens": stand_in.tokens.given,
        "version": stand_in.store.version,
    }


def documents(stand_in: "StandIn", resource: str) -> Reply:
    """All documents of a resource as they were sent, by natural key; also those of students that
    the client does not see.
    """
    table = stand_in.store.tables.get(resource)
    if table is None:
        raise Refused(NOT_FOUND, "There is no such resource.")
    by_key = sorted(table.by_key.items(), key=itemgetter(0))
    return page(b"[" + b",".join(document.body for _, document in by_key) + b"]")


def order(stand_in: "StandIn", body: bytes) -> Reply:
    """Set faults by a JSON object of their names; `{"clear": true}` ends them all. Beside them
    `problem_details` (the newer shape of refusals) and `token_lifetime` (seconds) can be set.
    """
    try:
        faults = dict(json.loads(body))
        if faults.pop("clear", False):
            stand_in.faults.clear()
        if "problem_details" in faults:
            stand_in.shaper.problem_details = bool(faults.pop("problem_details"))
        if "token_lifetime" in faults:
            stand_in.tokens.lifetime = float(faults.pop("token_lifetime"))
        stand_in.faults.set(faults)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(BAD_REQUEST, f"These faults cannot be ordered: {error}") from error
    return json_reply(state(stand_in))
