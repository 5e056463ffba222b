"""rollcall installation show / apply / allow / withdraw."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

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
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock
from rollcall.engine.connections.reach import all_in_force
from rollcall.engine.settings import installation_settings
from rollcall.records.models import District


@click.group()
def installation() -> None:
    """Set what applies to all districts: account mail, limits, and what each district can reach.

    For the person who runs the server. No page and no API token changes any of it.
    """


_folders = click.option(
    "--folder", "folders", multiple=True, help="A folder of this machine, its full path."
)
_addresses = click.option(
    "--address",
    "addresses",
    multiple=True,
    help="private, loopback, link-local, an address, or a network as 10.1.2.0/24.",
)


@installation.command()
@_folders
@_addresses
@district_option
@json_option
@command
def allow(
    folders: tuple[str, ...], addresses: tuple[str, ...], district_code: str | None, as_json: bool
) -> None:
    """Allow the district's connections to use a folder, or to reach addresses that are not public.

    What lies below a folder is allowed too, but for hidden folders. ROLLCALL_HOME never is.
    """
    _change(installation_settings.allow, folders, addresses, district_code, as_json)


@installation.command()
@_folders
@_addresses
@district_option
@json_option
@command
def withdraw(
    folders: tuple[str, ...], addresses: tuple[str, ...], district_code: str | None, as_json: bool
) -> None:
    """No longer allow the district a folder or addresses. Takes effect with the next connection."""
    _change(installation_settings.withdraw, folders, addresses, district_code, as_json)


def _change(
    change: Callable[..., Any],
    folders: tuple[str, ...],
    addresses: tuple[str, ...],
    district_code: str | None,
    as_json: bool,
) -> None:
    if not folders and not addresses:
        wrong_usage("Give --folder or --address.")
    code = district_code or the_district(None).code
    reach = change(code, folders, addresses)
    district = District.objects.filter(code=code).first()
    audit(district, Action.CHANGED, f"what connections of {code} can reach")
    if as_json:
        print_json({"district": code, **reach})
        return
    _say_reach(code, reach)
    if district is None:
        say(f"There is no district {code} yet; this takes effect as soon as there is.")


@installation.command()
@json_option
@command
def show(as_json: bool) -> None:
    """Show the limits, where account mail goes, and what each district can reach now."""
    mail = installation_settings.export().get("mail")
    limits = installation_settings.limits().model_dump()
    districts = all_in_force()
    if as_json:
        print_json({"mail": mail, "limits": limits, "districts": districts})
        return
    where = (mail.get("host") or mail.get("path")) if mail else "no server: no account mail is sent"
    say(f"account mail  {where}")
    for name, value in limits.items():
        say(f"{name:<13} {value:,}")
    for code, reach in districts.items():
        _say_reach(code, reach)


def _say_reach(code: str, reach: Mapping[str, list[str]]) -> None:
    say(f"district {code}")
    for name in ("folders", "addresses"):
        say(f"  {name:<11} {', '.join(reach[name]) or 'none'}")


@installation.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def apply(file: Path, as_json: bool) -> None:
    """Apply FILE (TOML) to the installation: all of it, or nothing when it has a mistake.

    What FILE does not name stays as it is. Secrets are written ${env:NAME}, as for a district.
    """
    document = toml_document(file)
    parts = installation_settings.apply(document, os.environ, SystemClock(), person())
    say_done(parts, as_json)
