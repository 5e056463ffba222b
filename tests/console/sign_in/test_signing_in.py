"""Signing in: by invitation and password, with a second factor. Limits: test_sign_in_limits.py."""

import re
import time
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse
from tests.console.account_mail import Mailbox, account_mail
from tests.town import Town

from rollcall.access import people
from rollcall.access.models import AuditEntry, User
from rollcall.access.roles import Role

__all__ = ["account_mail"]

PASSWORD = "correct horse battery"


@pytest.fixture
def person(town: Town) -> User:
    made = people.add(f"{uuid4().hex[:8]}@example.org", town.district, Role.VIEWER, town.clock, "t")
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def client() -> Client:
    """A browser with an address of its own, for failures are counted by address too."""
    number = uuid4().int
    return Client(REMOTE_ADDR=f"10.{number % 250}.{number // 250 % 250}.{number // 62500 % 250}")


def sign_in(client: Client, user: User, password: str = PASSWORD) -> str:
    """Where signing in leads, "" when it fails."""
    answer = client.post(reverse("account_login"), {"login": user.email, "password": password})
    return answer["Location"] if answer.status_code == 302 else ""


def test_a_person_signs_in_and_lands_in_their_only_district(
    client: Client, person: User, town: Town
) -> None:
    assert sign_in(client, person) == reverse("start")
    answer = client.get("/", follow=True)
    assert answer.redirect_chain == [(f"/d/{town.code}/", 302)]


@pytest.mark.parametrize(
    "place", ["http://localhost:9/x", "http://127.0.0.1/", "http://testserver/x", "//localhost/x"]
)
def test_who_signs_in_is_led_nowhere_else(client: Client, person: User, place: str) -> None:
    """Names of this machine are answered (health), and other programs listen there."""
    sent = {"login": person.email, "password": PASSWORD, "next": place}
    assert client.post(reverse("account_login"), sent)["Location"] == "/"
    again = client.get(reverse("account_login"), {"next": place})
    assert again["Location"] == "/"


def test_who_signs_in_and_who_fails_to_is_written_down(client: Client, person: User) -> None:
    sign_in(client, person, "wrong")
    sign_in(client, person)
    actions = AuditEntry.objects.filter(who=person.email, district=None).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["failed to sign in", "signed in"]


def test_an_address_nobody_has_is_not_kept(client: Client, wired: None) -> None:
    last = AuditEntry.objects.order_by("-pk").first()
    client.post(reverse("account_login"), {"login": "a-secret@typed.wrong", "password": "x"})
    new = AuditEntry.objects.filter(pk__gt=last.pk if last else 0)
    assert [entry.who for entry in new] == ["an unknown person"]


def test_an_invitation_sets_a_password_once(client: Client, town: Town) -> None:
    made = people.add(f"{uuid4().hex[:8]}@example.org", town.district, Role.VIEWER, town.clock, "t")
    link = urlsplit(people.password_link(made)).path
    form = client.get(link, follow=True)
    address = form.request["PATH_INFO"]
    client.post(address, {"password1": PASSWORD, "password2": PASSWORD})
    assert sign_in(client, made) == reverse("start")
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_a_short_password_is_refused(client: Client, town: Town) -> None:
    made = people.add(f"{uuid4().hex[:8]}@example.org", town.district, Role.VIEWER, town.clock, "t")
    form = client.get(urlsplit(people.password_link(made)).path, follow=True)
    answer = client.post(form.request["PATH_INFO"], {"password1": "short", "password2": "short"})
    assert "12 characters" in answer.content.decode()


def test_a_forgotten_password_is_set_by_a_link_that_is_mailed(
    client: Client, person: User, account_mail: Mailbox
) -> None:
    client.post(reverse("account_reset_password"), {"email": person.email})
    (mail,) = account_mail.mails()
    assert mail["To"] == person.email
    (link,) = re.findall(r"http://\S+/account/password/reset/key/\S+", mail.get_content())
    assert "Set your password" in client.get(urlsplit(link).path, follow=True).content.decode()


def test_a_stranger_gets_no_mail_and_the_same_answer(client: Client, account_mail: Mailbox) -> None:
    answer = client.post(
        reverse("account_reset_password"), {"email": "stranger@example.org"}, follow=True
    )
    assert "Check your mail" in answer.content.decode()
    assert account_mail.mails() == []


def test_nobody_can_sign_up(client: Client, wired: None) -> None:
    assert client.get("/account/signup/").status_code == 404


def test_a_second_factor_is_asked_for(client: Client, person: User) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(person, secret)
    assert sign_in(client, person) == reverse("mfa_authenticate")
    assert client.get("/").status_code == 302
    assert client.get("/")["Location"].startswith(reverse("account_login"))
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    answer = client.post(reverse("mfa_authenticate"), {"code": code})
    assert answer["Location"] == reverse("start")


def test_a_second_factor_is_turned_on_with_recovery_codes(client: Client, person: User) -> None:
    sign_in(client, person)
    asked = client.get(reverse("mfa_activate_totp"))["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    page = client.post(asked, {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    client.post(reverse("mfa_activate_totp"), {"code": code})
    kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    assert kinds == {"totp", "recovery_codes"}
    stored = Authenticator.objects.get(user=person, type="totp").data["secret"]
    assert secret not in stored
    assert get_adapter().decrypt(stored) == secret
    assert "10 of 10" in client.get(reverse("mfa_view_recovery_codes")).content.decode()


def test_a_form_without_its_token_is_refused(person: User, town: Town) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    answer = strict.post(reverse("account_logout"))
    assert answer.status_code == 403
    assert "has expired" in answer.content.decode()
