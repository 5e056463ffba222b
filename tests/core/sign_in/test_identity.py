"""Who a person is by a server's claims: only what proves it counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rollcall.core.sign_in.identity import (
    Expected,
    Identity,
    Unproven,
    identity,
    is_true,
)

NOW = datetime(2016, 12, 1, 18, 30, tzinfo=UTC)
EXPECTED = Expected("https://sso.example.org", "rollcall", "a-nonce", NOW)
SECONDS = NOW.timestamp()
TOKEN = {
    "iss": "https://sso.example.org",
    "aud": "rollcall",
    "iat": SECONDS,
    "exp": SECONDS + 300,
    "nonce": "a-nonce",
    "sub": "248289761001",
}
TOLD = {"sub": "248289761001", "email": "Jane@Example.org", "email_verified": True}

#: Values of every kind JSON has, and texts that are none.
HOSTILE: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.5, 10**400, float("nan"), float("inf")),
    *("", "0", "\0", "a\0b", "\ud800", "x" * 300, "../../etc", "\N{ARABIC-INDIC DIGIT ONE}" * 9),
    *([], ["x"], [None], {}, {"a": 1}, [[]], "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}x"),
]


def of(token: dict[str, Any], told: dict[str, Any] | None = None) -> Identity:
    return identity(TOKEN | token, TOLD if told is None else told, EXPECTED, trust_email=False)


def test_a_person_is_known_by_the_servers_name_for_them_and_a_verified_address() -> None:
    assert of({}) == Identity(
        "https://sso.example.org", "248289761001", "jane@example.org", True, None
    )


def test_without_userinfo_the_token_says_it_all() -> None:
    said: dict[str, Any] = {"email": "jane@example.org", "email_verified": True}
    assert of(said, told={}).verified


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        *((value, False) for value in HOSTILE if value is not True),
        (True, True),
        ("true", True),
        *((text, False) for text in ("True", "TRUE", " true", "false", "no", "yes", "1")),
    ],
)
def test_an_address_is_verified_by_true_alone(said: object, counts: bool) -> None:
    assert is_true(said) is counts
    assert of({}, TOLD | {"email_verified": said}).verified is counts


def test_a_trusted_server_need_not_say_so_but_may_say_no() -> None:
    silent = {"sub": TOKEN["sub"], "email": "jane@example.org"}
    assert identity(TOKEN, silent, EXPECTED, trust_email=True).verified
    no: list[Any] = [False, "false", None, 0, []]
    for said in no:
        told = silent | {"email_verified": said}
        assert not identity(TOKEN, told, EXPECTED, trust_email=True).verified


@pytest.mark.parametrize("claim", ["iss", "aud", "nonce", "exp", "sub"])
@pytest.mark.parametrize("value", HOSTILE)
def test_a_claim_that_is_not_what_was_expected_proves_nothing(claim: str, value: Any) -> None:
    if claim == "exp" and value in (10**400,):
        assert of({claim: value})
        return
    with pytest.raises(Unproven):
        of({claim: value})


@pytest.mark.parametrize(
    "value", [value for value in HOSTILE if not isinstance(value, int | float)]
)
def test_a_time_that_is_no_number_proves_nothing(value: Any) -> None:
    with pytest.raises(Unproven):
        of({"iat": value})


@pytest.mark.parametrize("claim", ["iss", "aud", "nonce", "exp", "iat", "sub"])
def test_a_claim_that_is_missing_proves_nothing(claim: str) -> None:
    token = {name: value for name, value in TOKEN.items() if name != claim}
    with pytest.raises(Unproven):
        identity(token, TOLD, EXPECTED, trust_email=False)


@pytest.mark.parametrize("claim", ["name", "preferred_username", "given_name"])
@pytest.mark.parametrize("value", HOSTILE)
def test_what_is_not_needed_is_not_read(claim: str, value: Any) -> None:
    assert of({claim: value}, TOLD | {claim: value}) == of({})


@pytest.mark.parametrize("value", HOSTILE)
def test_an_address_that_is_none_vouches_for_nobody(value: Any) -> None:
    try:
        assert "@" not in of({}, TOLD | {"email": value}).email
    except Unproven:
        assert not isinstance(value, str)


def test_letters_that_become_plain_ones_are_no_address() -> None:
    assert of({}, TOLD | {"email": "\N{KELVIN SIGN}ate@example.org"}).email == ""


def test_a_token_for_others_too_counts_when_it_was_given_to_us() -> None:
    assert of({"aud": ["rollcall"]})
    assert of({"aud": ["rollcall", "mail"], "azp": "rollcall"})
    for wrong in ({"aud": ["rollcall", "mail"]}, {"azp": "mail"}, {"aud": ["mail"]}):
        with pytest.raises(Unproven):
            of(wrong)


def test_clocks_may_differ_by_two_minutes() -> None:
    assert of({"exp": SECONDS - 119, "iat": SECONDS + 119})
    for wrong in ({"exp": SECONDS - 120}, {"iat": SECONDS + 121}):
        with pytest.raises(Unproven):
            of(wrong)


def test_token_and_userinfo_are_of_one_person() -> None:
    for sub in ("another", None, "", 248289761001):
        with pytest.raises(Unproven):
            of({}, TOLD | {"sub": sub})
