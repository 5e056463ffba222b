"""rollcall config apply / export."""

import os
from dataclasses import asdict
from pathlib import Path

import click
import tomlkit

from rollcall.access.audit import Action
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    person,
    print_json,
    say,
    say_done,
    toml_document,
    wrong_usage,
)
from rollcall.cli.lookups import the_district, the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.settings import configure
from rollcall.engine.settings.sync_settings import restore as save_again
from rollcall.engine.settings.sync_settings import versions


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
    document = toml_document(file)
    done = configure.apply(document, os.environ, SystemClock(), person())
    changed = sum(one.became != "same" for one in done)
    audit(
        the_district(document["district"]["code"]), Action.CHANGED, "configuration", changed=changed
    )
    say_done(done, as_json)


@config.command()
@district_option
@command
def export(district: str | None) -> None:
    """Print the present configuration as TOML, with secrets as ${env:NAME}."""
    say(tomlkit.dumps(configure.export(the_district(district))).rstrip())


@config.command()
@click.argument("sync")
@district_option
@json_option
@command
def history(sync: str, district: str | None, as_json: bool) -> None:
    """List the versions of SYNC's configuration: who saved it, when, and what was changed."""
    found = versions(the_sync(sync, district), limit=1000)
    if as_json:
        print_json([asdict(version) for version in found])
        return
    for version in found:
        say(f"{version.number}  {version.saved_at:%Y-%m-%d %H:%M}Z  {version.saved_by}")
        for change in version.changes:
            before, after = change.before or "(nothing)", change.after or "(nothing)"
            say(f"    {change.field}: {before} -> {after}")


@config.command()
@click.argument("sync")
@click.argument("version", type=int)
@district_option
@command
def restore(sync: str, version: int, district: str | None) -> None:
    """Save version VERSION of SYNC's configuration again, as a new version."""
    found = the_sync(sync, district)
    if not found.versions.filter(number=version).exists():
        wrong_usage(
            f"{sync} has no version {version}. `rollcall config history {sync}` lists them."
        )
    if save_again(found, version, SystemClock(), person()) == "same":
        say(f"{sync} is as in version {version} already.")
    else:
        say(f"{sync} is again as in version {version}; this is version {found.version.number}.")
