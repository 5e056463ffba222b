"""How many operations may begin now, by what a partner bears in a second and in a day. Pure."""

from datetime import datetime
from typing import NamedTuple

from rollcall.core.sending.channel import Limits


class Quota(NamedTuple):
    """What was begun so far, counted from when the channel was opened. A value: `after` gives the
    next one.

    Of a second's operations all can begin together; then they come back one by one. A day ends at
    midnight UTC.
    """

    limits: Limits
    at: datetime
    in_second: float = 0.0  # begun, less what has come back since
    in_day: int = 0

    def room(self, at: datetime) -> int:
        """How many operations may begin."""
        of_second, of_day = self.limits.per_second, self.limits.per_day
        begun = self._at(at)
        room = self.limits.at_once
        if of_second is not None:
            room = min(room, int(max(of_second, 1.0) - begun.in_second))
        if of_day is not None:
            room = min(room, of_day - begun.in_day)
        return max(room, 0)

    def after(self, at: datetime) -> "Quota":
        """One more has begun."""
        if self.limits.per_second is None and self.limits.per_day is None:
            return self  # nothing is counted
        begun = self._at(at)
        return begun._replace(in_second=begun.in_second + 1, in_day=begun.in_day + 1)

    def _at(self, at: datetime) -> "Quota":
        """What still counts at a later time."""
        came_back = max((at - self.at).total_seconds(), 0.0) * (self.limits.per_second or 0.0)
        in_day = self.in_day if at.date() == self.at.date() else 0
        return Quota(self.limits, at, max(self.in_second - came_back, 0.0), in_day)
