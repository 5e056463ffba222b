"""A mail as a value: addresses that are addresses, headers nobody can add to."""

from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from tests.examples import examples

from rollcall.engine.mail.message import MailError, Recipients, build, parse_recipients
from rollcall.engine.settings.mail_settings import mail_settings

SMTP = {"type": "smtp", "host": "mail.district.example", "from": "rollcall@district.example"}


def test_recipients_are_a_list_or_one_text_with_commas() -> None:
    both = ("a@x.org", "b@y.org")
    assert parse_recipients("a@x.org, b@y.org,") == both
    assert parse_recipients(["a@x.org", " b@y.org "]) == both
    assert parse_recipients("a@x.org,a@x.org") == ("a@x.org",)
    assert parse_recipients("") == ()


@pytest.mark.parametrize(
    "bad",
    [
        "office",
        "a b@x.org",
        "a@@x.org",
        "@x.org",
        "a@",
        "a@x..org",
        "a@x.org b@y.org",
        "<a@x.org>",
        "é@x.org",
        "a@exämple.org",
        "a@x.org\r\nBcc: b@y.org",
    ],
)
def test_what_is_no_address_is_named(bad: str) -> None:
    with pytest.raises(MailError) as caught:
        parse_recipients(f"good@x.org,{bad}")
    assert caught.value.code == "mail.bad_address"
    assert bad.split("\r", maxsplit=1)[0] in str(caught.value)


def test_recipients_as_a_setting() -> None:
    setting: TypeAdapter[list[str]] = TypeAdapter(Recipients)
    assert setting.validate_python("a@x.org, b@y.org") == ["a@x.org", "b@y.org"]
    for bad in ("office", ["a@x.org", 5], 5):
        with pytest.raises(ValidationError):
            setting.validate_python(bad)


def test_recipients_are_as_many_as_a_mail_is_for() -> None:
    """Each gets a mail of a run: a district's hundred thousand would take a worker's night."""
    setting: TypeAdapter[list[str]] = TypeAdapter(Recipients)
    many = [f"a{number}@x.org" for number in range(201)]
    assert len(setting.validate_python(many[1:])) == 200
    for texts in (many, ",".join(many)):
        with pytest.raises(ValidationError, match="200 addresses at most"):
            setting.validate_python(texts)


def test_a_text_too_long_for_an_address_is_none_at_once() -> None:
    """The library reads each comment within a comment by calling itself."""
    for sender in ("(" * 5_000 + "a@x.org", "a." * 500_000 + "a@x.org"):
        with pytest.raises(ValidationError, match="letters at most"):
            mail_settings({**SMTP, "from": sender})
    with pytest.raises(MailError):
        parse_recipients("a." * 500_000 + "a@x.org")


@examples(50)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=30))
def test_no_text_can_add_a_header(subject: str, text: str, name: str) -> None:
    message = build(
        subject,
        text,
        ["a@x.org"],
        "Rollcall <r@x.org>",
        [(name, b"1")],
        message_id="run-1@x.org",
        date=datetime(2016, 12, 1, tzinfo=UTC),
    )
    read = message_from_bytes(message.as_bytes())
    own = {"Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"}
    assert set(read.keys()) == own | {"Content-Type"}
    assert read["To"] == "a@x.org"
    assert len(read.get_payload()) == 2


def test_what_travels_is_plain_letters() -> None:
    message = build("Día", "é" * 2000, ["a@x.org"], "José <r@x.org>", message_id="1@x.org")
    raw = message.as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 998


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"user": "u"}, "both user and password"),
        ({"user": "u", "password": "p", "security": "none"}, "never sent unencrypted"),
        ({"from": "office"}, "not an e-mail address"),
        ({"type": "folder", "path": "mails"}, "full path"),
        ({"hots": "x"}, "hots"),
    ],
)
def test_settings_that_do_not_fit(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        mail_settings({**SMTP, **changed})


def test_settings_have_safe_defaults_and_hide_the_password() -> None:
    server = mail_settings({**SMTP, "user": "u", "password": "geheim"})
    assert server.type == "smtp"
    assert (server.port, server.security) == (587, "starttls")
    assert "geheim" not in repr(server)
