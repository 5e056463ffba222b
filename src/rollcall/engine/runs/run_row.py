"""The row of a run, and the one place that writes it: where the run is, how far it has come, and
what its steps have left.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction

from rollcall.engine.clock import Clock
from rollcall.engine.models import Run
from rollcall.engine.runs import fencing

#: Called at every step boundary and now and then within a step: (step, rows done so far).
Watcher = Callable[[str, int], None]

_SECONDS_BETWEEN = 1.0


def unwatched(step: str, rows: int) -> None:
    """The watcher of a run that nobody looks at."""


def write(run: Run, **fields: Any) -> None:
    """Write these fields of a run; Superseded when another process has begun it anew."""
    with transaction.atomic():
        fencing.hold(run)
        for name, value in fields.items():
            setattr(run, name, value)
        run.save(update_fields=list(fields))


class RunRow:
    """Keeps a run's row while one process carries the run out.

    Rows done are written at most once a second within a step. What a step leaves takes the place of
    what it left before, when it is done again.
    """

    def __init__(self, run: Run, clock: Clock, watcher: Watcher = unwatched) -> None:
        self._run, self._clock, self._watcher = run, clock, watcher
        self._written = clock.now()
        self._steps: list[dict[str, str | None]] = []
        # By step: findings, and lines of the summary. A run that goes on after it had written has
        # those of the steps before.
        written = run.applied_at is not None
        self._findings: dict[str, Sequence[dict[str, Any]]] = {"": run.findings if written else ()}
        self._summary: dict[str, Sequence[Sequence[Any]]] = {}

    def step(self, name: str) -> None:
        """The run now begins this step; the one before has ended."""
        self._end_step()
        began = self._clock.now().isoformat()
        self._steps.append({"step": name, "started_at": began, "finished_at": None})
        self._write(name, 0)

    def expect(self, rows: int) -> None:
        """There are about so many rows to read."""
        write(self._run, rows_expected=rows)

    def rows(self, done: int) -> None:
        """`done` rows of the present step are done."""
        if (self._clock.now() - self._written).total_seconds() >= _SECONDS_BETWEEN:
            self._write(self._run.step, done)

    def hold(self) -> None:
        """Let nobody begin the run anew until this transaction ends; Superseded when another
        process has.
        """
        fencing.hold(self._run)

    def applied(self, **moment: str) -> None:
        """What the run wrote is written; within the transaction that writes it. `moment`: the
        database's own (records.read.this_moment), where it is needed later.
        """
        write(self._run, applied_at=self._clock.now(), **moment)

    def keep(
        self,
        step: str,
        findings: Sequence[dict[str, Any]],
        summary: Sequence[Sequence[Any]],
        fields: Mapping[str, Any],
    ) -> None:
        """What a step has left."""
        self._findings[step], self._summary[step] = findings, summary
        write(
            self._run,
            findings=[finding for of_step in self._findings.values() for finding in of_step],
            summary=[list(line) for of_step in self._summary.values() for line in of_step],
            **fields,
        )

    def end(self) -> None:
        """The last step has ended."""
        self._end_step()
        write(self._run, steps=self._steps)

    def _end_step(self) -> None:
        if self._steps and self._steps[-1]["finished_at"] is None:
            self._steps[-1]["finished_at"] = self._clock.now().isoformat()

    def _write(self, step: str, rows: int) -> None:
        write(self._run, step=step, rows_done=rows, steps=self._steps)
        self._written = self._clock.now()
        self._watcher(step, rows)
