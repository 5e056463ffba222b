"""Mails to a person about their own account: by the installation's mail server, never a district's.

An account belongs to the installation. Who keeps a district's mail server could read the link with
which a person of several districts sets a new password.
"""

from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from uuid import uuid4

import structlog

from rollcall.core.problems import Problem
from rollcall.core.reach import EVERYWHERE
from rollcall.engine.clock import Clock
from rollcall.engine.mail.delivery import NO_MAIL_SERVER, RECIPIENT_REFUSED, deliver
from rollcall.engine.mail.message import build
from rollcall.engine.settings.configure import mail_settings
from rollcall.engine.settings.mail_settings import MailFolderSettings, SmtpSettings

log = structlog.get_logger()

#: How long a mail server can take altogether, seconds.
_LONGEST = 60.0
#: Sends mails that nobody waits for, one after the other.
background = ThreadPoolExecutor(1, "account mail")


class Outcome(StrEnum):
    """How sending an account mail ended."""

    SENT = "sent"
    NO_SERVER = "no_server"  # whoever runs the server has set none
    REFUSED = "refused"  # the mail server takes no mail for this address
    FAILED = "failed"  # the log has the code


def configured() -> bool:
    """Whether this installation sends account mail."""
    return mail_settings(None) is not None


def send(email: str, subject: str, text: str, clock: Clock) -> Outcome:
    """Send a mail about an account.

    Why it was not sent is in the log only: who asked can be a stranger.
    """
    server = mail_settings(None)
    if server is None:
        log.warning("account mail not sent", code=NO_MAIL_SERVER)
        return Outcome.NO_SERVER
    return _deliver(server, email, subject, text, clock)


def send_in_background(email: str, subject: str, text: str, clock: Clock) -> None:
    """Send a mail that a stranger can ask for, without making them wait: how long a mail server
    takes would show whose address has an account here.
    """
    if (server := mail_settings(None)) is None:
        log.warning("account mail not sent", code=NO_MAIL_SERVER)
        return
    background.submit(_deliver, server, email, subject, text, clock)


def _deliver(
    server: SmtpSettings | MailFolderSettings, email: str, subject: str, text: str, clock: Clock
) -> Outcome:
    message_id = f"account-{uuid4()}@rollcall.invalid"
    try:
        message = build(
            subject, text, [email], server.sender, message_id=message_id, date=clock.now()
        )
        deliver(server, EVERYWHERE, message, longest=_LONGEST)
    except Problem as problem:
        log.warning("account mail not sent", code=problem.code)
        return Outcome.REFUSED if problem.code == RECIPIENT_REFUSED else Outcome.FAILED
    return Outcome.SENT
