"""A clock that stands still until it is told otherwise; sleeping moves it on at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class FakeClock:
    """`now` can be set. `on_sleep` is called after each sleep: what happens meanwhile elsewhere."""

    def __init__(self, now: datetime | None = None) -> None:
        self.time = now or datetime(2016, 12, 1, 18, 30, tzinfo=UTC)
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
        self.on_sleep()
