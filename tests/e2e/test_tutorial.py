"""The tutorial, done as it says: every file written, every command run, every answer seen."""

import os
import re
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tutorial_works_as_written(tmp_path: Path, own_database: str) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": own_database,
        "ROLLCALL_HOME": str(tmp_path / "home"),
        "COLUMNS": "120",
    }
    # The exports are older than a minute in real life; here nobody waits whether they are whole.
    (tmp_path / "outgoing").mkdir()
    blocks = BLOCK.findall(TUTORIAL.read_text(encoding="utf-8"))
    assert {kind for kind, _, _ in blocks} >= {"toml", "csv", "console"}
    for _, name, text in blocks:
        if name:
            write(tmp_path / name, text.replace("${PWD}", str(tmp_path)))
    for kind, _, text in blocks:
        if kind == "console":
            for command, answers in commands(text):
                said = run(command, tmp_path, environment)
                for answer in answers:
                    assert squeeze(answer) in squeeze(said), f"{command}\n{said}"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1_480_000_000, 1_480_000_000))


def commands(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def squeeze(text: str) -> str:
    return " ".join(text.split())
