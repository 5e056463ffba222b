"""An account belongs to the installation: a district invites, the person accepts while signed in.

What a district's admin sees is the same whoever an address belongs to, and never a link.
"""

import html
import re
from datetime import timedelta
from threading import Event
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from tests.console.account_mail import Mailbox, account_mail
from tests.console.people import Asking, another_town, client_of, somebody
from tests.town import Town

from rollcall.access import people, sign_in_limits
from rollcall.access.models import AuditEntry, Invitation, Membership, User
from rollcall.access.roles import Role
from rollcall.core.sign_in.sign_in_delays import Slowing
from rollcall.engine.mail import delivery
from rollcall.records.models import District

__all__ = ["account_mail"]

LINK = re.compile(r"https?://\S+/account/password/reset/key/\S+")
WORD = "a long way home 42"


def new_address() -> str:
    return f"{uuid4().hex[:8]}@example.org"


def invite(admin: Client, town: Town, email: str, role: str = "viewer", name: str = "") -> str:
    """What an admin reads after inviting an address."""
    where = reverse("settings-people", kwargs={"district": town.code})
    sent = {"email": email, "role": role, "name": name}
    return admin.post(where, sent, follow=True).content.decode()


def answer_to(client: Client, user: User, town: Town, verb: str = "accept") -> str:
    found = Invitation.objects.get(user=user, district=town.district)
    return client.post(reverse(verb, kwargs={"invitation": found.pk}), follow=True).content.decode()


def roles_in(town: Town, email: str) -> list[str]:
    found = people.members(town.district).filter(user__email=email)
    return list(found.values_list("role", flat=True))


