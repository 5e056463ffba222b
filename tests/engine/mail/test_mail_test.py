"""Send test: a real mail, and the mail server's own words about it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.servers.processes import free_port
from tests.servers.smtp import PASSWORD, USER, Mailbox, smtp_server
from tests.town import Town

from rollcall.engine.mail.mail_test import send_test
from rollcall.engine.models import MailServer
from rollcall.engine.settings import partner_settings
from rollcall.engine.settings.config import Mistakes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server tells of every refusal
    with smtp_server(tmp_path_factory.mktemp("smtp")) as mailbox:
        yield mailbox


def sent(server: Mailbox, **changed: Any) -> dict[str, Any]:
    return {
        "type": "smtp",
        "host": "127.0.0.1",
        "port": str(server.port),
        "user": USER,
        "password": PASSWORD,
        "from": "rollcall@district.example",
        "ca_certificate": server.ca_certificate,
        "timeout_seconds": "10",
        "security": "starttls",
        **changed,
    }


def test_the_saved_server_takes_a_real_mail_in_its_own_words(town: Town, server: Mailbox) -> None:
    partner_settings.save_mail(town.district, "smtp", sent(server), town.clock, "pat")
    went = send_test(town.district, "me@example.org", town.clock)
    assert (went.taken, went.answer) == (True, "250 OK")
    assert server.messages[-1]["Subject"] == "Test Unified: test mail of Rollcall"
    assert server.envelopes[-1][1] == ["me@example.org"]


def test_a_form_is_tried_before_it_is_saved(town: Town, server: Mailbox) -> None:
    wrong = send_test(town.district, "me@example.org", town.clock, sent(server, password="no"))
    assert (wrong.taken, wrong.code) == (False, "mail.sign_in_refused")
    assert "535" in wrong.answer
    assert "password" in wrong.advice
    assert send_test(town.district, "me@example.org", town.clock, sent(server)).taken
    assert MailServer.objects.get(district=town.district).settings["type"] == "folder"
    with pytest.raises(Mistakes) as refused:
        send_test(town.district, "me@example.org", town.clock, sent(server, port="0"))
    assert list(refused.value.places) == ["port"]


def test_what_can_go_wrong_is_told_and_never_raised(town: Town, server: Mailbox) -> None:
    away = send_test(
        town.district, "me@example.org", town.clock, sent(server, port=str(free_port()))
    )
    assert away.code == "mail.unreachable"
    assert send_test(town.district, "nobody", town.clock).code == "mail.bad_address"
    MailServer.objects.filter(district=town.district).delete()
    assert send_test(town.district, "me@example.org", town.clock).code == "mail.no_server"


def test_a_folder_says_where_the_mail_is(town: Town) -> None:
    went = send_test(town.district, "me@example.org", town.clock)
    assert went.answer.startswith(f"written as {town.mailbox}")
    assert Path(went.answer.removeprefix("written as ")).is_file()
