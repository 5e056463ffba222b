"""A database as one file and back, by PostgreSQL's own programs."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.core.problems import Problem
from rollcall.embedded import codes, programs


def dump(url: str, file: Path, snapshot: str) -> None:
    """Write the database at `url` into `file`, as it is in an exported snapshot.

    Problem database.program_failed.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    _run("pg_dump", url, [*options, f"--file={file}"])


def load(url: str, file: Path) -> None:
    """Fill the empty database at `url` from `file`: all of it or, when it fails, nothing.

    Problem database.program_failed.
    """
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", url, [*options, str(file)])


def _run(program: str, url: str, options: Sequence[str]) -> None:
    """Run a client program; the password goes by the environment, which other users do not see."""
    parts = conninfo_to_dict(url)
    password = str(parts.pop("password", ""))
    ended = subprocess.run(
        [programs.folder() / program, f"--dbname={make_conninfo('', **parts)}", *options],
        env={"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise Problem(codes.PROGRAM, f"{program}: {programs.last_lines(ended.stderr)}")
