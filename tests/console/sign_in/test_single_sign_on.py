"""Single sign-on: lets in who was invited, by an address the server calls verified, nobody else."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from tests.clock import FakeClock
from tests.console.people import client_of
from tests.core.sign_in.test_identity import HOSTILE
from tests.servers.oidc import ABSENT, CODE, Provider, Reply, jwk, oidc_server
from tests.town import Town

from rollcall.access import openid, people, single_sign_on
from rollcall.access.models import AuditEntry, User
from rollcall.access.roles import Role
from rollcall.console.frame import routes
from rollcall.core.problems import Problem
from rollcall.core.sign_in.identity import Unproven
from rollcall.engine.clock import SystemClock

LOGIN, CALLBACK = "/account/oidc/sso/login/", "/account/oidc/sso/login/callback/"
REFUSED = "Single sign-on failed"
PASSWORD = "correct horse battery"
CLOCK = SystemClock()


@pytest.fixture
def server(settings: Settings) -> Iterator[Provider]:
    with oidc_server() as provider:
        settings.SINGLE_SIGN_ON = provider.settings()
        yield provider


@pytest.fixture
def invited(town: Town) -> User:
    return invite(town)


def invite(town: Town) -> User:
    email = f"{uuid4().hex[:8]}@example.org"
    return people.add(email, town.district, Role.VIEWER, town.clock, "tester")


def verified(user: User, **more: Any) -> dict[str, Any]:
    """What the server says of a person it knows well."""
    return {"sub": uuid4().hex, "email": user.email, "email_verified": True, **more}


def come_back(server: Provider, browser: Client, start: str = LOGIN, **more: str) -> Any:
    """Sign in there and come back: the answer."""
    asked = server.authorize(browser.get(start)["Location"])
    return browser.get(CALLBACK, {"code": CODE, "state": asked["state"], **more})


def sign_in(server: Provider, person: dict[str, Any]) -> tuple[Client, str]:
    """Sign in there as `person` and come back: the browser; where it was led, or what it read."""
    server.person = person
    browser = Client()
    answer = come_back(server, browser)
    assert answer.status_code < 500
    return browser, answer["Location"] if answer.status_code == 302 else answer.content.decode()


def is_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def links_of(user: User) -> list[str]:
    return list(SocialAccount.objects.filter(user=user).values_list("uid", flat=True))


def actions_of(user: User) -> list[str]:
    found = AuditEntry.objects.filter(who=user.email, district=None).order_by("pk")
    return list(found.values_list("action", flat=True))


# Who gets in


def test_the_sign_in_page_offers_it(server: Provider, wired: None) -> None:
    read = Client().get(reverse("account_login"), {"next": "/d/x/"}).content.decode()
    assert "District account" in read
    assert f'href="{LOGIN}?next=/d/x/"' in read


def test_who_was_invited_gets_in(server: Provider, invited: User, town: Town) -> None:
    browser, led = sign_in(server, verified(invited))
    assert led == reverse("start")
    assert browser.get(f"/d/{town.code}/").status_code == 200
    assert actions_of(invited) == ["linked single sign-on", "signed in"]


def test_who_has_not_accepted_yet_gets_in_to_do_so(server: Provider, town: Town) -> None:
    offer = people.invite("new@example.org", town.district, Role.VIEWER, CLOCK, "tester")
    browser, _ = sign_in(server, verified(offer.user))
    assert town.district.name in browser.get("/").content.decode()


def test_who_was_not_does_not(server: Provider, wired: None) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    _, read = sign_in(server, {"sub": "1", "email": email, "email_verified": True})
    assert "You are not invited yet" in read
    assert not User.objects.filter(email=email).exists()


def test_the_address_may_be_written_in_capitals(server: Provider, invited: User) -> None:
    browser, _ = sign_in(server, verified(invited, email=invited.email.upper()))
    assert is_in(browser)


@pytest.mark.parametrize("said", [False, "false", "no", "0", 0, 1, "True", [], ["x"], {}, None])
def test_an_address_the_server_does_not_vouch_for_opens_nothing(
    server: Provider, invited: User, said: object
) -> None:
    browser, read = sign_in(server, verified(invited, email_verified=said))
    assert "does not confirm" in read
    assert not is_in(browser)
    assert links_of(invited) == []


def test_unless_the_server_is_trusted_with_addresses(
    server: Provider, invited: User, settings: Settings
) -> None:
    settings.SINGLE_SIGN_ON = server.settings(trust_email=True)
    _, led = sign_in(server, {"sub": "1", "email": invited.email})
    assert led == reverse("start")


def test_a_second_factor_is_asked_for_here_too(server: Provider, invited: User) -> None:
    Authenticator.objects.create(user=invited, type="totp", data={"secret": "x"})
    browser, led = sign_in(server, verified(invited))
    assert led == reverse("mfa_authenticate")
    assert not is_in(browser)


def test_a_person_who_was_shut_out_stays_out(server: Provider, invited: User) -> None:
    invited.is_active = False
    invited.save()
    browser, led = sign_in(server, verified(invited))
    assert led == reverse("account_inactive")
    assert not is_in(browser)


def test_one_goes_where_one_was_going_but_only_here(server: Provider, invited: User) -> None:
    server.person = verified(invited)
    assert come_back(server, Client(), f"{LOGIN}?next=/account/2fa/")["Location"] == "/account/2fa/"
    for away in ("https://evil.example.net/", "//evil.example.net", "javascript:alert(1)"):
        assert come_back(server, Client(), f"{LOGIN}?next={away}")["Location"] == "/"


def test_the_server_may_want_the_secret_in_a_header(server: Provider, invited: User) -> None:
    server.configuration = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    browser, _ = sign_in(server, verified(invited))
    assert is_in(browser)


def test_elliptic_curves_will_do(server: Provider, invited: User) -> None:
    server.algorithm, server.signs_with = "ES256", "ec"
    browser, _ = sign_in(server, verified(invited))
    assert is_in(browser)


def test_a_server_without_userinfo_says_it_in_the_token(server: Provider, invited: User) -> None:
    server.configuration = {"userinfo_endpoint": ABSENT}
    browser, _ = sign_in(server, verified(invited))
    assert is_in(browser)
    assert "/userinfo" not in server.heard


def test_no_more_is_kept_than_is_needed(server: Provider, invited: User) -> None:
    person = verified(invited, name="Jane Doe", birthdate="1980-01-01", phone_number="555")
    sign_in(server, person)
    link = SocialAccount.objects.get(user=invited)
    assert link.extra_data == {"sub": person["sub"], "email": invited.email}
    assert (link.provider, link.uid) == (server.address, person["sub"])


def test_it_is_not_there_unless_configured(wired: None) -> None:
    for where in (LOGIN, CALLBACK, reverse("single-sign-on-confirm")):
        assert Client().get(where).status_code == 404


# One account there for one person here


def test_the_link_counts_whatever_becomes_of_the_address(server: Provider, invited: User) -> None:
    person = verified(invited)
    sign_in(server, person)
    for told in ({"email": "renamed@example.org"}, {"email_verified": False}, {"email": ABSENT}):
        browser, _ = sign_in(server, person | told)
        assert browser.session["_auth_user_id"] == str(invited.pk)


def test_an_address_given_anew_does_not_open_the_account_of_the_one_before(
    server: Provider, invited: User
) -> None:
    before, after = verified(invited), verified(invited)
    sign_in(server, before)
    browser, read = sign_in(server, after)
    assert "This address is linked to another account of your sign-on server." in read
    assert not is_in(browser)
    assert links_of(invited) == [before["sub"]]
    assert actions_of(invited)[-1] == "was refused at single sign-on"


def test_after_release_the_next_one_is_linked(server: Provider, invited: User) -> None:
    before, after = verified(invited), verified(invited)
    gone, _ = sign_in(server, before)
    single_sign_on.release(invited, CLOCK, "whoever runs it (command line)")
    assert gone.get("/").status_code == 302  # signed out
    browser, _ = sign_in(server, after)
    assert is_in(browser)
    assert links_of(invited) == [after["sub"]]
    assert "This address is linked" in sign_in(server, before)[1]
    released = AuditEntry.objects.get(what=invited.email, action="released single sign-on")
    assert released.who == "whoever runs it (command line)"


def test_there_must_be_a_link_to_release(invited: User) -> None:
    with pytest.raises(Problem, match="no link"):
        single_sign_on.release(invited, CLOCK, "tester")


def test_a_name_of_one_server_means_nothing_at_another(
    server: Provider, town: Town, settings: Settings
) -> None:
    first, second = invite(town), invite(town)
    sign_in(server, verified(first, sub="1"))
    with oidc_server() as another:
        settings.SINGLE_SIGN_ON = another.settings()
        browser, _ = sign_in(another, verified(second, sub="1"))
    assert browser.session["_auth_user_id"] == str(second.pk)


# For signing in, and nothing else


@pytest.mark.parametrize("process", ["connect", "redirect", "Login", "", "anything"])
def test_every_process_but_signing_in_is_refused(
    server: Provider, invited: User, process: str
) -> None:
    for browser in (Client(), client_of(invited)):
        answer = browser.get(LOGIN, {"process": process})
        assert answer.status_code == 403
        assert "for signing in only" in answer.content.decode()
    assert server.heard == []


def test_nobody_gets_linked_to_who_is_signed_in(server: Provider, town: Town) -> None:
    mine, theirs = with_password(invite(town)), invite(town)
    browser = Client()
    asked = server.authorize(browser.get(LOGIN)["Location"])
    browser.post(reverse("account_login"), {"login": mine.email, "password": PASSWORD})
    assert browser.session["_auth_user_id"] == str(mine.pk)
    server.person = verified(theirs)
    assert browser.get(CALLBACK, {"code": CODE, "state": asked["state"]}).status_code == 302
    assert links_of(mine) == []
    assert browser.session["_auth_user_id"] == str(theirs.pk)


def test_who_is_signed_in_is_not_sent_there_to_sign_in(server: Provider, invited: User) -> None:
    assert client_of(invited).get(LOGIN)["Location"] == reverse("start")
    assert server.heard == []


def test_django_allauths_own_ways_are_closed(server: Provider, invited: User) -> None:
    browser = client_of(invited)
    for where in ("oidc/other/login/", "social/connections/", "3rdparty/", "sso/error/"):
        assert browser.get(f"/account/{where}").status_code == 404


def test_people_come_back_to_our_own_address(
    server: Provider, invited: User, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.ROLLCALL_URL = "https://rollcall.example.org"
    browser = Client(HTTP_HOST="evil.example.net")
    asked = server.authorize(browser.get(LOGIN)["Location"])
    assert asked["redirect_uri"] == f"https://rollcall.example.org{CALLBACK}"


# What comes back


def test_an_answer_nobody_asked_for_is_refused(server: Provider, invited: User) -> None:
    server.person = verified(invited)
    answer = Client().get(CALLBACK, {"code": CODE, "state": "made-up"})
    assert "not started in this browser" in answer.content.decode()
    assert server.heard == []


def test_an_answer_counts_once_and_in_the_browser_it_was_asked_by(
    server: Provider, invited: User
) -> None:
    server.person = verified(invited)
    browser = Client()
    state = server.authorize(browser.get(LOGIN)["Location"])["state"]
    back = {"code": CODE, "state": state}
    assert "not started" in Client().get(CALLBACK, back).content.decode()
    assert browser.get(CALLBACK, back).status_code == 302
    assert "not started" in browser.get(CALLBACK, back).content.decode()


def test_an_answer_comes_within_ten_minutes(
    server: Provider, invited: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(CLOCK.now())
    monkeypatch.setattr(routes, "clock", clock)
    server.person = verified(invited)
    browser = Client()
    state = server.authorize(browser.get(LOGIN)["Location"])["state"]
    clock.time += timedelta(minutes=10)
    answer = browser.get(CALLBACK, {"code": CODE, "state": state})
    assert "not started" in answer.content.decode()


def test_two_tabs_may_be_on_their_way(server: Provider, invited: User) -> None:
    server.person = verified(invited)
    browser = Client()
    browser.get(LOGIN)
    assert come_back(server, browser).status_code == 302


def test_who_cancels_there_is_told_so(server: Provider, wired: None) -> None:
    browser = Client()
    asked = server.authorize(browser.get(LOGIN)["Location"])
    answer = browser.get(CALLBACK, {"error": "access_denied", "state": asked["state"]})
    assert "You canceled the sign-in" in answer.content.decode()


@pytest.mark.parametrize(
    "said",
    [
        {"error": "server_error", "error_description": "<b>secret</b>"},
        {},
        {"code": "wrong"},
        {"code": "²٣"},
        {"code": CODE, "iss": "https://evil.example.net"},
    ],
)
def test_an_error_is_told_in_our_own_words(
    server: Provider, invited: User, said: dict[str, str]
) -> None:
    server.person = verified(invited)
    browser = Client()
    asked = server.authorize(browser.get(LOGIN)["Location"])
    answer = browser.get(CALLBACK, {"state": asked["state"], **said})
    assert answer.status_code == 403
    assert REFUSED in answer.content.decode()
    assert "secret" not in answer.content.decode()
    assert not is_in(browser)


def test_the_code_is_proved_by_a_nonce_and_a_challenge(server: Provider, wired: None) -> None:
    asked = [server.authorize(Client().get(LOGIN)["Location"]) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name]) >= 32
    assert asked[0]["code_challenge_method"] == "S256"
    assert asked[0]["response_type"] == "code"


# What the server says, none of it believed unseen


def refuses(server: Provider, person: dict[str, Any]) -> bool:
    """Whether the server's answer is refused in words, with no one signed in."""
    browser, read = sign_in(server, person)
    return (REFUSED in read or "You are not invited yet" in read) and not is_in(browser)


