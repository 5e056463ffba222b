"""rollcall user add / list / remove."""

import click

from rollcall.access import people, single_sign_on
from rollcall.access.audit import Action, record
from rollcall.access.roles import Role
from rollcall.cli.common import command, district_option, json_option, person, print_json, say
from rollcall.cli.lookups import the_district
from rollcall.engine.clock import SystemClock


@click.group()
def user() -> None:
    """Let people into the web pages, say what they may do, and let them go."""


@user.command()
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice([str(role) for role in Role]),
    required=True,
    help="What they may do; each role may do all that the one before it may.",
)
@click.option("--name", default="", help="The name to show instead of the address.")
@district_option
@json_option
@command
def add(email: str, role: str, name: str, district: str | None, as_json: bool) -> None:
    """Let EMAIL into the district, or change their role, without an invitation.

    Prints a one-time link for a password where they have none yet: hand it over yourself; it works
    once, for three days. `rollcall user link` makes another.
    """
    of = the_district(district)
    added = people.add(email, of, Role(role), SystemClock(), person(), name)
    link = None if added.has_usable_password() else people.password_link(added)
    if as_json:
        print_json({"email": added.email, "role": role, "district": of.code, "link": link})
        return
    say(f"{added.email} is {role} in {of.name}.")
    if link:
        say("To set a password (once, for three days):")
        say(link)


@user.command()
@click.argument("email")
@json_option
@command
def link(email: str, as_json: bool) -> None:
    """Print a one-time link with which EMAIL sets a password: for who is invited or forgot it.

    Hand it over yourself; it works once, for three days. Whoever has it can sign in as them.
    """
    found = people.account(email)
    text = people.password_link(found)
    record(SystemClock(), f"{person()} (command line)", Action.LINK_PRINTED, found.email)
    if as_json:
        print_json({"email": found.email, "link": text})
        return
    say(text)


@user.command("list")
@district_option
@json_option
@command
def list_(district: str | None, as_json: bool) -> None:
    """List the people of the district: role, and when they last signed in."""
    listed = [
        {
            "email": member.user.email,
            "name": member.user.name,
            "role": member.role,
            "last_sign_in": member.user.last_login,
        }
        for member in people.members(the_district(district))
    ]
    if as_json:
        print_json(listed)
        return
    if not listed:
        say("No one yet. Let the first person in with `rollcall user add EMAIL --role admin`.")
    for one in listed:
        last = one["last_sign_in"]
        seen = f"last in {last:%Y-%m-%d %H:%M}Z" if last else "never signed in"
        say(f"{one['email']:<40} {one['role']:<13} {seen}")


@user.command()
@click.argument("email")
@district_option
@command
def remove(email: str, district: str | None) -> None:
    """Take EMAIL out of the district at once, with their API tokens."""
    of = the_district(district)
    people.remove(email, of, SystemClock(), person())
    say(f"{email} is no longer in {of.name}.")


@user.command("release-sso")
@click.argument("email")
@command
def release_sso(email: str) -> None:
    """Remove the link of EMAIL to an account of the sign-on server, and end their sessions.

    For when the server gave a person a new account: the next single sign-on by their verified
    address links it. Ask the person first; an address may have been given to someone else.
    """
    found = people.account(email)
    single_sign_on.release(found, SystemClock(), f"{person()} (command line)")
    say(f"{found.email} is linked to no account any more and is signed out everywhere.")
