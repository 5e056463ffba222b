"""rollcall user add / list / remove."""

import click

from rollcall.access import people, single_sign_on
from rollcall.access.audit import Action
from rollcall.access.roles import Role
from rollcall.cli.common import (
    audit,
    command,
    district_option,
    json_option,
    person,
    print_json,
    say,
)
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock


@click.group()
def user() -> None:
    """Add, list and remove the people who use the web pages, with their roles."""


@user.command()
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice([str(role) for role in Role]),
    required=True,
    help="What they can do; each role can do all that the one before it can.",
)
@click.option("--name", default="", help="The name to show instead of the address.")
@district_option
@json_option
@command
def add(email: str, role: str, name: str, district_code: str | None, as_json: bool) -> None:
    """Add EMAIL to the district, or change their role, without an invitation.

    Prints a one-time link to set a password if they have none yet. Hand it over yourself: it works
    once, for three days. `rollcall user link` makes another.
    """
    district = the_district(district_code)
    user = people.add(email, district, Role(role), SystemClock(), person(), name)
    link = None if user.has_usable_password() else people.password_link(user)
    if as_json:
        print_json({"email": user.email, "role": role, "district": district.code, "link": link})
        return
    say(f"{user.email} is {role} in {district.name}.")
    if link:
        say("To set a password (once, for three days):")
        say(link)


@user.command()
@click.argument("email")
@json_option
@command
def link(email: str, as_json: bool) -> None:
    """Print a one-time link with which EMAIL sets a password, if invited or if it was forgotten.

    Hand it over yourself: it works once, for three days. Anyone who has it can sign in as them.
    """
    user = people.account(email)
    link = people.password_link(user)
    audit(None, Action.LINK_PRINTED, user.email)
    if as_json:
        print_json({"email": user.email, "link": link})
    else:
        say(link)


@user.command("list")
@district_option
@json_option
@command
def list_(district_code: str | None, as_json: bool) -> None:
    """List the people of the district: role, and when they last signed in."""
    members = [
        {
            "email": membership.user.email,
            "name": membership.user.name,
            "role": membership.role,
            "last_sign_in": membership.user.last_login,
        }
        for membership in people.members(the_district(district_code))
    ]
    if as_json:
        print_json(members)
        return
    if not members:
        say("No one yet. Add the first person with `rollcall user add EMAIL --role admin`.")
    for member in members:
        last = member["last_sign_in"]
        seen = f"last in {last:%Y-%m-%d %H:%M}Z" if last else "never signed in"
        say(f"{member['email']:<40} {member['role']:<13} {seen}")


@user.command()
@click.argument("email")
@district_option
@command
def remove(email: str, district_code: str | None) -> None:
    """Remove EMAIL from the district at once, with their API tokens."""
    district = the_district(district_code)
    people.remove(email, district, SystemClock(), person())
    say(f"{email} is no longer in {district.name}.")


@user.command("release-sso")
@click.argument("email")
@command
def release_sso(email: str) -> None:
    """Remove the link of EMAIL to an account of the sign-on server, and end their sessions.

    For when the server gave a person a new account: the next single sign-on by their verified
    address links it. Ask the person first: an address might belong to someone else by now.
    """
    user = people.account(email)
    single_sign_on.release(user, SystemClock(), f"{person()} (command line)")
    say(f"{user.email} is no longer linked to an account and is signed out everywhere.")
