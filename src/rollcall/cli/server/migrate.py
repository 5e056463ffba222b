"""rollcall migrate."""

import click

from rollcall.cli.common import command, say


@click.command()
@command
def migrate() -> None:
    """Create the database's tables, or bring them up to this version."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    say("The database is up to date.")
