"""Progress of a run, kept where everybody can see it: in the run's own row."""

from collections.abc import Callable

from rollcall.engine.clock import Clock
from rollcall.engine.models import Run, Step

#: Called at every step boundary and now and then within a step: (step, rows done so far).
Watcher = Callable[[Step, int], None]

_SECONDS_BETWEEN = 1.0


def unwatched(step: Step, rows: int) -> None:
    """The watcher of a run that nobody looks at."""


class Progress:
    """Writes step and rows into the run, at most once a second within a step."""

    def __init__(self, run: Run, clock: Clock, watcher: Watcher = unwatched) -> None:
        self._run, self._clock, self._watcher = run, clock, watcher
        self._written = clock.now()
        self._steps: list[dict[str, str | None]] = []

    def step(self, step: Step) -> None:
        """The run now begins `step`; the one before has ended."""
        self._end_step()
        began = self._clock.now().isoformat()
        self._steps.append({"step": step, "started_at": began, "finished_at": None})
        self._write(step, 0)

    def expect(self, rows: int) -> None:
        """There are about so many rows to read."""
        self._run.rows_expected = rows
        self._run.save(update_fields=["rows_expected"])

    def end(self) -> None:
        """The last step has ended."""
        self._end_step()
        self._run.steps = self._steps
        self._run.save(update_fields=["steps"])

    def _end_step(self) -> None:
        if self._steps and self._steps[-1]["finished_at"] is None:
            self._steps[-1]["finished_at"] = self._clock.now().isoformat()

    def rows(self, done: int) -> None:
        """`done` rows of the present step are done."""
        if (self._clock.now() - self._written).total_seconds() >= _SECONDS_BETWEEN:
            self._write(Step(self._run.step), done)

    def _write(self, step: Step, rows: int) -> None:
        self._run.step, self._run.rows_done = step, rows
        self._run.steps = self._steps
        self._run.save(update_fields=["step", "rows_done", "steps"])
        self._written = self._clock.now()
        self._watcher(step, rows)
