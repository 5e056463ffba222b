"""The table of commands: every line of it leads to a command, and listing them loads nothing."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rollcall.cli import COMMANDS, main

_LOADED = """
import sys
from rollcall.cli import main
try:
    main(["--help"])
finally:
    print(sorted({"django", "polars", "rich", "pydantic"} & set(sys.modules)), file=sys.stderr)
"""
_HELP = "from rollcall.cli import main; main(['run', '--help'])"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_no_command_is_missing_in_the_table() -> None:
    folder = Path(sys.modules["rollcall.cli"].__file__ or "").parent
    source = "".join(path.read_text() for path in folder.glob("*/*.py"))
    groups_and_commands = source.count("@click.command(") + source.count("@click.group(")
    assert groups_and_commands == len(COMMANDS)


def test_listing_the_commands_loads_nothing_else() -> None:
    done = _python("-c", _LOADED)
    assert "Approve held run RUN." in done.stdout
    assert done.stderr.strip() == "[]"


def test_help_of_a_command_needs_no_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = _python("-c", _HELP, ROLLCALL_HOME=str(home))
    assert "--partial" in done.stdout
    assert not home.exists()


def _python(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    own_database = {**os.environ, "DATABASE_URL": "", **environ}
    return subprocess.run(
        [sys.executable, *arguments], env=own_database, capture_output=True, text=True, check=False
    )
