"""The completion mail: one message to each address, sent until the mail server has taken it."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from email.message import EmailMessage
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Next
from rollcall.engine import artifacts
from rollcall.engine.alerts import undelivered_mail
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.mail.delivery import TOO_LARGE, deliver
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.models import AlertMail, Mail, Run, RunState, Sync
from rollcall.engine.outbound.models import ProblemMail
from rollcall.engine.runs.results import single_finding, state_words
from rollcall.engine.settings import configure
from rollcall.engine.settings.mail_settings import MailSettings
from rollcall.engine.worker.isolation import apart

#: Reports together larger than this on their way are not attached (mail servers refuse such
#: messages).
MOST_ATTACHED = 10_000_000
#: Attachments travel as base64, in lines: so many bytes of a file become so many.
_IN_A_LINE, _AS_A_LINE = 57, 78
_WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))

_Queued = TypeVar("_Queued", Mail, AlertMail, ProblemMail)

NO_MAIL_SERVER = Codes.add(
    "mail.no_server",
    Severity.WARNING,
    "No mail was sent, because no mail server is configured",
    "Add a [mail] section to the configuration and apply it.",
    "the person who keeps the configuration file",
)
NOT_SENT = Codes.add(
    "mail.not_sent",
    Severity.WARNING,
    "The completion mail has not reached the mail server yet; it is tried again",
    "If it stays so, check the [mail] section: host, port, user, password, security.",
    "the person who runs the mail server",
)
NOT_MADE = Codes.add(
    "mail.not_made",
    Severity.ERROR,
    "Rollcall itself could not make this mail or hand it over",
    "Look for this code in the worker's log, and check that the artifacts folder is there.",
    "the person who runs the server",
)


def queue(run: Run, clock: Clock) -> None:
    """A mail to every recipient of the sync, to be sent; in one transaction with the run's end."""
    recipients = run.version.config.get("recipients", [])
    for recipient in recipients:
        Mail.objects.get_or_create(
            run=run, recipient=recipient, defaults={"next_attempt": clock.now()}
        )


def due(mails: QuerySet[_Queued], clock: Clock) -> QuerySet[_Queued]:
    """Those of some mails whose time has come. One that would wait longer than any mail does was
    told its time by a clock that was wrong.
    """
    at = clock.now()
    wrong = Q(next_attempt__gt=at + _WAITS[-1])
    return mails.filter(Q(next_attempt__lte=at) | wrong, sent_at=None)


def send_each(mails: Iterable[_Queued], send: Callable[[_Queued], None], clock: Clock) -> None:
    """Send mails, each apart: one that cannot even be made is tried again later as others are."""
    for mail in mails:
        with apart("send a mail", code=NOT_MADE) as trouble:
            send(mail)
        if trouble.met:
            try_later(mail, MailError(NOT_MADE, "", Next.AGAIN), clock)


def send_due(run: Run, clock: Clock) -> None:
    """Try those mails of a run whose time has come; what fails is tried again later, then left."""
    send_each(due(run.mails.order_by("pk"), clock), lambda mail: _send(run, mail, clock), clock)


def _send(run: Run, mail: Mail, clock: Clock) -> None:
    error = hand_over(mail, lambda server: _deliver(mail, server), clock)
    if error is not None and error.code == NO_MAIL_SERVER:
        _remember(run, NO_MAIL_SERVER, "")
    elif error is not None:
        _remember(run, NOT_SENT, error.sentence)


def _deliver(mail: Mail, server: MailSettings) -> None:
    """Hand a run's mail over; without the reports where the server takes none of that size."""
    reach = reach_of(mail.run.district)
    try:
        deliver(server, reach, _message(mail, server.sender))
    except MailError as error:
        if error.code != TOO_LARGE or mail.without_files or not _attached(mail.run):
            raise
        mail.without_files = True
        deliver(server, reach, _message(mail, server.sender))


def hand_over(
    mail: _Queued, deliver: Callable[[MailSettings], object], clock: Clock
) -> MailError | None:
    """Have a mail delivered by its district's server, and remember how it went; what went wrong."""
    server = configure.mail_settings(_sync_of(mail).district)
    if server is None:
        error = MailError(NO_MAIL_SERVER, "", Next.GIVE_UP)
        mail.next_attempt, mail.error_code = None, NO_MAIL_SERVER
        mail.save()
        undelivered_mail.not_delivered(_sync_of(mail), mail.recipient, error, mail.attempts, clock)
        return error
    try:
        deliver(server)
    except MailError as error:
        try_later(mail, error, clock)
        return error
    mail.sent_at, mail.error_code, mail.next_attempt = clock.now(), "", None
    mail.attempts += 1
    mail.save()
    undelivered_mail.delivered(_sync_of(mail), mail.recipient, clock)
    return None