def test_an_invitation_is_mailed_to_its_address_and_accepted_while_signed_in(
    asking: Asking, town: Town, account_mail: Mailbox
) -> None:
    email = new_address()
    said = invite(asking(Role.ADMIN), town, email, "operator", "Neu")
    assert f"An invitation was mailed to {email}" in said
    (mail,) = account_mail.mails()
    assert mail["To"] == email
    (link,) = LINK.findall(mail.get_content())
    browser = Client()
    form = browser.get(urlsplit(link).path, follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": WORD, "password2": WORD})
    browser.post(reverse("account_login"), {"login": email, "password": WORD})
    assert "Test Unified" in browser.get("/").content.decode()
    assert browser.get(f"/d/{town.code}/").status_code == 404
    user = User.objects.get(email=email)
    assert "You joined Test Unified with the Operator role." in answer_to(browser, user, town)
    assert browser.get(f"/d/{town.code}/").status_code == 200
    assert User.objects.get(email=email).name == "Neu"
    done = AuditEntry.objects.filter(district=town.district, what=email).order_by("pk")
    assert [one.action for one in done] == ["invited a person", "joined"]


def test_an_admin_never_sees_the_link_of_a_person_another_district_invited(
    asking: Asking, town: Town, account_mail: Mailbox
) -> None:
    other, email = another_town(town), new_address()
    invite(client_of(somebody(other, Role.ADMIN)), other, email)
    admin = asking(Role.ADMIN)
    said = invite(admin, town, email)
    page = admin.get(reverse("settings-people", kwargs={"district": town.code})).content.decode()
    assert "/password/reset/key/" not in said + page
    assert [mail["To"] for mail in account_mail.mails()] == [email, email]


@pytest.mark.parametrize("has_server", [True, False])
def test_a_page_never_tells_whether_an_address_exists_elsewhere(
    asking: Asking, town: Town, request: pytest.FixtureRequest, has_server: bool
) -> None:
    if has_server:
        request.getfixturevalue("account_mail")
    other = another_town(town)
    member = somebody(other, Role.VIEWER)
    member.name, member.last_login = "Known Elsewhere", town.clock.now()
    member.set_password(WORD)
    member.save()
    waiting, unknown = new_address(), new_address()
    invite(client_of(somebody(other, Role.ADMIN)), other, waiting)
    admin = asking(Role.ADMIN)
    where = reverse("settings-people", kwargs={"district": town.code})
    pages = []
    for email in (member.email, waiting, unknown):
        said = invite(admin, town, email, name="N. N.")
        kept = people.invitations(town.district, town.clock).get(user__email=email)
        csv = b"".join(admin.get(f"{where[:-1]}.csv").streaming_content)  # type: ignore[attr-defined]
        read = said + csv.decode().splitlines()[-1]
        pages.append(re.sub(rf"{email}|invitations/{kept.pk}/|[a-zA-Z0-9]{{64}}", "", read))
        people.withdraw(kept, town.clock, "tester")
    assert pages[0] == pages[1] == pages[2]
    assert "Known Elsewhere" not in pages[0]
    assert User.objects.filter(email__in=[member.email, waiting]).count() == 2


def test_without_a_mail_server_only_the_operators_command_has_a_link(
    asking: Asking, town: Town
) -> None:
    email = new_address()
    said = invite(asking(Role.ADMIN), town, email)
    assert f"rollcall user link {email}" in said
    assert "/password/reset/key/" not in said
    assert town.mails() == []


def test_an_address_is_no_command_to_whoever_copies_it(asking: Asking, town: Town) -> None:
    said = html.unescape(invite(asking(Role.ADMIN), town, "$home|sh&@example.org"))
    assert "rollcall user link '$home|sh&@example.org'" in said


@pytest.mark.parametrize("odd", ['"a\x01b"@example.org', '"a b"@example.org', "\u017f@example.org"])
def test_an_address_is_one_that_mail_can_go_to(asking: Asking, town: Town, odd: str) -> None:
    invite(asking(Role.ADMIN), town, odd)
    assert not Invitation.objects.filter(district=town.district).exists()


@pytest.mark.parametrize(
    "name",
    [
        "Rollcall.\n\nYour account ends today: https://evil.example/in?a=b",
        "evil.example",
        "www.evil.example/x",
        "Call mailto:me@evil.example",
        "evil\u3002example",
    ],
)
def test_the_name_of_a_district_is_no_link_in_a_mail_of_the_installation(
    asking: Asking, town: Town, account_mail: Mailbox, name: str
) -> None:
    """Who may name a district mailed anybody what they liked, in the name of the installation."""
    District.objects.filter(code=town.code).update(name=name)
    invite(asking(Role.ADMIN), town, new_address())
    (mail,) = account_mail.mails()
    text = f"{mail['Subject']}\n{mail.get_content()}".replace(f"{settings.ROLLCALL_URL}/", "")
    (named,) = re.findall(r" invites you to (.+) on Rollcall, as viewer\.", text)
    assert not re.search(r"[^\w &()',. -]|\.\w", named)
    assert not re.search(r"evil\Sexample|//", text)


def test_a_district_mails_strangers_ever_more_slowly(
    asking: Asking, town: Town, account_mail: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "clock", town.clock)
    monkeypatch.setattr(sign_in_limits, "INVITATIONS", Slowing(free=5, longest=600))
    admin, email = asking(Role.ADMIN), new_address()
    for _ in range(3):
        assert "was mailed to" in invite(admin, town, email)
    assert "Too many invitations" in invite(admin, town, email)
    found = Invitation.objects.get(user__email=email)
    parts = {"district": town.code, "invitation": found.pk}
    again = admin.post(reverse("settings-invitation-send", kwargs=parts))
    assert "Too many invitations" in again.content.decode()
    for _ in range(2):
        assert "was mailed to" in invite(admin, town, new_address())
    assert "Too many invitations" in invite(admin, town, new_address())
    assert len(account_mail.mails()) == 5
    other = another_town(town)
    assert "was mailed to" in invite(client_of(somebody(other, Role.ADMIN)), other, email)
    town.clock.time += timedelta(seconds=601)
    assert "was mailed to" in invite(admin, town, email)


def test_who_is_here_already_is_not_invited_again(asking: Asking, town: Town) -> None:
    other = somebody(town, Role.APPROVER)
    assert "in the district already" in invite(asking(Role.ADMIN), town, other.email)
    assert not Invitation.objects.filter(user=other).exists()
    assert roles_in(town, other.email) == [Role.APPROVER]


def test_an_invitation_is_for_its_person_alone(asking: Asking, town: Town) -> None:
    invited, stranger = somebody(another_town(town), Role.VIEWER), somebody(town, Role.VIEWER)
    invite(asking(Role.ADMIN), town, invited.email, "admin")
    for verb in ("accept", "decline"):
        assert "no longer open" in answer_to(client_of(stranger), invited, town, verb)
    assert roles_in(town, invited.email) == []
    assert Invitation.objects.filter(user=invited).exists()


def test_an_invitation_is_declined(asking: Asking, town: Town) -> None:
    invited = somebody(another_town(town), Role.VIEWER)
    invite(asking(Role.ADMIN), town, invited.email)
    assert "declined" in answer_to(client_of(invited), invited, town, "decline")
    assert roles_in(town, invited.email) == []


def test_an_invitation_is_over_after_two_weeks_unless_it_is_sent_again(
    asking: Asking, town: Town, account_mail: Mailbox
) -> None:
    admin, invited = asking(Role.ADMIN), somebody(another_town(town), Role.VIEWER)
    invite(admin, town, invited.email)
    found = Invitation.objects.get(user=invited, district=town.district)
    parts = {"district": town.code, "invitation": found.pk}
    town.clock.time += timedelta(days=13)
    admin.post(reverse("settings-invitation-send", kwargs=parts))
    assert len(account_mail.mails()) == 2
    town.clock.time += timedelta(days=13)
    assert people.invitations_of(invited, town.clock).count() == 1
    town.clock.time += timedelta(days=1)
    assert "no longer open" in answer_to(client_of(invited), invited, town)
    assert roles_in(town, invited.email) == []


def test_a_withdrawn_invitation_leaves_nothing_of_an_account_nobody_used(
    asking: Asking, town: Town
) -> None:
    admin, email = asking(Role.ADMIN), new_address()
    invite(admin, town, email)
    found = Invitation.objects.get(user__email=email)
    parts = {"district": town.code, "invitation": found.pk}
    admin.post(reverse("settings-invitation-withdraw", kwargs=parts))
    assert not User.objects.filter(email=email).exists()


def test_an_invitation_of_another_district_is_not_there(asking: Asking, town: Town) -> None:
    other, email = another_town(town), new_address()
    invite(client_of(somebody(other, Role.ADMIN)), other, email)
    theirs = Invitation.objects.get(user__email=email)
    for verb in ("send", "withdraw"):
        parts = {"district": town.code, "invitation": theirs.pk}
        answer = asking(Role.ADMIN).post(reverse(f"settings-invitation-{verb}", kwargs=parts))
        assert answer.status_code == 404
    assert Invitation.objects.filter(pk=theirs.pk).exists()


def test_a_forgotten_password_goes_by_the_installations_server_and_by_no_districts(
    town: Town, account_mail: Mailbox
) -> None:
    """A's mail server received the reset mail of a person of district C."""
    person = somebody(town, Role.VIEWER)
    Membership.objects.create(user=person, district=another_town(town).district, role="viewer")
    Client().post(reverse("account_reset_password"), {"email": person.email})
    (mail,) = account_mail.mails()
    assert mail["To"] == person.email
    assert town.mails() == []


def test_how_long_a_mail_takes_tells_nobody_who_has_an_account(
    town: Town, account_mail: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = Event()
    really = delivery.deliver

    def slow(*args: Any, **how: Any) -> object:
        assert answered.wait(60)
        return really(*args, **how)

    monkeypatch.setattr("rollcall.access.account_mail.deliver", slow)
    person = somebody(town, Role.VIEWER)
    answer = Client().post(reverse("account_reset_password"), {"email": person.email})
    assert answer.status_code == 302
    answered.set()
    assert [mail["To"] for mail in account_mail.mails()] == [person.email]


def test_without_a_server_of_the_installation_no_reset_mail_goes_anywhere(town: Town) -> None:
    person = somebody(town, Role.VIEWER)
    answer = Client().post(reverse("account_reset_password"), {"email": person.email}, follow=True)
    assert "does not send account mail" in answer.content.decode()
    assert town.mails() == []
