"""Handing a mail over: to an SMTP server, or as a file into a folder.

Of what a server says only that is shown which is an answer of SMTP, of a server that greeted as
SMTP has it (220): anything can listen where the settings point.
"""

import binascii
import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from time import monotonic
from typing import Any

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Next, words
from rollcall.core.reach import Reach
from rollcall.engine.mail.message import MailError
from rollcall.engine.settings.mail_settings import MailFolderSettings, SmtpSettings
from rollcall.transports.certificates import trusting
from rollcall.transports.dialing import dial
from rollcall.transports.errors import ADDRESS_NOT_ALLOWED, FOLDER_NOT_ALLOWED, TransportError
from rollcall.transports.folder import FolderTransport, make_folder
from rollcall.transports.port import NoWatch
from rollcall.transports.settings import FolderSettings

_ADMIN = "The person who set up the mail server"


def _add(code: str, text: str, what_to_do: str) -> str:
    return Codes.add(code, Severity.ERROR, text, what_to_do, _ADMIN)


NO_MAIL_SERVER = Codes.add(
    "mail.no_server",
    Severity.WARNING,
    "No mail was sent, because no mail server is configured",
    "Add a [mail] section to the configuration and apply it.",
    "the person who keeps the configuration file",
)
UNREACHABLE = _add(
    "mail.unreachable",
    "The mail server could not be reached.",
    "Check `host` and `port`, and whether a firewall lets this machine through.",
)
LOST = _add(
    "mail.lost",
    "The mail server closed the connection or did not answer in time.",
    "It is tried again. If it happens each time, ask the mail server's owner why.",
)
CERTIFICATE = _add(
    "mail.certificate",
    "The mail server's certificate is not trusted, so nothing was sent.",
    "`host` has to be the name in the certificate. For a certificate of the district's own "
    "authority, give that authority's certificate as `ca_certificate`.",
)
NO_ENCRYPTION = _add(
    "mail.no_encryption",
    "The mail server does not offer the encryption the settings ask for.",
    'Port 587 usually goes with security = "starttls", port 465 with "tls".',
)
SIGN_IN_REFUSED = _add(
    "mail.sign_in_refused",
    "The mail server refused the user name or the password.",
    "Check `user` and `password`. Some services need a password made for one program.",
)
NO_SIGN_IN = _add(
    "mail.no_sign_in",
    "The mail server does not offer signing in with a password.",
    "Ask the mail server's owner to turn on sign-in with a password (SMTP AUTH) for this account. "
    "If the server accepts mail from this machine without a sign-in, remove `user` and `password`.",
)
SENDER_REFUSED = _add(
    "mail.sender_refused",
    "The mail server does not take mail from this sender.",
    "Set `from` to an address the mail account can send from.",
)
RECIPIENT_REFUSED = _add(
    "mail.recipient_refused",
    "The mail server does not take mail for this address.",
    "Check the address among the recipients. For an address outside of the district the server "
    "may need a sign-in.",
)
REFUSED = _add(
    "mail.refused",
    "The mail server refused the mail.",
    "Read the server's answer, and ask the mail server's owner what to change.",
)
TOO_LARGE = _add(
    "mail.too_large",
    "The mail server does not accept a mail of this size.",
    'Set `reports` to "link", or ask the mail server\'s owner to accept larger mails.',
)
NO_FOLDER = _add(
    "mail.no_folder",
    "The mail could not be written to the folder.",
    "Check that the folder of the mail settings exists and can be written to.",
)


#: What any answer of SMTP fits in, bytes, its lines together.
_LONGEST_ANSWER = 64 << 10
#: How long a session can take, seconds: a server that says a little before each time limit would
#: otherwise keep us for ever.
_LONGEST_SESSION = 1800.0
#: Numbers of SMTP's answers, and their text (RFC 5321, 4.2: printable ASCII).
_LEAST, _MOST = 200, 559
_ANSWER = re.compile(r"[\t\n -~]*")
#: How ways to sign in are called (RFC 4422, 3.1), and those of the library; how a server says its
#: limit of size.
_WAY = re.compile(r"(?<!\S)[A-Z0-9_-]{1,20}(?!\S)")
_BY_PASSWORD = {"CRAM-MD5", "PLAIN", "LOGIN"}
_SIZE = re.compile("[0-9]{1,15}")
#: How a server says that a mail is too large: by 552, which means a full mailbox too, and by the
#: numbers of RFC 3463 where it has them (message too big for the system, too long for the mailbox).
_OVER_SIZE = 552
_DETAILED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}\b")
_TOO_BIG = (b"5.3.4", b"5.2.3")
_NO_GREETING = "does not greet as a mail server does"


