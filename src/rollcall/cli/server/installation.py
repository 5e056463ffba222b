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
    """Set what holds for all districts: account mail, limits, and what each district may reach.

    For whoever runs the server. No page and no API token changes any of it.
    """


def _what(work: Callable[..., Any]) -> Callable[..., Any]:
    """The options of what is allowed or no longer is."""
    folder = click.option(
        "--folder", "folders", multiple=True, help="A folder of this machine, its whole path."
    )
    address = click.option(
        "--address",
        "addresses",
        multiple=True,
        help="private, loopback, link-local, an address, or a network as 10.1.2.0/24.",
    )
    return folder(address(work))


@installation.command()
@_what
@district_option
@json_option
@command
def allow(
    folders: tuple[str, ...], addresses: tuple[str, ...], district: str | None, as_json: bool
) -> None:
    """Allow the district's connections to use a folder, or to reach addresses that are not public.

    What lies below a folder is allowed too, but for hidden folders. ROLLCALL_HOME never is.
    """
    _change(installation_settings.allow, folders, addresses, district, as_json)


@installation.command()
@_what
@district_option
@json_option
@command
def withdraw(
    folders: tuple[str, ...], addresses: tuple[str, ...], district: str | None, as_json: bool
) -> None:
    """No longer allow the district a folder or addresses. Holds from the next connection on."""
    _change(installation_settings.withdraw, folders, addresses, district, as_json)


def _change(
    work: Callable[..., Any],
    folders: tuple[str, ...],
    addresses: tuple[str, ...],
    district: str | None,
    as_json: bool,
) -> None:
    if not folders and not addresses:
        wrong_usage("Give --folder or --address.")
    code = district or the_district(None).code
    said = work(code, folders, addresses)
    of = District.objects.filter(code=code).first()
    audit(of, Action.CHANGED, f"what connections of {code} may reach")
    if as_json:
        print_json({"district": code, **said})
        return
    _say(code, said)
    if of is None:
        say(f"There is no district {code} yet; this holds as soon as there is.")


@installation.command()
@json_option
@command
def show(as_json: bool) -> None:
    """Show the limits, where account mail goes, and what each district may reach now."""
    said = installation_settings.export()
    limits = installation_settings.limits().model_dump()
    reach = all_in_force()
    if as_json:
        print_json({"mail": said.get("mail"), "limits": limits, "districts": reach})
        return
    mail = said.get("mail")
    where = (mail.get("host") or mail.get("path")) if mail else "no server: no account mail is sent"
    say(f"account mail  {where}")
    for name, value in limits.items():
        say(f"{name:<13} {value:,}")
    for code, one in reach.items():
        _say(code, one)


def _say(code: str, reach: Mapping[str, list[str]]) -> None:
    say(f"district {code}")
    for name in ("folders", "addresses"):
        say(f"  {name:<11} {', '.join(reach[name]) or 'none'}")


@installation.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@command
def apply(file: Path, as_json: bool) -> None:
    """Make the installation as FILE (TOML) says: all of it, or nothing when it has a mistake.

    What FILE does not name stays as it is. Secrets are written ${env:NAME}, as for a district.
    """
    document = toml_document(file)
    done = installation_settings.apply(document, os.environ, SystemClock(), person())
    say_done(done, as_json)
