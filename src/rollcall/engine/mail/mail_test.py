"""Send test: a real mail by a district's mail server, and how it went, in the server's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.core.findings import Codes
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.mail.delivery import NO_MAIL_SERVER, deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.settings import configure
from rollcall.engine.settings.partner_settings import mail_draft
from rollcall.records.models import District

#: A person waits for the answer, and so does one of the server's threads; seconds.
_LONGEST = 60.0


@dataclass(frozen=True)
class MailTest:
    """How a test mail went. `answer`: the server's; `code` to `who` are of a failure.

    Taken by the mail server does not mean that it arrived: see whether it does.
    """

    taken: bool
    recipient: str
    seconds: float
    answer: str = ""
    code: str = ""
    text: str = ""
    advice: str = ""
    who: str = ""


def send_test(
    district: District, recipient: str, clock: Clock, sent: Mapping[str, Any] | None = None
) -> MailTest:
    """Send a test mail to one address.

    By the mail server that is saved, or by one that is not saved yet: `sent` is then what its form
    sent, with its `type` (Mistakes when it cannot be read). Never raises MailError.
    """
    server = configure.mail_settings(district) if sent is None else mail_draft(district, sent)
    if server is None:
        return _failed(recipient, 0, MailError(NO_MAIL_SERVER))
    began = clock.now()
    answers: list[str] = []
    try:
        message = build(
            subject=f"{district.name}: test mail of Rollcall",
            text="This mail shows that Rollcall can send mail with these settings.\n",
            recipients=[recipient],
            sender=server.sender,
            message_id=f"test-{district.pk}-{began:%Y%m%d%H%M%S%f}@rollcall.invalid",
            date=began,
        )
        deliver(server, reach_of(district), message, answers.append, _LONGEST)
    except MailError as error:
        return _failed(recipient, (clock.now() - began).total_seconds(), error)
    return MailTest(True, recipient, (clock.now() - began).total_seconds(), "; ".join(answers))


def _failed(recipient: str, seconds: float, error: MailError) -> MailTest:
    declared = Codes.get(error.code)
    return MailTest(
        taken=False,
        recipient=recipient,
        seconds=seconds,
        answer=error.detail,
        code=error.code,
        text=declared.text,
        advice=declared.what_to_do,
        who=declared.who,
    )