@dataclass(frozen=True)
class RefusedRecipient:
    """An address the server did not take, though it took the mail for others; its words."""

    address: str
    answer: str
    code: str = RECIPIENT_REFUSED


def deliver(
    settings: SmtpSettings | MailFolderSettings,
    reach: Reach,
    message: EmailMessage,
    on_taken: Callable[[str], object] = lambda answer: None,
    longest: float = _LONGEST_SESSION,
) -> tuple[RefusedRecipient, ...]:
    """Hand a mail over, where `reach` allows. Returns the addresses refused while others were
    taken.

    `on_taken` gets the words with which the server took it. MailError when nobody gets it, or it
    takes longer than `longest` seconds; its `next` says whether trying again can help.
    """
    if isinstance(settings, MailFolderSettings):
        on_taken(f"written as {_into_folder(settings.path, reach, message)}")
        return ()
    with _coded(settings), _session(settings, reach, longest) as session:
        session.takes(message)
        refused = session.send_message(message)
        on_taken(session.answer)
    return tuple(RefusedRecipient(who, _shown_answer(answer)) for who, answer in refused.items())


@contextmanager
def _session(settings: SmtpSettings, reach: Reach, longest: float) -> Iterator["_Session"]:
    """A session with the server, encrypted and signed in as the settings say."""
    session = _Session(settings, reach, longest)
    try:
        if settings.security == "starttls":
            session.starttls(context=trusting(settings.ca_certificate))
        if settings.user and settings.password:
            session.offers_sign_in()
            session.login(settings.user, settings.password.get_secret_value())
        yield session
    finally:
        # The mail was taken or refused before this, whoever still listens.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


