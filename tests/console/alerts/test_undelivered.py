"""What pages say of mails that a server did not take, or not with their reports."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.clock import FakeClock
from tests.console.people import Asking
from tests.console.sign_in.test_invitations import invite, new_address
from tests.servers.smtp import Mailbox, smtp_server
from tests.town import RowMaker, Town

from rollcall.access.roles import Role
from rollcall.engine.models import MailServer
from rollcall.engine.settings import configure, installation_settings


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Mailbox]:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server tells of every refusal
    with smtp_server(tmp_path, sign_in=False, encrypted=False) as mailbox:
        yield mailbox


def smtp(mailbox: Mailbox) -> dict[str, Any]:
    there = {"type": "smtp", "host": "127.0.0.1", "port": mailbox.port, "security": "none"}
    return {**there, "from": "rollcall@example.org"}


@pytest.fixture
def ready(town: Town, students: pl.DataFrame, table_a: RowMaker, server: Mailbox) -> Town:
    town.load({"students": students})
    town.drop("A.csv", table_a(SSID="0000000001").encode())
    document = {**town.document(), "mail": smtp(server)}
    configure.apply(document, {}, town.clock, "tester")
    return town


def test_the_mail_page_says_that_the_reports_did_not_go_with_it(
    ready: Town, asking: Asking
) -> None:
    run = ready.run()
    run.mails.update(without_files=True)
    page = asking(Role.VIEWER).get(f"/d/{ready.code}/runs/{run.pk}/mail/").content.decode()
    assert "so the mail was sent without them. Download them under Reports." in page
    assert "The reports are not attached" in page


def test_the_alerts_page_has_a_mail_that_nobody_took(
    ready: Town, server: Mailbox, asking: Asking
) -> None:
    server.answers["MAIL"] = "550 5.7.1 not you"
    ready.run()
    page = asking(Role.VIEWER).get(f"/d/{ready.code}/alerts/?kind=mail").content.decode()
    assert "does not take mail from this sender" in page
    assert "to an address the mail account can send from" in page


def test_an_invitation_to_an_address_that_is_refused_says_so(
    town: Town, server: Mailbox, asking: Asking
) -> None:
    installation_settings.apply({"mail": smtp(server)}, {}, FakeClock(), "tester")
    try:
        email = new_address()
        server.answers[email] = "550 no such user"
        said = invite(asking(Role.ADMIN), town, email)
    finally:
        MailServer.objects.filter(district=None).delete()
    assert "does not accept mail for this address" in said
