"""How long to wait before the next try at signing in: longer with each failure, never for good."""

from dataclasses import dataclass
from datetime import timedelta

#: Failures are forgotten when no more came for so long.
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Slowing:
    """`free` failures cost nothing; then one waits 1, 2, 4 ... seconds, `longest` at most."""

    free: int
    longest: int

    @property
    def waits(self) -> tuple[int, ...]:
        """Seconds to wait after so many failures (0, 1, 2 ...); the last one is for all beyond."""
        growing: list[int] = []
        while (wait := 1 << len(growing)) < self.longest:
            growing.append(wait)
        return (*[0] * self.free, *growing, self.longest)
