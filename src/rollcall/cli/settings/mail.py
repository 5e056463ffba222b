"""rollcall mail test."""

from dataclasses import asdict

import click

from rollcall.cli.common import command, district_option, json_option, print_json, say
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock
from rollcall.engine.mail.mail_test import send_test
from rollcall.engine.runs.results import DONE, FAILED


@click.group()
def mail() -> None:
    """Look after the mail server of a district."""


@mail.command()
@click.argument("address")
@district_option
@json_option
@command
def test(address: str, district: str | None, as_json: bool) -> int:
    """Send a real mail to ADDRESS and say how it went, with the mail server's own words."""
    went = send_test(the_district(district), address, SystemClock())
    if as_json:
        print_json(asdict(went))
    elif went.taken:
        say(f"The mail server took it in {went.seconds:.2f} s: {went.said}")
        say(f"See whether it arrives at {went.recipient}.")
    else:
        say(f"{went.text}: {went.said}" if went.said else f"{went.text}.")
        say(f"What to do: {went.advice}\nWho: {went.who}. [{went.code}]")
    return DONE if went.taken else FAILED
