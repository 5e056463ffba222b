"""Whoever guesses waits longer each time, and nobody else does."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from tests.clock import FakeClock
from tests.town import Town

from rollcall.access import known_devices, people, sign_in_limits
from rollcall.access.models import AuditEntry, SignInFailure, User
from rollcall.access.roles import Role

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXP"
TOO_MANY = "Too many failed attempts"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    made = FakeClock()
    monkeypatch.setattr(sign_in_limits, "clock", made)
    return made


@pytest.fixture(autouse=True)
def nothing_counted(wired: None) -> Iterator[None]:
    SignInFailure.objects.all().delete()
    yield
    SignInFailure.objects.all().delete()


@pytest.fixture
def person(town: Town) -> User:
    return with_password(town)


def with_password(town: Town) -> User:
    made = people.add(f"{uuid4().hex[:8]}@example.org", town.district, Role.VIEWER, town.clock, "t")
    made.set_password(PASSWORD)
    made.save()
    return made


def browser(source: str = "192.0.2.1") -> Client:
    return Client(REMOTE_ADDR=source)


def known(person: User, source: str = "192.0.2.1") -> Client:
    """A browser the person has signed in with before, and out again."""
    made = browser(source)
    assert sign_in(made, person.email) == ""
    made.post(reverse("account_logout"))
    return made


def sign_in(client: Client, email: str, password: str = PASSWORD) -> str:
    """What the sign-in page answers; "" when it let in."""
    answer = client.post(reverse("account_login"), {"login": email, "password": password})
    return "" if answer.status_code == 302 else answer.content.decode()


def fail(client: Client, email: str, times: int, clock: FakeClock | None = None) -> None:
    """Try a wrong password; with a clock, wait each time until one may."""
    for _ in range(times):
        if clock is not None:
            clock.sleep(60)
        assert TOO_MANY not in sign_in(client, email, "wrong")


def test_after_five_failures_the_right_password_waits_a_second(
    person: User, clock: FakeClock
) -> None:
    fail(browser(), person.email, 5)
    assert "Too many failed attempts. Try again in 1 second." in sign_in(browser(), person.email)
    clock.sleep(1)
    assert sign_in(browser(), person.email) == ""


def test_the_wait_doubles_and_ends_at_a_minute(person: User, clock: FakeClock) -> None:
    fail(browser(), person.email, 5)
    for wait in (1, 2, 4, 8, 16, 32, 60, 60):
        read = sign_in(browser(), person.email, "wrong")
        assert f"Try again in {wait} second" in read
        clock.sleep(wait)
        assert TOO_MANY not in sign_in(browser(), person.email, "wrong")


def test_trying_too_early_does_not_make_the_wait_longer(person: User, clock: FakeClock) -> None:
    fail(browser(), person.email, 5)
    for _ in range(20):
        assert "in 1 second." in sign_in(browser(), person.email)
    clock.sleep(1)
    assert sign_in(browser(), person.email) == ""


def test_a_stranger_elsewhere_slows_nobody(person: User, clock: FakeClock) -> None:
    fail(browser("198.51.100.7"), person.email, 30, clock)
    assert TOO_MANY in sign_in(browser("198.51.100.7"), person.email, "wrong")
    assert sign_in(browser("192.0.2.1"), person.email) == ""


def test_a_stranger_behind_the_same_address_does_not_slow_a_known_device(
    person: User, clock: FakeClock
) -> None:
    mine = known(person)
    fail(browser(), person.email, 60, clock)
    assert TOO_MANY in sign_in(browser(), person.email)
    assert sign_in(mine, person.email) == ""


def test_a_known_device_that_guesses_is_slowed_itself(person: User) -> None:
    mine = known(person)
    fail(mine, person.email, 5)
    assert TOO_MANY in sign_in(mine, person.email)
    assert sign_in(browser(), person.email) == ""


def test_a_device_is_known_for_its_person_only(town: Town, person: User) -> None:
    another = with_password(town)
    mine = known(person)
    fail(browser(), another.email, 5)
    assert TOO_MANY in sign_in(mine, another.email)


def test_two_people_may_share_a_device(town: Town, person: User) -> None:
    another = with_password(town)
    shared = known(person)
    assert sign_in(shared, another.email) == ""
    shared.post(reverse("account_logout"))
    fail(browser(), person.email, 5)
    fail(browser(), another.email, 5)
    assert sign_in(shared, person.email) == ""
    shared.post(reverse("account_logout"))
    assert sign_in(shared, another.email) == ""


def test_a_device_is_known_no_more_after_a_new_password(person: User) -> None:
    mine = known(person)
    person.set_password("another horse battery")
    person.save()
    fail(browser(), person.email, 5)
    assert TOO_MANY in sign_in(mine, person.email, "another horse battery")


def test_the_device_a_password_was_changed_on_stays_known(person: User) -> None:
    mine = browser()
    sign_in(mine, person.email)
    new = "another horse battery"
    page = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert mine.post(reverse("account_change_password"), page).status_code == 302
    mine.post(reverse("account_logout"))
    fail(browser(), person.email, 5)
    assert sign_in(mine, person.email, new) == ""


def test_a_made_up_cookie_makes_no_device_known(person: User) -> None:
    fail(browser(), person.email, 5)
    made_up, real = browser(), known(person, "192.0.2.77").cookies[known_devices.COOKIE].value
    for cookie in ("", "x", "W10:1:x", real[:-1]):
        made_up.cookies[known_devices.COOKIE] = cookie
        assert TOO_MANY in sign_in(made_up, person.email)


def test_the_cookie_is_for_the_server_alone(person: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = known(person).cookies[known_devices.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)
    assert cookie["max-age"] == timedelta(days=180).total_seconds()
    assert person.email not in cookie.value


def test_half_a_sign_in_makes_no_device_known(person: User) -> None:
    TOTP.activate(person, SECRET)
    mine = browser()
    assert sign_in(mine, person.email) == ""
    assert known_devices.COOKIE not in mine.cookies


def test_the_way_an_address_is_written_makes_no_difference(person: User) -> None:
    for written in (person.email, person.email.upper(), f" {person.email} ", person.email.title()):
        fail(browser(), written, 1)
    fail(browser(), person.email.swapcase(), 1)
    assert TOO_MANY in sign_in(browser(), person.email)


def test_an_address_nobody_has_is_slowed_just_the_same(person: User, wired: None) -> None:
    unknown = f"{uuid4().hex[:8]}@example.org"
    fail(browser(), unknown, 5)
    fail(browser(), person.email, 5)
    said = [sign_in(browser(), email) for email in (unknown, person.email)]
    assert all("Too many failed attempts. Try again in 1 second." in read for read in said)


def test_one_machine_cannot_spray_a_password_over_many_addresses(
    person: User, clock: FakeClock
) -> None:
    for _ in range(50):
        fail(browser(), f"{uuid4().hex[:8]}@example.org", 1)
    assert TOO_MANY in sign_in(browser(), person.email)
    clock.sleep(1)
    assert sign_in(browser(), person.email) == ""


def test_a_success_does_not_clear_what_the_machine_did_to_others(person: User, town: Town) -> None:
    for number in range(50):
        fail(browser(), f"{uuid4().hex[:8]}@example.org", 1)
        if number % 10 == 0:
            assert sign_in(browser(), person.email) == ""
    assert TOO_MANY in sign_in(browser(), with_password(town).email)


def test_a_success_clears_the_failures_of_its_person(person: User) -> None:
    for _ in range(3):
        fail(browser(), person.email, 4)
        assert sign_in(browser(), person.email) == ""


def test_failures_are_forgotten_after_an_hour(person: User, clock: FakeClock) -> None:
    fail(browser(), person.email, 5)
    clock.sleep(3600)
    fail(browser(), person.email, 5)


def test_old_failures_are_removed(person: User, clock: FakeClock) -> None:
    for _ in range(10):
        fail(browser(), f"{uuid4().hex[:8]}@example.org", 1)
    clock.sleep(3600)
    fail(browser(), person.email, 1)
    assert SignInFailure.objects.count() == 2


def test_a_clock_that_was_set_back_locks_nobody_out(person: User, clock: FakeClock) -> None:
    fail(browser(), person.email, 5)
    clock.time -= timedelta(days=1)
    assert sign_in(browser(), person.email) == ""


def test_no_address_and_no_person_is_kept(person: User) -> None:
    fail(browser(), person.email, 1)
    assert all(len(failure.key) == 64 for failure in SignInFailure.objects.all())


def test_of_many_tries_at_once_five_are_looked_at(person: User) -> None:
    def one(_: int) -> bool:
        try:
            return TOO_MANY in sign_in(browser(), person.email, "wrong")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        slowed = list(pool.map(one, range(24)))
    assert slowed.count(False) == 5


def test_the_neighbors_of_an_ipv6_address_are_one_source(person: User) -> None:
    for last in range(5):
        fail(browser(f"2001:db8:1:2::{last}"), person.email, 1)
    assert TOO_MANY in sign_in(browser("2001:db8:1:2:ffff::9"), person.email)
    assert sign_in(browser("2001:db8:1:3::9"), person.email) == ""


def test_one_address_written_as_ipv6_is_the_same_source(person: User) -> None:
    fail(browser("192.0.2.1"), person.email, 5)
    assert TOO_MANY in sign_in(browser("::ffff:192.0.2.1"), person.email)


# Codes of the second factor


@pytest.fixture
def guarded(person: User) -> User:
    """A person with a second factor."""
    TOTP.activate(person, SECRET)
    return person


def half_in(person: User, source: str = "192.0.2.1") -> Client:
    """A browser that gave the password and is asked for the code."""
    made = browser(source)
    assert sign_in(made, person.email) == ""
    return made


def give(client: Client, code: str, page: str = "mfa_authenticate") -> str:
    """What the page for a code answers; "" when the code was right."""
    answer = client.post(reverse(page), {"code": code})
    return "" if answer.status_code == 302 else answer.content.decode()


def right_code() -> str:
    return str(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))


def test_after_five_wrong_codes_the_right_one_waits(guarded: User, clock: FakeClock) -> None:
    mine = half_in(guarded)
    for _ in range(5):
        assert "Incorrect code" in give(mine, "000000")
    assert "Too many failed attempts. Try again in 1 second." in give(mine, right_code())
    clock.sleep(1)
    assert give(mine, right_code()) == ""


def test_whoever_has_the_password_cannot_lock_the_owner_out_of_the_code(guarded: User) -> None:
    stranger = half_in(guarded, "198.51.100.7")
    for _ in range(6):
        give(stranger, "000000")
    assert TOO_MANY in give(stranger, "000000")
    assert give(half_in(guarded), right_code()) == ""


def test_codes_are_slowed_whatever_address_they_come_from_but_not_on_a_known_device(
    guarded: User,
) -> None:
    mine = half_in(guarded)
    assert give(mine, right_code()) == ""
    mine.post(reverse("account_logout"))
    for last in range(20):
        give(half_in(guarded, f"198.51.100.{last}"), "000000")
    assert TOO_MANY in give(half_in(guarded, "203.0.113.5"), "000000")
    assert sign_in(mine, guarded.email) == ""
    assert "Incorrect code" in give(mine, "000000")


def test_a_wrong_code_is_written_down(guarded: User) -> None:
    give(half_in(guarded), "000000")
    last = AuditEntry.objects.filter(who=guarded.email).order_by("-pk").first()
    assert last is not None
    assert (last.action, last.what) == ("failed to sign in", "second factor")


# To confirm who it is, and to change a password


def test_to_confirm_by_password_is_slowed(person: User) -> None:
    mine = browser()
    sign_in(mine, person.email)
    mine.cookies.pop(known_devices.COOKIE)
    for _ in range(5):
        mine.post(reverse("account_reauthenticate"), {"password": "wrong"})
    answer = mine.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert TOO_MANY in answer.content.decode()


def test_to_confirm_by_code_is_slowed(guarded: User) -> None:
    mine = half_in(guarded)
    give(mine, right_code())
    for _ in range(5):
        assert "Incorrect code" in give(mine, "000000", "mfa_reauthenticate")
    assert TOO_MANY in give(mine, "000000", "mfa_reauthenticate")


def test_guessing_the_current_password_is_slowed_and_written_down(person: User) -> None:
    mine = browser()
    sign_in(mine, person.email)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    page = reverse("account_change_password")
    for _ in range(5):
        answer = mine.post(page, {"oldpassword": "wrong", **new})
        assert "type your current password" in answer.content.decode()
    assert TOO_MANY in mine.post(page, {"oldpassword": PASSWORD, **new}).content.decode()
    failed = AuditEntry.objects.filter(who=person.email, action="failed to sign in")
    assert failed.count() == 5


def test_another_session_of_a_person_cannot_stop_them_from_confirming(person: User) -> None:
    stolen, mine = browser("198.51.100.7"), browser()
    for client in (stolen, mine):
        sign_in(client, person.email)
    for _ in range(30):
        stolen.post(reverse("account_reauthenticate"), {"password": "wrong"})
    answer = mine.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.status_code == 302


# Forgotten passwords


def ask_for_a_link(client: Client, email: str) -> str:
    answer = client.post(reverse("account_reset_password"), {"email": email}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_asking_for_links_is_slowed_for_those_who_ask_and_for_no_one_else(person: User) -> None:
    for _ in range(3):
        assert TOO_MANY not in ask_for_a_link(browser("198.51.100.7"), person.email)
    assert TOO_MANY in ask_for_a_link(browser("198.51.100.7"), person.email)
    assert TOO_MANY not in ask_for_a_link(browser(), person.email)


def test_a_mailbox_is_not_flooded_and_who_asks_is_told_the_same(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(
        "rollcall.access.allauth_adapters.account_mail.send_in_background",
        lambda email, *_: sent.append(email),
    )
    answers = {ask_for_a_link(browser(f"198.51.100.{n}"), person.email) for n in range(9)}
    assert len(answers) == 1
    assert sent == [person.email] * 3


def test_a_link_goes_to_the_address_we_know_and_leads_to_our_own(
    town: Town, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "rollcall.access.allauth_adapters.account_mail.send_in_background",
        lambda email, _, text, *__: sent.append((email, text)),
    )
    email = f"k{uuid4().hex[:8]}@example.org"
    people.add(email, town.district, Role.VIEWER, town.clock, "t")
    evil = Client(HTTP_HOST="evil.example.net", REMOTE_ADDR="192.0.2.1")
    ask_for_a_link(evil, email.upper())
    ask_for_a_link(evil, email.replace("k", "\N{KELVIN SIGN}"))
    assert {address for address, _ in sent} == {email}
    assert all("evil" not in text and settings.ROLLCALL_URL in text for _, text in sent)


def test_a_new_password_by_mail_may_be_used_at_once(person: User) -> None:
    fail(browser(), person.email, 5)
    client = browser()
    form = client.get(urlsplit(people.password_link(person)).path, follow=True)
    new = "another horse battery"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    assert sign_in(browser(), person.email, new) == ""
