"""Mails to a person about their own account, by the mail server of their district."""

from uuid import uuid4

import structlog

from rollcall.access.models import Membership
from rollcall.core.problems import Problem
from rollcall.engine.clock import Clock
from rollcall.engine.configure import mail_settings
from rollcall.engine.delivery import build, deliver
from rollcall.engine.notifying import NO_MAIL_SERVER

log = structlog.get_logger()


def send(email: str, subject: str, text: str, clock: Clock) -> bool:
    """Send a mail by the first of the person's districts that has a mail server; was it taken?

    Nobody is told why not, for who asked may be a stranger: the log has the code, and the page
    says to ask an admin when no mail arrives.
    """
    memberships = Membership.objects.filter(user__email=email).select_related("district")
    for membership in memberships.order_by("pk"):
        if (server := mail_settings(membership.district)) is None:
            continue
        message_id = f"account-{uuid4()}@rollcall.invalid"
        try:
            message = build(
                subject, text, [email], server.sender, message_id=message_id, date=clock.now()
            )
            deliver(server, message)
        except Problem as problem:
            log.warning("account mail not sent", code=problem.code)
            return False
        return True
    log.warning("account mail not sent", code=NO_MAIL_SERVER)
    return False
