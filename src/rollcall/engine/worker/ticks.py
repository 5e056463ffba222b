"""When the worker's own jobs come again, whatever the machine's clock does.

Procrastinate defers every tick between the last one and now. A clock that went back an hour lets
nothing come for an hour, one that was years ahead for a moment nothing for years; and after a
weekend asleep it defers tens of thousands, one by one.
"""

from collections.abc import Iterator
from typing import Any

from procrastinate.periodic import PeriodicDeferrer, PeriodicTask
from procrastinate.worker import Worker

from rollcall.engine.worker import stopping


class Ticks(PeriodicDeferrer):
    """Defers the tick that is due now, and none that were missed."""

    def get_timestamps(
        self, periodic_task: PeriodicTask[Any, Any, Any], since: int | None, until: float
    ) -> Iterator[int]:
        """The last tick before `until`, unless it is the one deferred last (`since`)."""
        last = super().get_timestamps(periodic_task, None, until)
        return (timestamp for timestamp in last if timestamp != since)


class TickingWorker(Worker):
    """A worker with these ticks, which leaves its runs when it is asked to stop."""

    async def run(self) -> None:
        """Run until asked to stop."""
        stopping.begin()
        await super().run()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """Take no more jobs, and leave the runs under way at their next step."""
        stopping.stop()
        super().stop()  # type: ignore[no-untyped-call]

    async def _periodic_deferrer(self) -> None:
        await Ticks(registry=self.app.periodic_registry, **self.app.periodic_defaults).worker()
