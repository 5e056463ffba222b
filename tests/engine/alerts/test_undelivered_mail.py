"""Mails that a server does not take as they are, and those that cannot be delivered."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.servers.processes import free_port
from tests.servers.smtp import Mailbox, smtp_server
from tests.town import RowMaker, Town

from rollcall.engine.alerts import alert_mail, alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.mail import completion_mail, outbox
from rollcall.engine.models import Alert, AlertKind, Artifact, Mail, MailKind, MailServer
from rollcall.engine.settings import configure

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server tells of every refusal


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker) -> Town:
    town.load({"students": students})
    rows = (table_a(SSID=f"{number:010}") for number in range(1, 1000))
    town.drop("A.csv", "\n".join(rows).encode())
    return town


def by_smtp(town: Town, port: int, **more: Any) -> None:
    server = {"type": "smtp", "host": "127.0.0.1", "port": port, "security": "none"}
    mail = {**server, "from": "rollcall@example.org", "timeout_seconds": 10}
    configure.apply({**town.document(**more), "mail": mail}, {}, town.clock, "tester")


@contextmanager
def server(town: Town, tmp_path: Path, most: int = 1 << 25) -> Iterator[Mailbox]:
    with smtp_server(tmp_path, sign_in=False, encrypted=False, most=most) as mailbox:
        by_smtp(town, mailbox.port)
        yield mailbox


def open_alerts(town: Town) -> dict[str, Alert]:
    found = alerts.listed(town.district, kind=AlertKind.MAIL)
    return {one.code: one for one in found}


def text_of(mailbox: Mailbox) -> str:
    body = mailbox.messages[-1].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("unsaid", [set(), {"SIZE"}], ids=["said before", "answered 552"])
def test_a_mail_that_is_too_large_is_sent_again_with_links(
    ready: Town, tmp_path: Path, unsaid: set[str]
) -> None:
    with server(ready, tmp_path, most=20_000) as mailbox:
        mailbox.unsaid = unsaid
        run = ready.run()
    (sent,) = run.mails.all()
    assert (sent.sent_at is not None, sent.without_files, sent.attempts) == (True, True, 1)
    (message,) = mailbox.messages
    assert list(message.iter_attachments()) == []
    assert "The reports are not attached: a mail with them is too large" in text_of(mailbox)
    assert f"/d/{ready.code}/runs/{run.pk}/reports/" in text_of(mailbox)
    assert open_alerts(ready) == {}


def test_a_mail_within_the_limit_has_its_reports(ready: Town, tmp_path: Path) -> None:
    with server(ready, tmp_path) as mailbox:
        run = ready.run()
    assert list(mailbox.messages[0].iter_attachments())
    assert not run.mails.get().without_files
    assert "attached" in text_of(mailbox)


def test_the_limit_is_of_what_travels(ready: Town) -> None:
    """Base64 makes a third more of it, and a line's end for each line."""
    run = ready.run()
    assert completion_mail.size_on_its_way(57) == 78
    Artifact.objects.filter(run=run, kind="report").update(size=0)
    one = Artifact.objects.filter(run=run, kind="report").first()
    assert one is not None
    for size, attached in ((7_300_000, True), (7_400_000, False)):
        Artifact.objects.filter(pk=one.pk).update(size=size)
        assert ("(attached)" in completion_mail.body(run)) is attached
        assert ("too large" in completion_mail.body(run)) is not attached


def test_a_mail_nobody_takes_is_an_alert_until_one_is_taken(ready: Town, tmp_path: Path) -> None:
    with server(ready, tmp_path) as mailbox:
        mailbox.answers["MAIL"] = "550 5.7.1 not you"
        ready.run()
        (alert,) = open_alerts(ready).values()
        assert (alert.code, alert.severity) == ("mail.sender_refused", "error")
        assert "550 5.7.1 not you" in alert.text
        assert alerts.words(alert)[0].startswith("Set `from`")
        mailbox.answers.pop("MAIL")
        ready.clock.time += timedelta(minutes=2)
        outbox.send_due(ready.district.pk, ready.clock)
        assert len(mailbox.messages) == 1
    assert open_alerts(ready) == {}


def test_what_may_pass_is_an_alert_once_it_did_not(ready: Town) -> None:
    by_smtp(ready, free_port())
    ready.run()
    assert open_alerts(ready) == {}
    ready.clock.time += timedelta(minutes=2)
    outbox.send_due(ready.district.pk, ready.clock)
    assert set(open_alerts(ready)) == {"mail.unreachable"}


def test_an_address_refused_is_its_own_alert(ready: Town, tmp_path: Path) -> None:
    ready.recipients[:] = ["gone@example.org", "here@example.org"]
    with server(ready, tmp_path) as mailbox:
        mailbox.answers["gone@example.org"] = "550 no such user"
        ready.run()
        (alert,) = open_alerts(ready).values()  # the other mail was delivered after it
        assert (alert.code, alert.detail) == ("mail.recipient_refused", "gone@example.org")
        assert "gone@example.org: 550 no such user" in alert.text


def test_no_mail_server_is_an_alert_until_there_is_one(ready: Town, tmp_path: Path) -> None:
    MailServer.objects.filter(district=ready.district).delete()
    ready.run()
    assert set(open_alerts(ready)) == {"mail.no_server"}
    with server(ready, tmp_path):
        ready.run(forced=True)
    assert open_alerts(ready) == {}


def alert_mail_of(town: Town) -> None:
    seen = Seen(AlertKind.LATE, "sync.late", "Late", "warning")
    numbers = alerts.open_or_renew(town.sync.district_id, town.sync.pk, [seen], town.clock)
    alert_mail.queue(town.sync, numbers, town.clock)


def problem_mail_of(town: Town) -> None:
    at = town.clock.now()
    about = {"kind": MailKind.PROBLEMS, "sync": town.sync, "subject": "s", "text": "t"}
    Mail.objects.create(**about, recipient="a@x.org", made_at=at, next_attempt=at)


@pytest.mark.parametrize("queue", [alert_mail_of, problem_mail_of])
def test_every_mail_of_a_sync_opens_and_resolves_it(town: Town, tmp_path: Path, queue: Any) -> None:
    with server(town, tmp_path) as mailbox:
        mailbox.answers["DATA"] = "554 no"
        queue(town)
        outbox.send_due(town.district.pk, town.clock)
        assert set(open_alerts(town)) == {"mail.refused"}
        mailbox.answers.clear()
        town.clock.time += timedelta(minutes=2)
        outbox.send_due(town.district.pk, town.clock)
        assert len(mailbox.messages) == 1
    assert open_alerts(town) == {}
