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
    """Test the mail server of a district."""


@mail.command()
@click.argument("address")
@district_option
@json_option
@command
def test(address: str, district_code: str | None, as_json: bool) -> int:
    """Send a real mail to ADDRESS and say how it went, with what the mail server answered."""
    delivery = send_test(the_district(district_code), address, SystemClock())
    if as_json:
        print_json(asdict(delivery))
    elif delivery.taken:
        say(f"The mail server took it in {delivery.seconds:.2f} s: {delivery.answer}")
        say(f"See whether it arrives at {delivery.recipient}.")
    else:
        server_answer = f": {delivery.answer}" if delivery.answer else "."
        say(f"{delivery.text}{server_answer}")
        say(f"What to do: {delivery.advice}\nWho: {delivery.who}. [{delivery.code}]")
    return DONE if delivery.taken else FAILED
