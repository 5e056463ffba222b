"""The connection test where there are files: open it, list the folder, look for the files."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime

from rollcall.core.reach import Reach
from rollcall.transports.port import FileStat, Stage, Transport, Watch
from rollcall.transports.settings import Settings
from rollcall.transports.steps import Step, Test

_TITLES = {
    Stage.RESOLVE: "Find the server's address",
    Stage.CONNECT: "Connect",
    Stage.HOST_KEY: "Check the host key",
    Stage.SIGN_IN: "Sign in",
    Stage.OPEN: "Open the folder",
    Stage.LIST: "List the folder",
    Stage.FILE: "Find the file",
}

Open = Callable[[Settings, Reach, Watch | None], Transport]


def steps(stages: Iterable[Stage], settings: Settings, names: Sequence[str]) -> list[Step]:
    """The steps for a connection that is opened in these stages, and the files its syncs fetch."""
    first = [Step(stage, _TITLES[stage]) for stage in (*stages, Stage.LIST)]
    return first + [Step(Stage.FILE, f"{_TITLES[Stage.FILE]} {name}") for name in names]


def run(open: Open, settings: Settings, names: Sequence[str], reach: Reach, test: Test) -> None:
    """Take the steps. A missing file does not end the test: every file is looked for."""
    with test.coded(), closing(open(settings, reach, test)) as transport:
        test.stage(Stage.LIST)
        files = transport.list()
        if files:
            count = "1 file" if len(files) == 1 else f"{len(files)} files"
            newest = f"{files[0].name}: {_describe(files[0], test.now)}"
            test.note(f"{count}; the newest is {newest}")
            test.saw(files[0])
        else:
            test.note("no files")
        for at, name in enumerate(names, start=len(test.steps) - len(names)):
            test.begin(at)
            with test.coded():
                file = transport.stat(name)
                test.note(_describe(file, test.now))
                test.saw(file)


def _describe(file: FileStat, at: datetime) -> str:
    size = "size not sent by the server" if file.size is None else f"{file.size:,} bytes"
    return f"{size}, {age((at - file.modified).total_seconds())}"


def age(seconds: float) -> str:
    """How long ago, in the largest unit that fits; a time to come shows clocks that differ."""
    if seconds < 0:
        return f"changed {-seconds:.0f} s in the future (the clocks differ)"
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"changed {seconds / length:.0f} {unit} ago"
    return f"changed {seconds:.0f} s ago"
