"""The connection test: the way a run takes, step by step, and where it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rollcall.core.problems import words
from rollcall.transports.errors import TransportError
from rollcall.transports.opening import Settings, open_transport, stages
from rollcall.transports.port import FileStat, Stage, Transport

_TITLES = {
    Stage.RESOLVE: "Find the server's address",
    Stage.CONNECT: "Connect",
    Stage.HOST_KEY: "Check the host key",
    Stage.SIGN_IN: "Sign in",
    Stage.OPEN: "Open the folder",
    Stage.LIST: "List the folder",
    Stage.FILE: "Find the file",
}


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


def check(
    settings: Settings, names: Sequence[str], now: Callable[[], datetime], show: Show = _nobody
) -> list[Step]:
    """Try a connection as a run would: open it, list the folder, look for the files `names`.

    Goes as far as it can; after the first failure the rest is skipped, but every file is looked
    for. `show` is told how it goes. Never raises TransportError: that is what the steps tell.
    """
    steps = [Step(stage, _TITLES[stage]) for stage in (*stages(settings), Stage.LIST)]
    steps += [Step(Stage.FILE, f"{_TITLES[Stage.FILE]} {name}") for name in names]
    test = _Test(steps, now, show)
    try:
        with open_transport(settings, test) as transport:
            test.stage(Stage.LIST)
            test.listed(transport.list())
            for at, name in enumerate(names, start=len(steps) - len(names)):
                test.look(at, transport, name)
    except TransportError as error:
        test.failed(error)
    test.skip_the_rest()
    return test.steps


def passed(steps: Sequence[Step]) -> bool:
    """Whether every step went well."""
    return all(step.state is StepState.OK for step in steps)


class _Test:
    """Watches a connection being opened and fills in the steps."""

    def __init__(self, steps: list[Step], now: Callable[[], datetime], show: Show) -> None:
        self.steps = steps
        self._now, self._show = now, show
        self._at: int | None = None
        self._since = now()

    def stage(self, stage: Stage) -> None:
        """A stage begins. A second connection to one server (sftp) begins the stages again."""
        self.done()
        self._begin(next(i for i, step in enumerate(self.steps) if step.name == stage))

    def said(self, what: str) -> None:
        """What was found, or the server's words, beside the present step."""
        if self._at is not None:
            earlier = self.steps[self._at].said
            said = f"{earlier}; {what}" if earlier else what
            self._fill(said=words(said))

    def listed(self, files: Sequence[FileStat]) -> None:
        """The folder was listed, newest first."""
        self.said(_newest(files, self._now()))
        self._fill(file=files[0] if files else None)
        self.done()

    def skip_the_rest(self) -> None:
        """What was not reached will not be tried."""
        self.steps[:] = [
            replace(step, state=StepState.SKIPPED) if step.state is StepState.WAITING else step
            for step in self.steps
        ]
        self._show(self.steps)

    def done(self) -> None:
        """The present step has gone well."""
        if self._at is not None:
            self._fill(state=StepState.OK, seconds=self._seconds())
            self._at = None

    def failed(self, error: TransportError) -> None:
        """The present step has failed."""
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

    def look(self, at: int, transport: Transport, name: str) -> None:
        """The step that looks for one file; that it is not there does not end the test."""
        self._begin(at)
        try:
            found = transport.stat(name)
            self.said(_describe(found, self._now()))
            self._fill(file=found)
            self.done()
        except TransportError as error:
            self.failed(error)

    def _begin(self, at: int) -> None:
        self._at, self._since = at, self._now()
        name, title = self.steps[at].name, self.steps[at].title
        self.steps[at] = Step(name, title, StepState.RUNNING)
        self._show(self.steps)

    def _fill(self, **values: object) -> None:
        at = self._at or 0
        self.steps[at] = replace(self.steps[at], **values)  # type: ignore[arg-type]  # by name
        self._show(self.steps)

    def _seconds(self) -> float:
        return (self._now() - self._since).total_seconds()


def _newest(files: Sequence[FileStat], now: datetime) -> str:
    if not files:
        return "no files"
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    return f"{count}; the newest is {files[0].name}: {_describe(files[0], now)}"


def _describe(file: FileStat, now: datetime) -> str:
    return f"{file.size:,} bytes, {age((now - file.modified).total_seconds())}"


def age(seconds: float) -> str:
    """How long ago, in the largest unit that fits; a time to come shows clocks that differ."""
    if seconds < 0:
        return f"changed {-seconds:.0f} s in the future (the clocks differ)"
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"changed {seconds / length:.0f} {unit} ago"
    return f"changed {seconds:.0f} s ago"
