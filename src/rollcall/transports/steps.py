"""The steps of a connection test as values, and who fills them in while it goes on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rollcall.core.problems import words
from rollcall.transports.errors import TransportError
from rollcall.transports.port import FileStat, Stage


class StepState(StrEnum):
    """How a step of the test went, or that its turn has not come or is now."""

    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One line of the connection test.

    `name` is the stage, for programs; `title` the same for people. `said` is what was found or
    the server's own words; `code`, `text`, `advice` and `who` are filled when the step failed.
    `file`: the file looked for; of the folder its newest, if there is any.
    """

    name: str
    title: str
    state: StepState = StepState.WAITING
    seconds: float = 0.0
    said: str = ""
    code: str = ""
    text: str = ""
    advice: str = ""
    who: str = ""
    file: FileStat | None = None


#: Told all the steps each time one of them begins, ends or has something to say.
Show = Callable[[Sequence[Step]], None]


def _nobody(steps: Sequence[Step]) -> None:
    """Nobody looks on."""


def passed(steps: Sequence[Step]) -> bool:
    """Whether every step went well."""
    return all(step.state is StepState.OK for step in steps)


class Test:
    """Looks on while a connection is opened and used (port.Watch), and fills in the steps."""

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
        self.begin(next(i for i, step in enumerate(self.steps) if step.name == stage))

    def begin(self, at: int) -> None:
        """The step at this place begins; the one before it has gone well."""
        self.done()
        self._at, self._since = at, self._now()
        name, title = self.steps[at].name, self.steps[at].title
        self.steps[at] = Step(name, title, StepState.RUNNING)
        self._show(self.steps)

    def said(self, what: str) -> None:
        """What was found, or the server's words, beside the present step."""
        if self._at is not None:
            earlier = self.steps[self._at].said
            texts = f"{earlier}; {what}" if earlier else what
            self._fill(said=words(texts))

    def saw(self, file: FileStat) -> None:
        """The file that the present step looked for; its name may be any bytes a server has."""
        self._fill(file=replace(file, name=words(file.name)))

    def done(self) -> None:
        """The present step has gone well."""
        if self._at is not None:
            self._fill(state=StepState.OK, seconds=self._seconds())
            self._at = None

    @contextmanager
    def coded(self) -> Iterator[None]:
        """What fails in here is the present step's failure, and goes no further."""
        try:
            yield
            self.done()
        except TransportError as error:
            self._failed(error)

    def skip_the_rest(self) -> None:
        """What was not reached will not be tried."""
        self.steps[:] = [
            replace(step, state=StepState.SKIPPED) if step.state is StepState.WAITING else step
            for step in self.steps
        ]
        self._show(self.steps)

    def _failed(self, error: TransportError) -> None:
        self._fill(
            state=StepState.FAILED,
            seconds=self._seconds(),
            said=error.said or self.steps[self._at or 0].said,
            code=error.code,
            text=error.sentence,
            advice=error.declared.what_to_do,
            who=error.declared.who,
        )
        self._at = None

    def _fill(self, **values: object) -> None:
        at = self._at or 0
        self.steps[at] = replace(self.steps[at], **values)  # type: ignore[arg-type]  # by name
        self._show(self.steps)

    def _seconds(self) -> float:
        return (self._now() - self._since).total_seconds()
