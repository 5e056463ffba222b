"""What every command needs: a ready process, the right district, sync or run, and its words."""

import getpass
import json
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec

import click

if TYPE_CHECKING:
    from rollcall.engine.settings.configure import Done

P = ParamSpec("P")
#: As engine.runs.results has it, which cannot be loaded before the process is wired.
_FAILED = 4

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
district_option = click.option(
    "--district",
    envvar="ROLLCALL_DISTRICT",
    help="The district's code; not needed when there is only one.",
)


def command(work: Callable[P, int | None]) -> Callable[P, None]:
    """Wire the process, do the work, and turn what went wrong into words and an exit code."""

    @wraps(work)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        set_up()
        from rollcall.cli.failures import failing

        with failing():
            sys.exit(work(*args, **kwargs) or 0)

    return wrapped


def set_up(*, service: bool = False) -> None:
    """Wire the process; end with words and code 4 when its own database cannot be had."""
    from rollcall import wiring
    from rollcall.core.problems import Problem

    try:
        wiring.set_up(service=service)
    except Problem as problem:
        tell(problem.sentence, problem.code)
        raise SystemExit(_FAILED) from None


def tell(sentence: str, code: str) -> None:
    """Say what is wrong, what to do and who can do it."""
    from rollcall.core.findings import Codes

    declared = Codes.get(code)
    click.secho(f"{sentence.removesuffix('.')}.", err=True, bold=True)
    click.echo(f"What to do: {declared.what_to_do}\nWho: {declared.who}. [{code}]", err=True)


def person() -> str:
    """Who is at the keyboard, by the machine's account."""
    return getpass.getuser()


def say(text: str = "") -> None:
    """Print a line for people."""
    click.echo(text)


def toml_document(file: Path) -> dict[str, Any]:
    """What a TOML file says; exit code 2 with a sentence when it is none."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        wrong_usage(f"{file} is not valid TOML: {error}")


def say_done(done: "Sequence[Done]", as_json: bool) -> None:
    """Print what became of each part of a document that was applied."""
    if as_json:
        print_json([{"what": one.what, "became": one.became} for one in done])
        return
    for one in done:
        say(f"{one.became:<8} {one.what}")


def print_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def wrong_usage(text: str) -> NoReturn:
    """End with exit code 2 and a sentence."""
    raise click.UsageError(text)
