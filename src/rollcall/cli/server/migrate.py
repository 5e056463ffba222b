"""rollcall migrate."""

import click
from django.core.management import call_command

from rollcall.cli.common import command, say


@click.command()
@command
def migrate() -> None:
    """Create the database's tables, or bring them up to this version."""
    call_command("migrate", verbosity=0, interactive=False)
    say("The database is up to date.")
