"""rollcall connection test."""

from dataclasses import asdict

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say
from rollcall.cli.lookups import the_connection
from rollcall.engine.clock import SystemClock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.runs.results import DONE, FAILED
from rollcall.engine.runs.starting import filenames
from rollcall.engine.settings import configure
from rollcall.transports.check import check, passed


@click.group()
def connection() -> None:
    """Test connections to partners."""


@connection.command()
@click.argument("name")
@district_option
@json_option
@command
def test(name: str, district_code: str | None, as_json: bool) -> int:
    """Try connection NAME step by step and say how far it gets, with what the server answered."""
    connection = the_connection(name, district_code)
    settings, reach = configure.connection_settings(connection), reach_of(connection.district)
    steps = check(settings, filenames(connection), reach, SystemClock().now)
    if as_json:
        print_json([asdict(step) for step in steps])
    else:
        for step in steps:
            say(f"{step.state:<8} {step.title:<32} {step.seconds:6.2f} s  {step.notes}")
            if step.advice:
                say(f"         {step.text} {step.advice}")
    return DONE if passed(steps) else FAILED
