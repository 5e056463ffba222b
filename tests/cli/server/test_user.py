"""People on the command line."""

import json
from uuid import uuid4

import click.testing
from allauth.socialaccount.models import SocialAccount
from tests.town import Town

from rollcall.access.models import User
from rollcall.cli import main


def rollcall(town: Town, *arguments: str, code: int = 0) -> str:
    runner = click.testing.CliRunner()
    done = runner.invoke(main, ["user", *arguments, "--district", town.code])
    assert done.exit_code == code, done.output
    return done.output


def test_a_person_is_invited_listed_and_removed(town: Town) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    printed = rollcall(town, "add", email, "--role", "approver")
    assert "/account/password/reset/key/" in printed
    (person,) = json.loads(rollcall(town, "list", "--json"))
    assert (person["email"], person["role"], person["last_sign_in"]) == (email, "approver", None)
    rollcall(town, "remove", email)
    assert "No one yet" in rollcall(town, "list")


def test_a_link_is_printed_for_an_account_there_is(town: Town) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    rollcall(town, "add", email, "--role", "viewer")
    runner = click.testing.CliRunner()
    assert "/account/password/reset/key/" in runner.invoke(main, ["user", "link", email]).output
    done = runner.invoke(main, ["user", "link", "nobody@example.org"])
    assert (done.exit_code, "people.unknown" in done.output) == (2, True)


def test_the_last_admin_stays(town: Town) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    rollcall(town, "add", email, "--role", "admin")
    assert "people.last_admin" in rollcall(town, "remove", email, code=2)


def test_a_link_to_the_sign_on_server_is_released(town: Town) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    rollcall(town, "add", email, "--role", "viewer")
    user = User.objects.get(email=email)
    SocialAccount.objects.create(user=user, provider="https://sso.example.org", uid="1")
    runner = click.testing.CliRunner()
    done = runner.invoke(main, ["user", "release-sso", email.upper()])
    assert (done.exit_code, email in done.output) == (0, True)
    assert not SocialAccount.objects.filter(user=user).exists()
    again = runner.invoke(main, ["user", "release-sso", email])
    assert "people.not_linked" in again.output
