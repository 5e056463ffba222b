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
    sync_argument,
    toml_document,
    wrong_usage,
)
from rollcall.cli.lookups import the_district, the_sync
from rollcall.engine.clock import SystemClock
from rollcall.engine.settings import configure, sync_settings


@click.group()
def config() -> None:
    """Declare districts, connections, syncs, schedules, guards and recipients in a TOML file."""


@config.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def apply(file: Path, as_json: bool) -> None:
    """Change the configuration to what FILE says: all of it, or nothing when it has a mistake.

    Applying the same file again changes nothing. Secrets are written ${env:NAME} and read from the
    environment now; they are stored encrypted and never shown again.
    """
    document = toml_document(file)
    parts = configure.apply(document, os.environ, SystemClock(), person())
    changed = sum(part.became != "same" for part in parts)
    district = the_district(document["district"]["code"])
    audit(district, Action.CHANGED, "configuration", changed=changed)
    say_done(parts, as_json)


@config.command()
@district_option
@command
def export(district_code: str | None) -> None:
    """Print the current configuration as TOML, with secrets as ${env:NAME}."""
    say(tomlkit.dumps(configure.export(the_district(district_code))).rstrip())


@config.command("history")
@sync_argument
@district_option
@json_option
@command
def show_history(sync_name: str, district_code: str | None, as_json: bool) -> None:
    """List the versions of SYNC's configuration: who saved it, when, and what was changed."""
    history = sync_settings.versions(the_sync(sync_name, district_code), limit=1000)
    if as_json:
        print_json([asdict(version) for version in history])
        return
    for version in history:
        say(f"{version.number}  {version.saved_at:%Y-%m-%d %H:%M}Z  {version.saved_by}")
        for change in version.changes:
            before, after = change.before or "(nothing)", change.after or "(nothing)"
            say(f"    {change.field}: {before} -> {after}")


@config.command()
@sync_argument
@click.argument("version", type=int)
@district_option
@command
def restore(sync_name: str, version: int, district_code: str | None) -> None:
    """Save version VERSION of SYNC's configuration again, as a new version."""
    sync = the_sync(sync_name, district_code)
    if not sync.versions.filter(number=version).exists():
        list_them = f"`rollcall config history {sync.name}` lists them."
        wrong_usage(f"{sync.name} has no version {version}. {list_them}")
    if sync_settings.restore(sync, version, SystemClock(), person()) == "same":
        say(f"{sync.name} is as in version {version} already.")
    else:
        number = sync.version.number
        say(f"{sync.name} is again as in version {version}; this is version {number}.")
