"""Rollcall as its users meet it: the command, in a home and on a database of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

COMMAND = str(Path(sys.executable).with_name("rollcall"))


@contextmanager
def database(like: str | None = None) -> Iterator[str]:
    """The address of a database of its own on the session's server, empty or a copy of `like`."""
    server, name = os.environ["DATABASE_URL"], f"story_{uuid4().hex[:12]}"
    model = str(conninfo_to_dict(like)["dbname"]) if like else "template1"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(model)))
        yield make_conninfo(server, dbname=name)
        admin.execute(drop.format(sql.Identifier(name)))


@dataclass
class Rollcall:
    """One installation. Calling it runs a command and returns what it said."""

    home: Path
    database: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        own = {"ROLLCALL_HOME": str(self.home), "DATABASE_URL": self.database}
        return {**os.environ, **self.environ, **own}

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run `rollcall ARGUMENTS`, which must end with exit code `code`; its output."""
        done = subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (
            f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The same with --json."""
        return json.loads(self(*arguments, "--json", code=code))

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on, such as a worker."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


class Embedded(Rollcall):
    """An installation on its own embedded server."""

    @property
    def environment(self) -> dict[str, str]:
        return {k: v for k, v in super().environment.items() if k != "DATABASE_URL"}


def copy(folder: Path, to: Path) -> None:
    """Copy a folder that nobody uses at the moment, with its owners: the database's are its own."""
    subprocess.run(["cp", "-a", folder, to], check=True)