@pytest.mark.parametrize("claim", ["sub", "iss", "aud", "exp", "iat", "nonce"])
@pytest.mark.parametrize("value", [*HOSTILE, ABSENT])
def test_a_hostile_claim_of_the_token_opens_nothing(
    server: Provider, invited: User, claim: str, value: Any
) -> None:
    server.claims = {claim: value}
    if fits(claim, value):
        assert is_in(sign_in(server, verified(invited))[0])
    else:
        assert refuses(server, verified(invited))


def fits(claim: str, value: Any) -> bool:
    """A number may be a time: of issuing when it is past, of ending when it is to come."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and ((claim == "iat" and value < 2) or (claim == "exp" and value == 10**400))


@pytest.mark.parametrize("claim", ["sub", "email", "email_verified"])
@pytest.mark.parametrize("value", [*HOSTILE, ABSENT])
def test_a_hostile_claim_told_besides_opens_nothing(
    server: Provider, invited: User, claim: str, value: Any
) -> None:
    server.told = {claim: value}
    if (claim == "email_verified" and value is True) or (claim == "email" and value is ABSENT):
        assert is_in(sign_in(server, verified(invited))[0])
    else:
        assert refuses(server, verified(invited))


@pytest.mark.parametrize("claim", ["name", "preferred_username", "given_name", "picture"])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_is_not_needed_does_no_harm(
    server: Provider, invited: User, claim: str, value: Any
) -> None:
    person = verified(invited) | {claim: value}
    assert is_in(sign_in(server, person)[0])
    assert SocialAccount.objects.get(user=invited).extra_data.keys() == {"sub", "email"}


def test_a_token_signed_otherwise_opens_nothing(server: Provider, invited: User) -> None:
    for algorithm, key in (
        ("none", "rsa"),
        ("HS256", "rsa"),  # with the public key as the secret
        ("RS512", "rsa"),
        ("RS256", "another"),
        ("PS256", "rsa"),
    ):
        server.algorithm, server.signs_with = algorithm, key
        server.header = {"kid": "rsa"}
        assert refuses(server, verified(invited)), algorithm


def test_a_short_key_proves_nothing(server: Provider, invited: User) -> None:
    server.signs_with, server.keys = "short", [jwk("short")]
    with pytest.warns(Warning, match="below"):
        server.id_token()
    assert refuses(server, verified(invited))


@pytest.mark.parametrize(
    "keys",
    [
        *([], [None], ["x"], [{}], [{"kty": "RSA", "kid": "rsa"}], {}, None, 5),
        [{"kty": "RSA", "kid": "rsa", "n": 5, "e": []}],
        [{"kty": "RSA", "kid": "rsa", "n": "", "e": "AQAB"}],
        [{"kty": "oct", "kid": "rsa", "k": "c2VjcmV0"}],
        [{"kty": "EC", "kid": "rsa", "crv": "P-256", "x": "AA", "y": "AA"}],
        [{**jwk("rsa"), "use": "enc"}],
        [{**jwk("rsa"), "kid": ["rsa"]}],
        [jwk("rsa"), jwk("rsa")],
    ],
)
def test_keys_that_are_none_prove_nothing(server: Provider, invited: User, keys: Any) -> None:
    server.replies["/keys"] = Reply(body=json.dumps({"keys": keys}).encode())
    assert refuses(server, verified(invited))


@pytest.mark.parametrize("header", [{"alg": "x"}, {"kid": 5}, {"kid": ["rsa"]}, {"kid": "?"}])
def test_a_header_that_names_no_key_proves_nothing(
    server: Provider, invited: User, header: dict[str, Any]
) -> None:
    server.replaced_header = {"alg": "RS256", **header}
    assert refuses(server, verified(invited))


@pytest.mark.parametrize(
    "given",
    [
        *({"id_token": value} for value in [*HOSTILE, ABSENT, "a.b.c", "..", "x.y", "e30.e30."]),
        *({"access_token": value} for value in [None, 5, {}, ABSENT, "", "a\nb", "\ud800"]),
    ],
)
def test_tokens_that_are_none_open_nothing(
    server: Provider, invited: User, given: dict[str, Any]
) -> None:
    server.given = given
    assert refuses(server, verified(invited))


def test_a_payload_that_is_no_object_opens_nothing(server: Provider, invited: User) -> None:
    for payload in (b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000):
        server.given = {"id_token": server.signed(payload)}
        assert refuses(server, verified(invited))


PLACES = ["/.well-known/openid-configuration", "/token", "/keys", "/userinfo"]
REPLIES = {
    "nothing": Reply(body=b""),
    "no JSON": Reply(body=b"<h1>Sign in to the network: secret</h1>"),
    "no object": Reply(body=b'["secret"]'),
    "too deep": Reply(body=b"[" * 100_000),
    "not UTF-8": Reply(body=b'{"a": "\xff\xfe"}'),
    "huge": Reply(body=b'{"a": "' + b"x" * (2 << 20) + b'"}'),
    "a huge number": Reply(body=b'{"a": ' + b"9" * 10_000 + b"}"),
    "moved": Reply(302, headers={"Location": "/userinfo"}),
    "an error": Reply(500, body=b'{"error": "secret"}'),
    "refused": Reply(401),
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
@pytest.mark.parametrize("place", PLACES)
def test_an_answer_that_is_none_is_refused_in_words(
    server: Provider, invited: User, place: str, reply: Reply
) -> None:
    server.person = verified(invited)
    browser = Client()
    address = browser.get(LOGIN)["Location"]
    asked = server.authorize(address)
    server.replies[place] = reply
    answers = [Client().get(LOGIN), browser.get(CALLBACK, {"code": CODE, "state": asked["state"]})]
    said = [answer.content.decode() for answer in answers]
    assert REFUSED in said[1]
    assert all("secret" not in read for read in said)
    assert all(answer.status_code < 500 for answer in answers)
    assert not is_in(browser)


def test_a_server_that_does_not_answer_is_not_awaited_for_long(
    server: Provider, wired: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid, "_SECONDS", 0.2)
    server.replies[PLACES[0]] = Reply(wait=0.6)
    assert "cannot be reached" in Client().get(LOGIN).content.decode()


def test_a_server_that_is_not_there_is_told_in_words(wired: None, settings: Settings) -> None:
    with oidc_server() as gone:
        settings.SINGLE_SIGN_ON = gone.settings()
    assert "cannot be reached" in Client().get(LOGIN).content.decode()


@pytest.mark.parametrize(
    "name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"]
)
@pytest.mark.parametrize(
    "address",
    [
        *("http://sso.example.org/x", "ftp://127.0.0.1/x", "javascript:alert(1)", "/token", "x"),
        *("https://", "https://[", "http://169.254.169.254/", "https://a b.example.org/"),
        *(
            None,
            5,
            [],
            {},
            "",
            "https://sso.example.org/\r\nX: y",
            "https://s\N{KELVIN SIGN}o.org/",
        ),
    ],
)
def test_an_endpoint_is_https_or_this_very_machine(
    server: Provider, wired: None, name: str, address: Any
) -> None:
    server.configuration = {name: address}
    answer = Client().get(LOGIN)
    assert answer.status_code == 403
    assert REFUSED in answer.content.decode()


def test_a_server_elsewhere_leads_nobody_to_this_machine() -> None:
    elsewhere = openid.Server("x", "https://sso.example.org", "x", "x", False)
    for address in ("http://127.0.0.1/x", "https://127.0.0.1/x", "https://localhost/x"):
        with pytest.raises(Unproven):
            openid._endpoint({"token_endpoint": address}, "token_endpoint", elsewhere)
    assert not openid._reach(elsewhere).allows_address("127.0.0.1")
    assert not openid._reach(elsewhere).allows_address("169.254.169.254")
    assert openid._reach(elsewhere).allows_address("10.1.2.3")


@pytest.mark.parametrize("issuer", ["https://evil.example.net", None, 5, [], ""])
def test_the_configuration_is_of_the_server_itself(
    server: Provider, wired: None, issuer: Any
) -> None:
    server.configuration = {"issuer": issuer}
    assert REFUSED in Client().get(LOGIN).content.decode()


# A person's own page, and to confirm who it is


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_person_sees_their_links(server: Provider, invited: User) -> None:
    person = verified(invited)
    browser, _ = sign_in(server, person)
    page = reverse("single-sign-on")
    read = browser.get(page).content.decode()
    assert all(text in read for text in (server.address, person["sub"], "District account"))
    another = User.objects.create(email=f"{uuid4().hex[:8]}@example.org")
    assert person["sub"] not in client_of(another).get(page).content.decode()


def test_a_person_releases_the_link_with_their_password(server: Provider, invited: User) -> None:
    with_password(invited)
    elsewhere, _ = sign_in(server, verified(invited))
    browser, _ = sign_in(server, server.person)
    release = reverse("single-sign-on-release")
    asked = browser.post(release)["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    assert links_of(invited) != []
    assert browser.post(asked, {"password": PASSWORD})["Location"] == release
    assert "Remove the link?" in browser.get(release).content.decode()
    assert browser.post(release)["Location"] == reverse("single-sign-on")
    assert links_of(invited) == []
    assert is_in(browser)
    assert not is_in(elsewhere)
    assert actions_of(invited)[-1] == "released single sign-on"


def test_without_a_password_one_signs_in_there_again(server: Provider, invited: User) -> None:
    browser, _ = sign_in(server, verified(invited))
    page = reverse("account_set_password")
    asked = browser.get(page)["Location"]
    assert asked.startswith(reverse("single-sign-on-confirm"))
    answer = come_back(server, browser, asked)
    assert (server.asked["prompt"], server.asked["max_age"]) == ("login", "0")
    assert answer["Location"] == page
    assert browser.get(page).status_code == 200


def test_who_signs_in_there_as_another_confirms_nothing(server: Provider, town: Town) -> None:
    mine, theirs = invite(town), invite(town)
    browser, _ = sign_in(server, verified(mine))
    server.person = verified(theirs)
    confirm = reverse("single-sign-on-confirm")
    assert "not linked to yours" in come_back(server, browser, confirm).content.decode()
    assert browser.session["_auth_user_id"] == str(mine.pk)
    assert links_of(theirs) == []
    assert browser.get(reverse("account_set_password")).status_code == 302


def test_to_confirm_the_server_has_to_ask_again(server: Provider, invited: User) -> None:
    browser, _ = sign_in(server, verified(invited))
    confirm = reverse("single-sign-on-confirm")
    now = CLOCK.now().timestamp()
    server.claims = {"auth_time": now - 3600}
    assert (
        "did not ask you to sign in again" in come_back(server, browser, confirm).content.decode()
    )
    server.claims = {"auth_time": "soon"}
    assert REFUSED in come_back(server, browser, confirm).content.decode()
    server.claims = {"auth_time": now}
    assert come_back(server, browser, confirm).status_code == 302


#: Every view that changes how a person signs in, but the one that asks for the password itself.
SENSITIVE = [
    "account_set_password",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "single-sign-on-release",
]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", SENSITIVE)
def test_what_changes_signing_in_asks_for_a_proof_first(
    server: Provider, town: Town, name: str, method: str
) -> None:
    by_password, by_server = with_password(invite(town)), invite(town)
    for user, way in (
        (by_password, "account_reauthenticate"),
        (by_server, "single-sign-on-confirm"),
    ):
        browser, _ = sign_in(server, verified(user))
        secret = {"password1": "a new secret password", "password2": "a new secret password"}
        answer = getattr(browser, method)(reverse(name), secret)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse(way)), (name, way)
        assert "secret" not in json.dumps(dict(browser.session.items()), default=str)


def test_who_can_prove_it_no_way_signs_in_again(invited: User) -> None:
    browser = client_of(invited)
    answer = browser.get(reverse("account_set_password"))
    assert answer["Location"].startswith(reverse("account_login"))
    assert not is_in(browser)


def test_changing_a_password_asks_for_the_one_there_is(invited: User) -> None:
    browser = client_of(with_password(invited))
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    page = reverse("account_change_password")
    for old in ({}, {"oldpassword": ""}, {"oldpassword": "wrong"}):
        assert browser.post(page, {**new, **old}).status_code == 200
    invited.refresh_from_db()
    assert invited.check_password(PASSWORD)
