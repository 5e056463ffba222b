"""The outbox: mails that wait, one message to each address, sent until the mail server takes it.

Who gets what text is up to the kind of mail: completion_mail, alert_mail, problem_mail.
"""

from collections.abc import Iterable
from datetime import timedelta
from email.message import EmailMessage

from django.db.models import Q, QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Next
from rollcall.engine.alerts import alert_mail, undelivered_mail
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.mail import completion_mail
from rollcall.engine.mail.delivery import NO_MAIL_SERVER, TOO_LARGE, deliver
from rollcall.engine.mail.message import MailError
from rollcall.engine.models import UNRESOLVED, Mail, MailKind, Run
from rollcall.engine.outbound.problems import problem_mail
from rollcall.engine.settings import configure
from rollcall.engine.settings.mail_settings import MailSettings
from rollcall.engine.worker.isolation import failure_logged

#: How long a mail waits after each attempt that failed; then it is given up.
_WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))

NOT_MADE = Codes.add(
    "mail.not_made",
    Severity.ERROR,
    "Rollcall itself could not make this mail or hand it over",
    "Look for this code in the worker's log, and check that the artifacts folder is there.",
    "the person who runs the server",
)


def districts_with_mail(clock: Clock) -> set[int]:
    """The districts, by their key, that have a mail whose time has come."""
    return set(_due(Mail.objects.all(), clock).values_list("sync__district", flat=True))


def send_due(district: int, clock: Clock) -> None:
    """Try those mails of a district whose time has come; what fails is tried again later, then
    given up. A mail about an alert that was resolved in the meantime is not sent.
    """
    due = _due(Mail.objects.filter(sync__district=district), clock)
    resolved = due.filter(kind=MailKind.ALERT).exclude(alert__state__in=UNRESOLVED)
    resolved.update(next_attempt=None)
    _send_each(due.select_related("sync__district", "alert"), clock)


def send_due_of_run(run: Run, clock: Clock) -> None:
    """Try those mails of a run whose time has come."""
    _send_each(_due(run.mails.select_related("sync__district"), clock), clock)


def _due(mails: QuerySet[Mail], clock: Clock) -> QuerySet[Mail]:
    """Those of some mails whose time has come, also where a wrong clock put it off for longer than
    any mail waits.
    """
    at = clock.now()
    by_wrong_clock = Q(next_attempt__gt=at + _WAITS[-1])
    return mails.filter(Q(next_attempt__lte=at) | by_wrong_clock, sent_at=None).order_by("pk")


def _send_each(mails: Iterable[Mail], clock: Clock) -> None:
    """Send mails, each apart: one that cannot even be made is tried again later as others are."""
    for mail in mails:
        with failure_logged("send a mail", mail=mail.pk, code=NOT_MADE) as attempt:
            _send(mail, clock)
        if attempt.failed:
            with failure_logged("put a mail off", mail=mail.pk):
                _record_failure(mail, MailError(NOT_MADE, "", Next.AGAIN), clock)


def _send(mail: Mail, clock: Clock) -> None:
    """Have the district's mail server take a mail, and record how it went."""
    server = configure.mail_settings(mail.sync.district)
    try:
        if server is None:
            raise MailError(NO_MAIL_SERVER, "", Next.GIVE_UP)
        _deliver(mail, server)
    except MailError as error:
        _record_failure(mail, error, clock)
        if mail.run is not None:
            completion_mail.note_failure(mail.run, error)
        return
    mail.sent_at, mail.error_code, mail.next_attempt = clock.now(), "", None
    mail.attempts += 1
    mail.save()
    undelivered_mail.delivered(mail.sync, mail.recipient, clock)


def _deliver(mail: Mail, server: MailSettings) -> None:
    """Hand a mail over; without its files where the server takes none of that size."""
    reach = reach_of(mail.sync.district)
    try:
        deliver(server, reach, _message(mail, server.sender))
    except MailError as error:
        if error.code != TOO_LARGE or not completion_mail.has_files(mail):
            raise
        mail.without_files = True
        deliver(server, reach, _message(mail, server.sender))


def _message(mail: Mail, sender: str) -> EmailMessage:
    match mail.kind:
        case MailKind.COMPLETION:
            return completion_mail.message(mail, sender)
        case MailKind.ALERT:
            return alert_mail.message(mail, sender)
        case _:
            return problem_mail.message(mail, sender)


def _record_failure(mail: Mail, error: MailError, clock: Clock) -> None:
    """Record that a mail was not taken, and when to try it again, if at all."""
    again = error.next is not Next.GIVE_UP and mail.attempts < len(_WAITS)
    mail.next_attempt = clock.now() + _WAITS[mail.attempts] if again else None
    if error.code != NO_MAIL_SERVER:
        mail.attempts += 1
    mail.error_code = error.code
    mail.save()
    undelivered_mail.not_delivered(mail.sync, mail.recipient, error, mail.attempts, clock)
