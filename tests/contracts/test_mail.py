"""Handing mails over: to a real SMTP server with STARTTLS and sign-in, and to a folder."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.reach import HERE
from tests.servers.processes import free_port
from tests.servers.smtp import PASSWORD, USER, Mailbox, smtp_server

from rollcall.core.problems import Next
from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.settings.mail_settings import mail_settings

REPORT = b"OriginalLineNumber,SSID\r\n1,0000000001\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server tells of every refusal
    with smtp_server(tmp_path_factory.mktemp("smtp")) as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.messages.clear()
    server.envelopes.clear()
    server.answers.clear()
    server.unsaid.clear()
    server.ways = ""
    return server


def smtp(mailbox: Mailbox, **changed: Any) -> dict[str, Any]:
    return {
        "type": "smtp",
        "host": "127.0.0.1",
        "port": mailbox.port,
        "user": USER,
        "password": PASSWORD,
        "from": "Rollcall <rollcall@district.example>",
        "ca_certificate": mailbox.ca_certificate,
        "timeout_seconds": 10,
        **changed,
    }


def mail(*recipients: str) -> EmailMessage:
    return build(
        "Demo Unified, casemis: done",
        "Matched: 3\nNot in file: José\n",
        recipients or ["my_email@example.com"],
        "Rollcall <rollcall@district.example>",
        [("CASEMIS_TypeA_ImportedRecords.csv", REPORT)],
        message_id="run-1@district.example",
        date=datetime(2016, 12, 1, 18, 30, tzinfo=UTC),
    )


def refused(settings: dict[str, Any], message: EmailMessage | None = None) -> MailError:
    with pytest.raises(MailError) as caught:
        deliver(mail_settings(settings), HERE, message or mail())
    assert PASSWORD not in str(caught.value)
    return caught.value


def delivered(settings: dict[str, Any], mailbox: Mailbox, folder: Path) -> EmailMessage:
    assert deliver(mail_settings(settings), HERE, mail()) == ()
    if settings["type"] == "smtp":
        (message,) = mailbox.messages
        return message
    (file,) = folder.iterdir()
    message = message_from_bytes(file.read_bytes(), policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


@pytest.mark.parametrize("kind", ["smtp", "folder"])
def test_a_mail_arrives_as_it_was_built(kind: str, mailbox: Mailbox, tmp_path: Path) -> None:
    to_folder = {"type": "folder", "path": str(tmp_path), "from": "rollcall@district.example"}
    settings = smtp(mailbox) if kind == "smtp" else to_folder
    message = delivered(settings, mailbox, tmp_path)
    assert message["Subject"] == "Demo Unified, casemis: done"
    assert message["To"] == "my_email@example.com"
    assert message["Message-ID"] == "<run-1@district.example>"
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["Matched: 3", "Not in file: José"]
    (report,) = message.iter_attachments()
    assert report.get_filename() == "CASEMIS_TypeA_ImportedRecords.csv"
    assert report.get_payload(decode=True) == REPORT


def test_everybody_gets_it(mailbox: Mailbox) -> None:
    deliver(mail_settings(smtp(mailbox)), HERE, mail("a@example.com", "b@example.com"))
    assert mailbox.envelopes == [("rollcall@district.example", ["a@example.com", "b@example.com"])]


def test_wrong_password(mailbox: Mailbox) -> None:
    error = refused(smtp(mailbox, password="wrong"))
    assert (error.code, error.next) == ("mail.sign_in_refused", Next.FIX_SETTINGS)
    assert "535" in str(error)


def test_a_password_smtp_cannot_send(mailbox: Mailbox) -> None:
    assert refused(smtp(mailbox, password="pässword")).code == "mail.sign_in_refused"


def test_no_sign_in_where_one_is_asked_for(mailbox: Mailbox) -> None:
    error = refused(smtp(mailbox, user=None, password=None))
    assert error.code == "mail.sender_refused"
    assert "530" in str(error)


def test_one_recipient_refused_of_two(mailbox: Mailbox) -> None:
    mailbox.answers["gone@example.com"] = "550 no such user"
    message = mail("gone@example.com", "here@example.com")
    (left_out,) = deliver(mail_settings(smtp(mailbox)), HERE, message)
    assert (left_out.address, left_out.answer) == ("gone@example.com", "550 no such user")
    assert left_out.code == "mail.recipient_refused"
    assert mailbox.envelopes[0][1] == ["here@example.com"]


@pytest.mark.parametrize(
    ("answer", "after"),
    [("550 no such user", Next.FIX_SETTINGS), ("450 come again later", Next.AGAIN)],
)
def test_every_recipient_refused(mailbox: Mailbox, answer: str, after: Next) -> None:
    mailbox.answers["my_email@example.com"] = answer
    error = refused(smtp(mailbox))
    assert (error.code, error.next) == ("mail.recipient_refused", after)
    assert f"my_email@example.com: {answer}" in str(error)


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        ("554 no spam please", Next.FIX_SETTINGS),
        ("552 5.2.2 mailbox full", Next.FIX_SETTINGS),
        ("451 disk full", Next.AGAIN),
    ],
)
def test_the_mail_itself_refused(mailbox: Mailbox, answer: str, after: Next) -> None:
    mailbox.answers["DATA"] = answer
    error = refused(smtp(mailbox))
    assert (error.code, error.next) == ("mail.refused", after)
    assert answer in str(error)


@pytest.mark.parametrize("where", ["MAIL", "DATA"])
@pytest.mark.parametrize(
    "answer", ["552 too large", "552 5.3.4 message size exceeds limit", "523 5.2.3 too long"]
)
def test_a_mail_that_is_too_large_is_told_as_that(
    mailbox: Mailbox, where: str, answer: str
) -> None:
    mailbox.answers[where] = answer
    error = refused(smtp(mailbox))
    assert (error.code, error.next) == ("mail.too_large", Next.FIX_SETTINGS)
    assert answer in str(error)


def test_the_size_a_server_says_is_compared_with_the_mail_on_its_way(tmp_path: Path) -> None:
    message = mail()
    size = len(message.as_bytes())
    for most, taken in ((size - 1, False), (size, True)):
        with smtp_server(tmp_path, sign_in=False, encrypted=False, most=most) as mailbox:
            plain = smtp(mailbox, user=None, password=None, security="none", ca_certificate=None)
            if taken:
                deliver(mail_settings(plain), HERE, message)
            else:
                assert f"{size:,} bytes; at most {most:,}" in str(refused(plain, message))
            assert bool(mailbox.messages) is taken


@pytest.mark.parametrize(("ways", "said"), [("", "none"), ("XOAUTH2 NTLM", "NTLM, XOAUTH2")])
def test_a_server_without_a_sign_in_by_password_is_told_as_that(
    mailbox: Mailbox, ways: str, said: str
) -> None:
    mailbox.unsaid.add("AUTH")
    mailbox.ways = ways
    error = refused(smtp(mailbox))
    assert (error.code, error.next) == ("mail.no_sign_in", Next.FIX_SETTINGS)
    assert said in error.detail


def test_a_certificate_nobody_vouches_for(mailbox: Mailbox) -> None:
    assert refused(smtp(mailbox, ca_certificate=None)).code == "mail.certificate"
    assert mailbox.messages == []


def test_a_server_without_encryption_gets_no_password(tmp_path: Path) -> None:
    with smtp_server(tmp_path, sign_in=False, encrypted=False) as mailbox:
        assert refused(smtp(mailbox, ca_certificate=None)).code == "mail.no_encryption"
        plain = smtp(mailbox, user=None, password=None, security="none", ca_certificate=None)
        deliver(mail_settings(plain), HERE, mail())
        assert len(mailbox.messages) == 1


def test_tls_on_a_port_that_does_not_speak_it(mailbox: Mailbox) -> None:
    assert refused(smtp(mailbox, security="tls")).code == "mail.no_encryption"


def test_no_server_there(mailbox: Mailbox) -> None:
    error = refused(smtp(mailbox, port=free_port()))
    assert (error.code, error.next) == ("mail.unreachable", Next.AGAIN)
    assert refused(smtp(mailbox, host="no-such-host.invalid")).code == "mail.unreachable"


def test_a_folder_is_made_where_its_parent_is(tmp_path: Path) -> None:
    settings = {"type": "folder", "path": str(tmp_path / "mails"), "from": "r@district.example"}
    deliver(mail_settings(settings), HERE, mail())
    settings["path"] = str(tmp_path / "no" / "mails")
    assert refused(settings).code == "mail.no_folder"


def test_the_same_mail_again_is_one_file(tmp_path: Path) -> None:
    settings = mail_settings({"type": "folder", "path": str(tmp_path), "from": "r@x.example"})
    for _ in range(2):
        deliver(settings, HERE, mail())
    assert len(list(tmp_path.iterdir())) == 1
