"""What every command needs: a ready process, its options, and ways to print."""

import getpass
import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, ParamSpec

import click

from rollcall import wiring
from rollcall.access.audit import Action, record
from rollcall.cli.failures import failing
from rollcall.engine.clock import SystemClock
from rollcall.engine.settings.configure import Done
from rollcall.records.models import District

P = ParamSpec("P")

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
district_option = click.option(
    "--district",
    "district_code",
    envvar="ROLLCALL_DISTRICT",
    help="The district's code; not needed when there is only one.",
)
sync_argument = click.argument("sync_name", metavar="SYNC")
run_argument = click.argument("run_number", metavar="RUN", type=int)


def command(work: Callable[P, int | None]) -> Callable[P, None]:
    """Wire the process, do the work, and turn what went wrong into words and an exit code."""
    return _prepared(work, service=False)


def service(work: Callable[P, int | None]) -> Callable[P, None]:
    """A command that runs until it is stopped, such as a server: it logs JSON."""
    return _prepared(work, service=True)


def _prepared(work: Callable[P, int | None], *, service: bool) -> Callable[P, None]:
    @wraps(work)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        with failing():
            wiring.set_up(service=service)
            sys.exit(work(*args, **kwargs) or 0)

    return wrapped


def person() -> str:
    """Who is at the keyboard, by the machine's account."""
    return getpass.getuser()


def audit(district: District | None, action: Action, what: str, **detail: str | int | bool) -> None:
    """Write into the audit log, where the pages write too, what the person at the keyboard did or
    saw; without a district: something of the installation.
    """
    who = f"{person()} (command line)"
    record(SystemClock(), who, action, what, district=district, detail=detail)


def say(text: str = "") -> None:
    """Print a line for people."""
    click.echo(text)


def toml_document(file: Path) -> dict[str, Any]:
    """What a TOML file says; exit code 2 with a sentence when it is none."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        wrong_usage(f"{file} is not valid TOML: {error}")


def say_done(parts: Sequence[Done], as_json: bool) -> None:
    """Print what became of each part of a document that was applied."""
    if as_json:
        print_json([{"what": part.what, "became": part.became} for part in parts])
        return
    for part in parts:
        say(f"{part.became:<8} {part.what}")


def print_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def wrong_usage(text: str) -> NoReturn:
    """End with exit code 2 and a sentence."""
    raise click.UsageError(text)
