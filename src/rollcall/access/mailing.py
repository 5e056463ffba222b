"""Mails to a person about their own account: by the installation's mail server, never a district's.

An account belongs to the installation. Who keeps a district's mail server could read the link with
which a person of several districts sets a new password.
"""

from enum import StrEnum
from uuid import uuid4

import structlog

from rollcall.core.problems import Problem
from rollcall.core.reach import EVERYWHERE
from rollcall.engine.clock import Clock
from rollcall.engine.configure import mail_settings
from rollcall.engine.delivery import build, deliver
from rollcall.engine.notifying import NO_MAIL_SERVER

log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of an account mail."""

    SENT = "sent"
    NO_SERVER = "no_server"  # whoever runs the server has set none
    FAILED = "failed"  # the log has the code


def configured() -> bool:
    """Whether this installation sends account mail."""
    return mail_settings(None) is not None


def send(email: str, subject: str, text: str, clock: Clock) -> Outcome:
    """Send a mail about an account; what became of it.

    Why not is in the log only, for who asked may be a stranger.
    """
    server = mail_settings(None)
    if server is None:
        log.warning("account mail not sent", code=NO_MAIL_SERVER)
        return Outcome.NO_SERVER
    message_id = f"account-{uuid4()}@rollcall.invalid"
    try:
        message = build(
            subject, text, [email], server.sender, message_id=message_id, date=clock.now()
        )
        deliver(server, EVERYWHERE, message)
    except Problem as problem:
        log.warning("account mail not sent", code=problem.code)
        return Outcome.FAILED
    return Outcome.SENT
