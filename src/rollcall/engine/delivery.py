"""Handing a mail over: to an SMTP server, or as a file into a folder."""

import hashlib
import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Next, words
from rollcall.engine.mail import MailError, Recipients, build, parse_recipients
from rollcall.engine.mail_settings import (
    MailFolderSettings,
    MailSettings,
    SmtpSettings,
    mail_settings,
)

__all__ = [
    "MailError",
    "MailSettings",
    "Recipients",
    "RefusedRecipient",
    "build",
    "deliver",
    "mail_settings",
    "parse_recipients",
]

_ADMIN = "The person who set up the mail server"


def _add(code: str, text: str, what_to_do: str) -> str:
    return Codes.add(code, Severity.ERROR, text, what_to_do, _ADMIN)


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
    "authority, give that authority's certificate as `ca_file`.",
)
NO_ENCRYPTION = _add(
    "mail.no_encryption",
    "The mail server does not offer the encryption the settings ask for.",
    'Port 587 usually goes with security = "starttls", port 465 with "tls".',
)
SIGN_IN_REFUSED = _add(
    "mail.sign_in_refused",
    "The mail server refused the user name or the password.",
    "Check `user` and `password`. Some services want a password made for one program.",
)
SENDER_REFUSED = _add(
    "mail.sender_refused",
    "The mail server does not take mail from this sender.",
    "Set `from` to an address the mail account may send from.",
)
RECIPIENT_REFUSED = _add(
    "mail.recipient_refused",
    "The mail server does not take mail for this address.",
    "Check the address among the recipients. For an address outside of the district the server "
    "may want a sign-in.",
)
REFUSED = _add(
    "mail.refused",
    "The mail server refused the mail.",
    "Read the server's words. A mail that is too large can be sent with links instead of "
    "attached reports.",
)
NO_FOLDER = _add(
    "mail.no_folder",
    "The mail could not be written to the folder.",
    "Check that the folder of the mail settings exists and may be written to.",
)


@dataclass(frozen=True)
class RefusedRecipient:
    """An address the server did not take, though it took the mail for others; its words."""

    address: str
    said: str
    code: str = RECIPIENT_REFUSED


def _nothing(said: str) -> None:
    """Nobody wants to know what the server says: a run's mail."""


def deliver(
    settings: SmtpSettings | MailFolderSettings,
    message: EmailMessage,
    heard: Callable[[str], None] = _nothing,
) -> tuple[RefusedRecipient, ...]:
    """Hand a mail over. Returns the addresses refused while others were taken.

    `heard` is told the words with which the server took it. MailError when nobody gets it; its
    `next` says whether trying again may help.
    """
    if isinstance(settings, MailFolderSettings):
        heard(f"written as {_into_folder(Path(settings.path), message)}")
        return ()
    with _coded(settings), _session(settings) as session:
        refused = session.send_message(message)
        heard(session.answer)
    return tuple(RefusedRecipient(who, _said(answer)) for who, answer in refused.items())


@contextmanager
def _session(settings: SmtpSettings) -> Iterator["_Session"]:
    """A session with the server, encrypted and signed in as the settings say."""
    context = _trusted(settings)
    if settings.security == "tls":
        session: _Session = _TlsSession(
            settings.host, settings.port, timeout=settings.timeout_seconds, context=context
        )
    else:
        session = _Session(settings.host, settings.port, timeout=settings.timeout_seconds)
    try:
        if settings.security == "starttls":
            session.starttls(context=context)
        if settings.user and settings.password:
            session.login(settings.user, settings.password.get_secret_value())
        yield session
    finally:
        _leave(session)


class _Session(smtplib.SMTP):
    """A session that remembers how the server answered the last mail."""

    answer = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand the mail's text over."""
        code, text = super().data(msg)
        self.answer = _said((code, text))
        return code, text


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same, encrypted from its first byte on."""


def _leave(session: smtplib.SMTP) -> None:
    """Say goodbye where somebody still listens; the mail was taken or refused before this."""
    with suppress(smtplib.SMTPException, OSError):
        session.quit()
    session.close()


def _trusted(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except OSError as error:  # also ssl.SSLError: a file that is no certificate
            raise MailError(CERTIFICATE, f"{settings.ca_file} cannot be read") from error
    return context


@contextmanager
def _coded(settings: SmtpSettings) -> Iterator[None]:
    """Turn the library's errors into ours."""
    where = f"{settings.host} port {settings.port}"
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _nobody_taken(error) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(NO_ENCRYPTION, f"{where}: {error}") from error
    except smtplib.SMTPResponseException as error:
        raise _answered(error) from error
    except UnicodeError as error:
        raise MailError(SIGN_IN_REFUSED, "user or password has letters SMTP cannot send") from error
    except (smtplib.SMTPException, TimeoutError) as error:
        raise MailError(LOST, f"{where}: {error}", Next.AGAIN) from error
    except ssl.SSLCertVerificationError as error:
        raise MailError(CERTIFICATE, f"{where}: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise MailError(NO_ENCRYPTION, f"{where}: {error.reason}") from error
    except OSError as error:
        raise MailError(UNREACHABLE, f"{where}: {error.strerror or error}", Next.AGAIN) from error


def _answered(error: smtplib.SMTPResponseException) -> MailError:
    """An answer of the server that is a no; its 4xx mean "not now" (RFC 5321, 4.2.1)."""
    after = Next.AGAIN if error.smtp_code < 500 else Next.FIX_SETTINGS
    said = _said((error.smtp_code, error.smtp_error))
    match error:
        case smtplib.SMTPAuthenticationError():
            return MailError(SIGN_IN_REFUSED, said, after)
        case smtplib.SMTPSenderRefused(sender=sender):
            return MailError(SENDER_REFUSED, f"{sender}: {said}", after)
        case _:
            return MailError(REFUSED, said, after)


def _nobody_taken(error: smtplib.SMTPRecipientsRefused) -> MailError:
    answers = error.recipients.items()
    again = any(code < 500 for _, (code, _) in answers)
    said = "; ".join(f"{who}: {_said(answer)}" for who, answer in answers)
    return MailError(RECIPIENT_REFUSED, said, Next.AGAIN if again else Next.FIX_SETTINGS)


def _said(answer: tuple[int, bytes | str]) -> str:
    """A server's answer on one line: its number and its words."""
    code, text = answer
    spoken = text.decode(errors="replace") if isinstance(text, bytes) else text
    return words(f"{code} {spoken}")


def _into_folder(folder: Path, message: EmailMessage) -> Path:
    """Write the mail so that it appears whole; where. The same again takes its own place."""
    raw = message.as_bytes()
    identity = message["Message-ID"] or raw.decode(errors="replace")
    key = hashlib.sha256(str(identity).encode()).hexdigest()[:16]
    when = message["Date"].datetime if message["Date"] else None
    moment = f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}-" if when else ""
    path = folder / f"{moment}{key}.eml"
    draft = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(exist_ok=True)
        draft.write_bytes(raw)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise MailError(NO_FOLDER, f"{folder}: {error.strerror}") from error
    return path
