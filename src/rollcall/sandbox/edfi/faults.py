"""What goes wrong to order. Set the attributes while the stand-in runs."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from rollcall.sandbox.edfi.answers import SYSTEM, THROTTLED, UNAVAILABLE, Reason, Refused
from rollcall.sandbox.edfi.store import Key, Place

WRITES = ("POST", "PUT", "DELETE")

_REASONS = {429: THROTTLED, 500: SYSTEM, 503: UNAVAILABLE}
_TEXTS = {
    429: "Too many requests. Try again later.",
    500: "An unexpected problem has occurred.",
    503: "The service is not available at the moment.",
}


class Fault(StrEnum):
    """What can happen to a request."""

    THROTTLED = "429"
    FAILING = "500"
    UNAVAILABLE = "503"
    DROP_BEFORE = "drop-before"  # the connection ends and nothing was written
    DROP_AFTER = "drop-after"  # the connection ends after the write
    NONE = "none"


@dataclass
class Faults:
    """Everything to order, for requests to the resources with one of `methods`.

    `latency` and up to `jitter` more: seconds before a request is processed. Shares (0 to 1) of
    requests: `throttled` (429 with `retry_after` whole seconds; None: no such header), `failing`
    (500), `unavailable` (503), `dropped_before` and `dropped_after` the write. `sequence`: faults
    for the next requests, one each, before the shares count; `sign_in`: the same for requests for
    a token. `requests_per_token`: after so many a token is refused (0: any number). `down`: every
    connection is cut once it asks for something. `seed`: of the chances.
    """

    latency: float = 0.0
    jitter: float = 0.0
    throttled: float = 0.0
    failing: float = 0.0
    unavailable: float = 0.0
    dropped_before: float = 0.0
    dropped_after: float = 0.0
    retry_after: int | None = 1
    requests_per_token: int = 0
    down: bool = False
    methods: tuple[str, ...] = WRITES
    sequence: list[str] = field(default_factory=list)
    sign_in: list[str] = field(default_factory=list)
    seed: int = 0
    _refused: dict[Place, tuple[int, str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable, keeps no secret

    def set(self, faults: Mapping[str, Any]) -> None:
        """Set attributes by name; raises ValueError for a name there is not. `refused`: a list of
        {resource, key, status, text}, in place of those before.
        """
        names = {attribute.name for attribute in fields(self) if attribute.init}
        unknown = faults.keys() - names - {"refused"}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        for name, value in faults.items():
            if name == "refused":
                self._refused.clear()
                for refusal in value:
                    self.refuse(
                        refusal["resource"],
                        tuple(refusal["key"]),
                        refusal["status"],
                        refusal["text"],
                    )
            else:
                setattr(self, name, value)
        self._chance.seed(self.seed)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        none = Faults(seed=self.seed)
        self.set(
            {
                attribute.name: getattr(none, attribute.name)
                for attribute in fields(self)
                if attribute.init
            }
        )
        self._refused.clear()

    def refuse(
        self, resource: str, key: Key, status: int = 400, text: str = "The state says no."
    ) -> None:
        """Refuse writes of this document; with the first parts of a key, of all it begins."""
        self._refused[resource, tuple(key)] = (status, text)

    def accept(self, resource: str, key: Key) -> None:
        """No longer refuse these."""
        self._refused.pop((resource, tuple(key)), None)

    def check(self, resource: str, key: Key) -> None:
        """Raise Refused when writes of this document are refused by order."""
        if not self._refused:
            return
        for length in range(len(key) + 1):
            ordered = self._refused.get((resource, key[:length]))
            if ordered:
                status, text = ordered
                raise Refused(Reason(status, "sandbox:ordered", "Refused by order"), text)

    def wait(self) -> float:
        """Seconds before the next request is processed."""
        return self.latency + (self._chance.random() * self.jitter if self.jitter else 0.0)

    def next(self, method: str) -> Fault:
        """What happens to the next request."""
        if method not in self.methods:
            return Fault.NONE
        if self.sequence:
            return Fault(str(self.sequence.pop(0)))
        shares = (
            (self.throttled, Fault.THROTTLED),
            (self.failing, Fault.FAILING),
            (self.unavailable, Fault.UNAVAILABLE),
            (self.dropped_before, Fault.DROP_BEFORE),
            (self.dropped_after, Fault.DROP_AFTER),
        )
        if not any(share for share, _ in shares):
            return Fault.NONE
        drawn = self._chance.random()
        for share, fault in shares:
            if drawn < share:
                return fault
            drawn -= share
        return Fault.NONE

    def next_sign_in(self) -> Fault:
        """What happens to the next request for a token."""
        return Fault(str(self.sign_in.pop(0))) if self.sign_in else Fault.NONE

    def refusal(self, fault: Fault) -> tuple[Refused, bytes]:
        """The refusal a fault is, and further header lines."""
        status = int(fault.value)
        lines = b""
        if status == 429 and self.retry_after is not None:
            lines = b"Retry-After: %d\r\n" % self.retry_after
        return Refused(_REASONS[status], _TEXTS[status]), lines
