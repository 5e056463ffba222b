"""rollcall config apply / export."""

import os
import tomllib
from pathlib import Path

import click

from rollcall.cli.common import (
    command,
    district_option,
    json_option,
    person,
    print_json,
    say,
    wrong_usage,
)


@click.group()
def config() -> None:
    """Declare districts, connections, syncs, schedules, guards and recipients in a TOML file."""


@config.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def apply(file: Path, as_json: bool) -> None:
    """Make the installation say what FILE says: all of it, or nothing when it has a mistake.

    Applying the same file again changes nothing. Secrets are written ${env:NAME} and read from the
    environment now; they are kept encrypted and never shown again.
    """
    from rollcall.engine import configure
    from rollcall.engine.clock import SystemClock

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        wrong_usage(f"{file} is not valid TOML: {error}")
    done = configure.apply(document, os.environ, SystemClock(), person())
    if as_json:
        print_json([{"what": one.what, "became": one.became} for one in done])
        return
    for one in done:
        say(f"{one.became:<8} {one.what}")


@config.command()
@district_option
@command
def export(district: str | None) -> None:
    """Print the present configuration as TOML, with secrets as ${env:NAME}."""
    import tomlkit

    from rollcall.cli.find import the_district
    from rollcall.engine import configure

    say(tomlkit.dumps(configure.export(the_district(district))).rstrip())
