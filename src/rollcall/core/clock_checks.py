"""What an integration has to say of a sync by the clock, whether it runs or not."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SyncFacts:
    """What is known of a sync: the moment, when a run of it was applied first and last, and when a
    person last looked at what the partner's rules say (None: never).
    """

    at: datetime
    first_applied: datetime | None = None
    last_applied: datetime | None = None
    looked_at_rules: datetime | None = None


@dataclass(frozen=True)
class Due:
    """An alert that holds now: its declared code and a few words; open until they are not given any
    more.
    """

    code: str
    detail: str = ""
