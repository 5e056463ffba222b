"""docs/how-to/api.md: its commands are run in a shell before the real server, and each answer has
what the page shows.
"""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.api.programs import token_text
from tests.town import RowMaker, Town
from waitress.server import BaseWSGIServer

from rollcall.access.roles import Role
from rollcall.api import callers
from rollcall.console.server import listening
from rollcall.engine.models import Run, RunState

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "api.md"
#: Each command with the answer that is shown behind it, if one is.
STEPS = re.findall(r"```sh\n(.*?)```\n(?:```json\n(.*?)```)?", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def server(wired: None) -> Iterator[str]:
    """Where the real server answers."""
    made = listening("127.0.0.1", 0)
    assert isinstance(made, BaseWSGIServer)
    assert made.socket is not None
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.socket.getsockname()[1]}"
    made.close()
    made.task_dispatcher.shutdown(timeout=10)
    thread.join(timeout=10)


def test_the_commands_do_what_the_page_says(
    server: str,
    town: Town,
    students: pl.DataFrame,
    table_a: RowMaker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(callers, "clock", town.clock)
    town.apply(guards={"minimum_population": 1, "rejected": {"percent": 30}})
    town.load({"students": students})
    rows = (
        table_a(SSID="0000000001", PLAN_TYPE="10"),
        table_a(LAST_NAME="Garcia", FIRST_NAME="Eline", BIRTHDATE="03152008"),
        table_a(SSID="0000000003", PLAN_TYPE="99"),
    )
    (town.folder / "CASEMISA.csv").write_text("\n".join(rows) + "\n")
    setup, known = STEPS[:2], {"ROLLCALL": server, "TOKEN": token_text(town, Role.APPROVER)}
    assert [shown for _, shown in setup] == ["", ""]
    for command, shown in STEPS[2:]:
        said = run(setup[1][0] + command, known, town.folder)
        if shown:
            answer = json.loads(said)
            assert fits(json.loads(shown), answer), (command, answer)
            if "run" in answer:
                known["RUN"] = str(answer["run"])
        carry_out(town)
    assert "Garcia" in (town.folder / "unmatched.csv").read_text()


def run(command: str, known: dict[str, str], folder: Path) -> str:
    return subprocess.run(
        ["bash", "-ec", command],
        env={**os.environ, **known},
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def carry_out(town: Town) -> None:
    """What a worker does meanwhile."""
    for queued in Run.objects.filter(district=town.district, state=RunState.QUEUED):
        town.execute(queued)


def fits(shown: Any, answer: Any) -> bool:
    """The answer has all that is shown, of the same kind; words, counts and states as shown."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(
            name in answer and (name in _OTHER or fits(one, answer[name]))
            for name, one in shown.items()
        )
    if isinstance(shown, list) and shown and isinstance(shown[0], dict):
        return any(fits(shown[0], one) for one in answer)
    if isinstance(shown, list) and shown == ["..."]:
        return bool(answer)
    return shown in ("...", answer)


#: What is another one in every district.
_OTHER = {"run", "id", "number", "person", "token", "district", "size", "differs", "lines"}