def _sync_of(mail: Mail | AlertMail | ProblemMail) -> Sync:
    """The sync that a mail is about."""
    match mail:
        case Mail():
            return mail.run.sync
        case AlertMail():
            return mail.alert.sync
        case _:
            return mail.sync


def try_later(mail: Mail | AlertMail | ProblemMail, error: MailError, clock: Clock) -> None:
    """Remember that a mail was not taken, and when to try it again, if at all."""
    again = error.next is not Next.GIVE_UP and mail.attempts < len(_WAITS)
    wait = _WAITS[mail.attempts] if again else None
    mail.attempts += 1
    mail.error_code = error.code
    mail.next_attempt = clock.now() + wait if wait else None
    mail.save()
    undelivered_mail.not_delivered(_sync_of(mail), mail.recipient, error, mail.attempts, clock)


def _remember(run: Run, code: str, detail: str) -> None:
    if code not in [finding["code"] for finding in run.findings]:
        run.findings = [*run.findings, single_finding(code, detail)]
        run.save(update_fields=["findings"])


def _message(mail: Mail, sender: str) -> EmailMessage:
    run = mail.run
    return build(
        subject=subject(run),
        text=body(run, without_files=mail.without_files),
        recipients=[mail.recipient],
        sender=sender,
        attachments=[] if mail.without_files else _attachments(run),
        message_id=f"run-{run.pk}-mail-{mail.pk}@rollcall.invalid",
        date=run.finished_at or run.created_at,
    )


def subject(run: Run) -> str:
    """One line that says what happened, before the mail is opened."""
    about = f"{run.district.name}, {run.sync.name}"
    what = "preview" if run.test and run.state == RunState.DONE else state_words(run)
    return f"{'TEST: no data was written. ' if run.test else ''}{about}: {what}"


def body(run: Run, *, without_files: bool = False) -> str:
    """The mail's text: when, what came of it, the numbers, what to look at and who can mend it.

    `without_files`: as the mail server takes it, which did not take the reports with it.
    """
    reports = _reports(run, without_files=without_files)
    parts = [_head(run), _numbers(run), _guards(run), _findings(run), reports]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(run: Run) -> str:
    at = (run.finished_at or run.started_at or run.created_at).astimezone(
        ZoneInfo(run.district.timezone)
    )
    lines = ["TEST: no data was written."] if run.test else []
    lines += [f"{state_words(run)}.", f"{run.sync.name}, run {run.pk}, {at:%A %B %d, %Y %H:%M %Z}"]
    if run.state == RunState.HELD:
        lines.append(f"Approve with `rollcall approve {run.pk}`, or `rollcall discard {run.pk}`.")
    if run.error_text:
        lines.append(run.error_text)
    return "\n".join(lines)


def _numbers(run: Run) -> str:
    width = max((len(label) for label, _ in run.summary), default=0)
    return "\n".join(f"{label:<{width}}  {number:>9,}" for label, number in run.summary)


def _guards(run: Run) -> str:
    return "\n".join(guard["sentence"] for guard in run.guards if guard["tripped"])


def _findings(run: Run) -> str:
    return "\n".join(
        f"{f['severity'].upper()} {f['count']:,} x {f['text']}.\n"
        f"    What to do: {f['what_to_do']} Who: {f['who']}. [{f['code']}]"
        for f in run.findings
    )


def _reports(run: Run, *, without_files: bool) -> str:
    names = sorted(run.artifacts.filter(kind="report").values_list("name", flat=True))
    if not names:
        return ""
    attached = _attached(run) and not without_files
    why = "" if attached or not _wants_files(run) else f"{_TOO_LARGE_TO_ATTACH}\n"
    where = "attached" if attached else f"{_page(run)} or `rollcall reports {run.pk} FOLDER`"
    return f"{why}Reports ({where}):\n" + "\n".join(f"  {name}" for name in names)


_TOO_LARGE_TO_ATTACH = "The reports are not attached: a mail with them is too large to be accepted."


def _page(run: Run) -> str:
    return f"{settings.ROLLCALL_URL}/d/{run.district.code}/runs/{run.pk}/reports/"


def _wants_files(run: Run) -> bool:
    return bool(run.version.config.get("reports", "attach") == "attach")


def _attached(run: Run) -> bool:
    sizes = run.artifacts.filter(kind="report").values_list("size", flat=True)
    return _wants_files(run) and sum(map(on_its_way, sizes)) <= MOST_ATTACHED


def on_its_way(size: int) -> int:
    """How many bytes a file of this size has as an attachment."""
    return -(-size // _IN_A_LINE) * _AS_A_LINE


def _attachments(run: Run) -> list[tuple[str, bytes]]:
    if not _attached(run):
        return []
    stored = run.artifacts.filter(kind="report").order_by("name")
    return [(a.name, artifacts.checked_path(a).read_bytes()) for a in stored]
