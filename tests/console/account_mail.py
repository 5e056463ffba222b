"""The mail server of the installation, which account mail goes by: a folder of a test's own."""

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from tests.clock import FakeClock

from rollcall.access.account_mail import background
from rollcall.engine.models import MailServer
from rollcall.engine.settings import installation_settings


class Mailbox:
    """What was mailed to people about their accounts, the oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mails(self) -> list[EmailMessage]:
        background.submit(int).result()  # those before it are sent
        files = sorted(self.folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        parser = BytesParser(EmailMessage, policy=policy.default)
        return [parser.parsebytes(path.read_bytes()) for path in files]


@pytest.fixture
def account_mail(wired: None, tmp_path: Path) -> Iterator[Mailbox]:
    """The installation sends account mail; without this fixture it has no mail server."""
    folder = tmp_path / "account-mail"
    folder.mkdir()
    mail = {"type": "folder", "path": str(folder), "from": "rollcall@example.org"}
    installation_settings.apply({"mail": mail}, {}, FakeClock(), "tester")
    yield Mailbox(folder)
    MailServer.objects.filter(district=None).delete()
