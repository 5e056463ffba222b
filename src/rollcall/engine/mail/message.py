"""A mail as a value: who it goes to, and how it is built. Nothing is sent here."""

import mimetypes
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Annotated

from pydantic import BeforeValidator

from rollcall.core.files.file_names import shown_name
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Next, Problem

_ADMIN = "The person who set up the sync or the mail server"

BAD_ADDRESS = Codes.add(
    "mail.bad_address",
    Severity.ERROR,
    "This is not an e-mail address.",
    "Write addresses as name@example.org, several of them separated by commas.",
    _ADMIN,
)
_ADDRESS = re.compile(r"[^\s@<>\",;:()\[\]\\]+@[^\s@<>\",;:()\[\]\\]+")
# Plain 7-bit letters on the way, whatever the text: every server passes those on unharmed.
_POLICY = SMTP.clone(cte_type="7bit")
#: Letters of an address at most (RFC 5321, 4.5.3.1), and of a sender with its name; how many
#: addresses a setting has.
_LONGEST, _LONGEST_SENDER, _MOST = 254, 500, 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class MailError(Problem):
    """A mail that cannot be built or was not taken. `next` says whether to try again."""

    def __init__(self, code: str, detail: str = "", after: Next = Next.FIX_SETTINGS) -> None:
        self.next = after
        super().__init__(code, detail)


def parse_recipients(addresses: str | Iterable[str]) -> tuple[str, ...]:
    """Addresses from a list, or from one text with commas between them; each once, in order.

    MailError mail.bad_address names the first part that is no address.
    """
    texts = [addresses] if isinstance(addresses, str) else addresses
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(_address(part) for part in parts if part))


def _address(text: str) -> str:
    """A plain address: one @, something on both sides, nothing that could start a new header."""
    try:
        # Letters outside of ASCII need SMTPUTF8, which few servers speak.
        fits = (
            text.isascii()
            and len(text) <= _LONGEST
            and _ADDRESS.fullmatch(text)
            and Address(addr_spec=text).addr_spec == text
        )
    except (ValueError, IndexError, MessageError):
        fits = False
    if not fits:
        raise MailError(BAD_ADDRESS, _one_line(text))
    return text


def sender_address(text: str) -> Address:
    """A sender as `name@example.org` or `Some Name <name@example.org>`."""
    if len(text) > _LONGEST_SENDER:
        raise MailError(BAD_ADDRESS, f"a sender has {_LONGEST_SENDER} letters at most")
    name, address = parseaddr(text)
    return Address(display_name=_one_line(name), addr_spec=_address(address or text.strip()))


def _recipients(addresses: object) -> list[str]:
    """For pydantic: its errors are ValueErrors."""
    if not isinstance(addresses, str | list | tuple):
        raise ValueError("give addresses in a list, or in one text with commas between them")
    texts = [addresses] if isinstance(addresses, str) else [str(address) for address in addresses]
    if sum(text.count(",") + 1 for text in texts) > _MOST:
        raise ValueError(f"give {_MOST} addresses at most; a mailing list is one address")
    try:
        return list(parse_recipients(texts))
    except MailError as error:
        raise ValueError(error.sentence) from None


#: A setting of addresses: a list, or one text with commas between them; read as a list.
Recipients = Annotated[list[str], BeforeValidator(_recipients)]


def build(  # noqa: PLR0913 - a mail has that many parts
    subject: str,
    text: str,
    recipients: Sequence[str],
    sender: str,
    attachments: Iterable[tuple[str, bytes]] = (),
    *,
    message_id: str,
    date: datetime | None = None,
) -> EmailMessage:
    """The mail as a message. `date` is aware; without it the mail server dates the mail. The same
    `message_id` again means the same mail: programs that read mail show it once. Line breaks in
    the subject become spaces, so that no text can add a header; of an attachment's name only what
    is safe to show is kept.
    """
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = _one_line(subject)
    message["From"] = sender_address(sender)
    message["To"] = ", ".join(parse_recipients(recipients))
    if date is not None:
        message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{_one_line(message_id).strip('<>')}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message.set_content(text)
    for name, data in attachments:
        kind = mimetypes.guess_type(shown_name(name))[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=shown_name(name))
    return message


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()
