"""A clock that can be set to a past day, from where it goes on as time does."""

from datetime import UTC, datetime, timedelta


class StoryClock:
    """The engine's clock for history: `set` puts it to a moment; `behind`: how far it is back."""

    def __init__(self) -> None:
        self.behind = timedelta()

    def set(self, moment: datetime) -> None:
        """It is `moment` (aware) now."""
        self.behind = datetime.now(UTC) - moment.astimezone(UTC)

    def now(self) -> datetime:
        """The time (aware, UTC)."""
        return datetime.now(UTC) - self.behind

    def sleep(self, seconds: float) -> None:
        """In the past there is no waiting: its files were complete."""
        self.behind -= timedelta(seconds=seconds)
