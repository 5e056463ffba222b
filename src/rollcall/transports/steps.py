"""The steps of a connection test as values, and what fills them in as it goes on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rollcall.core.problems import words
from rollcall.transports.errors import TransportError
from rollcall.transports.port import FileStat, Stage


class StepState(StrEnum):
    """How a step of the test went, or that it is waiting or running."""

    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One line of the connection test.

    `name` is the stage, for programs; `title` the same for people. `notes`: what the step showed,
    or the server's own words; `code`, `text`, `advice` and `who` are filled when the step failed.
    `file`: the file of the step; of the folder its newest, if there is any.
    """

    name: str
    title: str
    state: StepState = StepState.WAITING
    seconds: float = 0.0
    notes: str = ""
    code: str = ""
    text: str = ""
    advice: str = ""
    who: str = ""
    file: FileStat | None = None


#: Called with all the steps each time one of them begins, ends or has a note.
Show = Callable[[Sequence[Step]], None]


def passed(steps: Sequence[Step]) -> bool:
    """Whether every step went well."""
    return all(step.state is StepState.OK for step in steps)


class Test:
    """Fills in the steps while a connection is opened and used (port.Watch)."""

    def __init__(self, steps: list[Step], clock: Callable[[], datetime], show: Show) -> None:
        self.steps = steps
        self._now, self._show = clock, show
        self._at: int | None = None
        self._since = clock()

    @property
    def now(self) -> datetime:
        """What time it is."""
        return self._now()

    def stage(self, stage: Stage) -> None:
        """A stage begins. A second connection to one server (sftp) begins the stages again."""
        self.begin(next(at for at, step in enumerate(self.steps) if step.name == stage))

    def begin(self, at: int) -> None:
        """The step at this place begins; the one before it has gone well."""
        self.done()
        self._at, self._since = at, self._now()
        name, title = self.steps[at].name, self.steps[at].title
        self.steps[at] = Step(name, title, StepState.RUNNING)
        self._show(self.steps)

    def note(self, text: str) -> None:
        """Add what the present step showed, or the server's words."""
        if self._at is not None:
            earlier = self.steps[self._at].notes
            self._fill(notes=words(f"{earlier}; {text}" if earlier else text))

    def saw(self, file: FileStat) -> None:
        """The file of the present step; its name can be any bytes of a server."""
        self._fill(file=replace(file, name=words(file.name)))

    def done(self) -> None:
        """The present step has gone well."""
        if self._at is not None:
            self._fill(state=StepState.OK, seconds=self._seconds())
            self._at = None

    @contextmanager
    def coded(self) -> Iterator[None]:
        """An error in here is the present step's failure, and goes no further."""
        try:
            yield
            self.done()
        except TransportError as error:
            self._fill(
                state=StepState.FAILED,
                seconds=self._seconds(),
                notes=error.server_text or self.steps[self._at or 0].notes,
                code=error.code,
                text=error.sentence,
                advice=error.declared.what_to_do,
                who=error.declared.who,
            )
            self._at = None

    def skip_waiting(self) -> None:
        """Skip the steps that were not reached."""
        self.steps[:] = [
            replace(step, state=StepState.SKIPPED) if step.state is StepState.WAITING else step
            for step in self.steps
        ]
        self._show(self.steps)

    def _fill(self, **values: object) -> None:
        at = self._at or 0
        self.steps[at] = replace(self.steps[at], **values)  # type: ignore[arg-type]  # by name
        self._show(self.steps)

    def _seconds(self) -> float:
        return (self._now() - self._since).total_seconds()
