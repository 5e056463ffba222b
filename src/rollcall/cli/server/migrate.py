"""rollcall migrate."""

import click

from rollcall.cli.common import command, say
from rollcall.engine.installation.upgrading import upgrade


@click.command()
@command
def migrate() -> None:
    """Create the database's tables, or bring them up to this version."""
    upgrade()
    say("The database is up to date.")