class _Session(smtplib.SMTP):
    """A session that remembers how the server answered the last mail. It connects when it is made,
    to an address that was checked. An answer and the session both have an end.
    """

    answer = ""

    def __init__(self, settings: SmtpSettings, reach: Reach, longest: float) -> None:
        self._reach = reach
        # Reading all the authorities that this machine trusts takes longer than many a mail.
        encrypted = settings.security == "tls"
        self._from_the_first_byte = trusting(settings.ca_certificate) if encrypted else None
        self._until = monotonic() + longest
        limit = min(settings.timeout_seconds, longest)
        super().__init__(settings.host, settings.port, timeout=limit)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        reached = dial(host, port, timeout, self._reach, NoWatch())
        if self._from_the_first_byte is None:
            return reached
        return self._from_the_first_byte.wrap_socket(reached, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        """The next answer. The library would take lines of it for as long as some come."""
        if self.file is None and self.sock is not None:  # also anew where encryption begins
            self.file = _Lines(self.sock, self._until)
        if self.file is not None:
            self.file.begin()
        return super().getreply()

    def offers_sign_in(self) -> None:
        """MailError unless the server offers a way to sign in with a password."""
        self.ehlo_or_helo_if_needed()
        ways = set(_WAY.findall(self.esmtp_features.get("auth", "").upper()))
        if not ways & _BY_PASSWORD:
            raise MailError(NO_SIGN_IN, f"it offers {words(', '.join(sorted(ways)) or 'none')}")

    def takes(self, message: EmailMessage) -> None:
        """MailError when the server said that it takes no mail as large as this one is on its way:
        attachments are a third larger there.
        """
        self.ehlo_or_helo_if_needed()
        limit_text = self.esmtp_features.get("size", "")
        # 0: no limit that it knows (RFC 1870).
        most = int(limit_text) if _SIZE.fullmatch(limit_text) else 0
        if most and (size := len(message.as_bytes())) > most:
            raise MailError(TOO_LARGE, f"{size:,} bytes; at most {most:,}")

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand the mail's text over."""
        code, text = super().data(msg)
        self.answer = _shown_answer((code, text))
        return code, text


class _Lines:
    """What a server says, line by line: an answer is no longer than one can be, and none comes
    after the session's time. An OSError ends the session.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until
        self._limit = sock.gettimeout() or _LONGEST_SESSION
        self._received = bytearray()
        self._room = 0

    def begin(self) -> None:
        """An answer begins."""
        self._room = _LONGEST_ANSWER

    def readline(self, most: int) -> bytes:
        """The next line, or `most` bytes of it; b"" at the end."""
        while (end := self._received.find(b"\n", 0, most) + 1) == 0 and len(self._received) < most:
            if not (more := self._receive()):
                break
            self._received += more
        line = bytes(self._received[: end or most])
        del self._received[: len(line)]
        self._room -= len(line)
        if self._room < 0:
            raise OSError("its answer has no end")
        return line

    def _receive(self) -> bytes:
        remaining = self._until - monotonic()
        if remaining <= 0:
            raise TimeoutError("it took too long altogether")
        self._sock.settimeout(min(self._limit, remaining))
        try:
            return self._sock.recv(8192)
        finally:
            self._sock.settimeout(self._limit)

    def close(self) -> None:
        """Nothing to close: the socket is the session's."""


_NOT_REACHED = {ADDRESS_NOT_ALLOWED: (ADDRESS_NOT_ALLOWED, Next.FIX_SETTINGS)}


@contextmanager
def _coded(settings: SmtpSettings) -> Iterator[None]:
    """Turn the library's errors into ours."""
    where = f"{settings.host} port {settings.port}"
    try:
        yield
    except TransportError as error:
        code, after = _NOT_REACHED.get(error.code, (UNREACHABLE, Next.AGAIN))
        raise MailError(code, error.detail, after) from error
    except smtplib.SMTPConnectError as error:
        is_smtp = _LEAST <= error.smtp_code <= _MOST  # of a greeting only its number is shown
        greeting = f"greeted with {error.smtp_code}" if is_smtp else _NO_GREETING
        raise MailError(LOST, f"{where}: it {greeting}", Next.AGAIN) from error
    except smtplib.SMTPRecipientsRefused as error:
        answers = error.recipients.items()
        detail = "; ".join(f"{address}: {_shown_answer(answer)}" for address, answer in answers)
        again = any(code < 500 for _, (code, _) in answers)
        after = Next.AGAIN if again else Next.FIX_SETTINGS
        raise MailError(RECIPIENT_REFUSED, detail, after) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(NO_ENCRYPTION, f"{where}: {error}") from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error) from error
    except UnicodeError as error:
        raise MailError(SIGN_IN_REFUSED, "user or password has letters SMTP cannot send") from error
    except binascii.Error as error:  # what the server says where it asks for a password
        raise MailError(LOST, f"{where}: no answer of SMTP", Next.AGAIN) from error
    except (smtplib.SMTPException, TimeoutError) as error:
        raise MailError(LOST, f"{where}: {error}", Next.AGAIN) from error
    except ssl.SSLCertVerificationError as error:
        raise MailError(CERTIFICATE, f"{where}: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise MailError(NO_ENCRYPTION, f"{where}: {error.reason}") from error
    except OSError as error:
        raise MailError(LOST, f"{where}: {error.strerror or ''}", Next.AGAIN) from error


def _answered(error: smtplib.SMTPResponseException) -> MailError:
    """An answer of the server that is a no; its 4xx mean "not now" (RFC 5321, 4.2.1)."""
    after = Next.AGAIN if error.smtp_code < 500 else Next.FIX_SETTINGS
    server_text = _shown_answer((error.smtp_code, error.smtp_error))
    if _is_too_large(error):
        return MailError(TOO_LARGE, server_text, Next.FIX_SETTINGS)
    match error:
        case smtplib.SMTPAuthenticationError():
            return MailError(SIGN_IN_REFUSED, server_text, after)
        case smtplib.SMTPSenderRefused(sender=sender):
            return MailError(SENDER_REFUSED, f"{sender}: {server_text}", after)
        case _:
            return MailError(REFUSED, server_text, after)


def _is_too_large(error: smtplib.SMTPResponseException) -> bool:
    """Whether this answer to MAIL or to the text says that the mail is too large."""
    text = error.smtp_error
    detailed = _DETAILED.match(text if isinstance(text, bytes) else text.encode())
    if error.smtp_code < 500 or isinstance(error, smtplib.SMTPAuthenticationError):
        return False
    return detailed[0] in _TOO_BIG if detailed else error.smtp_code == _OVER_SIZE


def _shown_answer(answer: tuple[int, bytes | str]) -> str:
    """A server's answer on one line: its number, and its words where they are an answer of SMTP."""
    code, text = answer
    spoken = text.decode("latin-1") if isinstance(text, bytes) else text
    if not _LEAST <= code <= _MOST:
        return "no answer of SMTP"
    return words(f"{code} {spoken}" if _ANSWER.fullmatch(spoken) else code)


def _into_folder(folder: str, reach: Reach, message: EmailMessage) -> str:
    """Write the mail so that it appears whole; where. The same again takes its own place."""
    raw = message.as_bytes()
    identity = message["Message-ID"] or raw.decode(errors="replace")
    key = hashlib.sha256(str(identity).encode()).hexdigest()[:16]
    when = message["Date"].datetime if message["Date"] else None
    moment = f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}-" if when else ""
    name = f"{moment}{key}.eml"
    try:
        make_folder(folder, reach)
        with closing(FolderTransport(FolderSettings(path=folder), reach)) as transport:
            transport.write(name, [raw])
    except TransportError as error:
        code = error.code if error.code == FOLDER_NOT_ALLOWED else NO_FOLDER
        raise MailError(code, error.detail) from error
    return f"{folder}/{name}"
