"""How fast to send: when to try again, how many requests to have under way at once, and how many
operations may begin. Pure.
"""

from datetime import datetime
from typing import NamedTuple, Self

from rollcall.core.sending.channel import Limits

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
#: Doublings after which the longest pause is reached in any case.
_DOUBLINGS = 9


def backoff(attempts: int, asked_after: float = 0.0, jitter: float = 0.0) -> float:
    """Seconds to wait before the next attempt, after `attempts` that failed before this one.

    1 s, doubling to 5 minutes; never less than the partner asked for. `jitter`, 0 to 1, takes away
    up to half, so that many that failed at one moment do not come back at one moment.
    """
    doublings: int = min(max(attempts, 0), _DOUBLINGS)
    grown = min(_FIRST_PAUSE * float(1 << doublings), _LONGEST_PAUSE)
    return max(grown * (1 - jitter / 2), asked_after)


_FIRST_LIMIT = 4.0
#: A window has as many answers as requests may be under way, and at least so many: to grow at the
#: beginning, and later, when smaller steps are hard to tell from chance.
_LEAST_ANSWERS, _SURE_ANSWERS = 8, 64
#: Overload is this part of a window, and at least so many answers.
_TOO_MANY, _CHANCE = 1 / 8, 3
#: More requests pay when they make an answer take less than this part of what it would take more if
#: the server did one after the other.
_PAYS = 0.5
#: After so many calm windows another limit is tried, larger by this part or smaller.
_TRY, _TRY_AFTER = 1.25, 16
#: The answers' time against the calm one from which fewer requests are had under way.
_SLOW = 2.0
#: Answers that come within so many seconds are quick, however many are asked for at once: waiting
#: for our turn on a machine that has others takes as long.
_NOISE = 0.010


class Pace(NamedTuple):
    """How many requests to have under way, learned from the answers. A value: `after` gives the
    next one.

    The limit doubles with each window of answers while that pays, then goes back a step and stays.
    In turn a quarter more and a fifth less is tried now and then, for servers get faster and
    slower: more is kept when it pays, less when more did not. Overload halves the limit, once for
    all requests that were under way together; one refusal among many is chance and does not.
    """

    maximum: int
    exact_limit: float
    before: float  # the limit to go back to while another one is tried; else as `exact_limit`
    step: float = 2.0  # by what the limit grows
    calm: float = 0.0  # mean seconds of an answer before the limit was changed; 0: not known yet
    windows: int = 0  # since the limit was last changed
    down: bool = False  # whether less is tried next
    answers: int = 0  # of this window
    seconds: float = 0.0  # they took together
    overloads: int = 0  # answers of this window that say "too much"
    skip: int = 0  # answers to come of requests that were sent before the limit was changed

    @classmethod
    def of(cls, maximum: int) -> Self:
        """The pace to begin with."""
        concurrency = min(_FIRST_LIMIT, float(maximum))
        return cls(maximum, concurrency, concurrency)

    @property
    def limit(self) -> int:
        """The most requests to have under way now; at least 1."""
        return int(self.exact_limit)

    def without_next(self, answers: int) -> "Pace":
        """The pace that learns nothing from the next so many answers."""
        return Pace(*self[:-1], max(self.skip, answers))

    def after(self, overloaded: bool, seconds: float) -> "Pace":
        """The pace after an answer that took so many seconds. `overloaded`: it says "too much", or
        did not come at all.
        """
        if self.skip:
            return Pace(*self[:-1], self.skip - 1)
        window = max(self.exact_limit, _LEAST_ANSWERS if self.step > _TRY else _SURE_ANSWERS)
        if overloaded:
            overloads = self.overloads + 1
            if overloads >= max(_CHANCE, _TOO_MANY * window):
                return self._at(self.exact_limit / 2, step=_TRY, calm=0.0)
            return Pace(*self[:-2], overloads, 0)
        answers, took = self.answers + 1, self.seconds + seconds
        if answers < window:
            return Pace(*self[:-4], answers, took, self.overloads, 0)
        return self._judged(max(took / answers, _NOISE))

    def _judged(self, mean: float) -> "Pace":
        """After a window: keep what was tried or go back, try something, or stay."""
        if self.exact_limit != self.before:
            return self._tried(mean)
        if self.step > _TRY and self.exact_limit < self.maximum:
            return self._try(self.exact_limit * self.step, mean)
        if self.calm and mean > _SLOW * self.calm:
            return self._at(self.exact_limit / _TRY, calm=mean)
        if self.windows + 1 >= _TRY_AFTER:
            turned = self._replace(down=not self.down)
            return turned._try(
                self.exact_limit / _TRY if self.down else self.exact_limit * _TRY, mean
            )
        return self._at(self.exact_limit, step=_TRY, calm=mean, windows=self.windows + 1)

    def _tried(self, mean: float) -> "Pace":
        more = self.exact_limit > self.before
        most, least = (self.exact_limit, self.before) if more else (self.before, self.exact_limit)
        rose = mean / self.calm if more else self.calm / mean
        pays = rose <= 1 + _PAYS * (most / least - 1)
        if pays and more:
            return self._try(self.exact_limit * self.step, mean)
        if pays == more:
            return self._at(self.exact_limit, calm=mean)
        return self._at(self.before, step=_TRY, calm=self.calm)

    def _try(self, limit: float, mean: float) -> "Pace":
        return self._at(limit, calm=mean)._replace(before=self.exact_limit)

    def _at(self, limit: float, *, calm: float, step: float = 0.0, windows: int = 0) -> "Pace":
        """A new window, perhaps with another limit: what is under way now was sent with the old."""
        concurrency = min(max(limit, 1.0), float(self.maximum))
        skip = 0 if concurrency == self.exact_limit else self.limit
        begun = Pace(self.maximum, concurrency, concurrency, step or self.step, calm, windows)
        return begun._replace(down=self.down, skip=skip)


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
