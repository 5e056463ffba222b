"""A ROLLCALL_HOME that is none: every command says so in a sentence, at once, and makes nothing."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.e2e.rollcall import COMMAND

from rollcall.cli import main


def said(home: str | Path, *arguments: str, cwd: Path, **more: str) -> str:
    environ = {**os.environ, "DATABASE_URL": "", "ROLLCALL_HOME": str(home), **more}
    done = subprocess.run(
        [COMMAND, *arguments], env=environ, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("home", ["state", "./state", "~/state", "~"])
def test_what_is_not_the_whole_path_is_refused(tmp_path: Path, home: str) -> None:
    assert "ROLLCALL_HOME is" in (told := said(home, "migrate", cwd=tmp_path))
    assert "begins with /" in told
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "below"):
        assert "in, a file" in said(home, "runs", cwd=tmp_path)


def test_the_folder_of_artifacts_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = said(home, "runs", cwd=tmp_path, ROLLCALL_ARTIFACTS="files")
    assert "ROLLCALL_ARTIFACTS is files" in told


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A disk that nothing can be written on; also not by root."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "rollcall-test", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this account cannot mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_folder_that_cannot_be_written_is_refused(read_only: Path, tmp_path: Path) -> None:
    assert "this account cannot write" in said(read_only, "serve", cwd=tmp_path)
    assert "Read-only file system" in said(read_only / "home", "worker", cwd=tmp_path)


def test_every_command_says_so(tmp_path: Path) -> None:
    """Whatever it needs besides: one of each group, without its arguments where it has none."""
    context = click.Context(main)
    plain = [
        name
        for name in main.list_commands(context)
        if (command := main.get_command(context, name)) is not None
        and not isinstance(command, click.Group)
        and not any(parameter.required for parameter in command.params)
    ]
    assert len(plain) > 10
    for name in plain:
        assert "ROLLCALL_HOME is state" in said("state", name, cwd=tmp_path), name
