"""How many operations may begin now, by what a partner bears in a second and in a day. Pure."""

from datetime import date, datetime
from typing import NamedTuple

from rollcall.core.sending.channel import Limits


class Quota(NamedTuple):
    """What was begun so far, counted from when the channel was opened. A value: `after` gives the
    next one.

    Of a second's operations as many as there are can begin together; then they come back one by
    one. A day ends at midnight UTC.
    """

    limits: Limits
    at: datetime
    in_second: float = 0.0  # begun, less what has come back since
    in_day: int = 0

    def room(self, at: datetime) -> int:
        """How many operations may begin."""
        room = self.limits.at_once
        if self.limits.per_second is not None:
            room = min(room, int(max(self.limits.per_second, 1.0) - self._in_second(at)))
        if self.limits.per_day is not None:
            room = min(room, self.limits.per_day - self._in_day(at.date()))
        return max(room, 0)

    def after(self, at: datetime) -> "Quota":
        """One more has begun."""
        return Quota(self.limits, at, self._in_second(at) + 1, self._in_day(at.date()) + 1)

    def _in_second(self, at: datetime) -> float:
        came_back = (at - self.at).total_seconds() * (self.limits.per_second or 0.0)
        return max(self.in_second - max(came_back, 0.0), 0.0)

    def _in_day(self, day: date) -> int:
        return self.in_day if day == self.at.date() else 0
