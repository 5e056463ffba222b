"""The completion mail of a run: who gets it, what it says, and its reports as attachments."""

from email.message import EmailMessage
from zoneinfo import ZoneInfo

from django.conf import settings

from rollcall.core.findings import Codes, Severity
from rollcall.engine import artifacts
from rollcall.engine.clock import Clock
from rollcall.engine.mail.delivery import NO_MAIL_SERVER
from rollcall.engine.mail.message import MailError, build
from rollcall.engine.models import Mail, MailKind, Run, RunState
from rollcall.engine.runs import run_row
from rollcall.engine.runs.results import single_finding, state_words

#: Reports that are larger than this together, as they travel, are not attached: mail servers refuse
#: such messages.
MOST_ATTACHED = 10_000_000
#: Attachments travel as base64, in lines: so many bytes of a file become so many.
_IN_A_LINE, _AS_A_LINE = 57, 78

NOT_SENT = Codes.add(
    "mail.not_sent",
    Severity.WARNING,
    "The completion mail has not reached the mail server yet; it is tried again",
    "If it stays so, check the [mail] section: host, port, user, password, security.",
    "the person who runs the mail server",
)


def queue(run: Run, clock: Clock) -> None:
    """A mail to every recipient of the sync, to be sent; in one transaction with the run's end."""
    if run.state == RunState.UNCHANGED and not run.findings:
        return  # one of many looks at an interval
    at = clock.now()
    for recipient in run.version.config.get("recipients", []):
        Mail.objects.get_or_create(
            run=run,
            recipient=recipient,
            defaults={
                "kind": MailKind.COMPLETION,
                "sync_id": run.sync_id,
                "made_at": at,
                "next_attempt": at,
            },
        )


def note_failure(run: Run, error: MailError) -> None:
    """Say among the run's findings, once, that its mail was not sent."""
    no_server = error.code == NO_MAIL_SERVER
    code, detail = (NO_MAIL_SERVER, "") if no_server else (NOT_SENT, error.sentence)
    if code not in [finding["code"] for finding in run.findings]:
        run_row.write(run, findings=[*run.findings, single_finding(code, detail)])


def message(mail: Mail, sender: str) -> EmailMessage:
    """The mail as it is sent, with the reports if they are to be attached."""
    run = mail.run
    assert run is not None
    reports = run.artifacts.filter(kind="report").order_by("name") if has_files(mail) else ()
    return build(
        subject=subject(run),
        text=body(run, without_files=mail.without_files),
        recipients=[mail.recipient],
        sender=sender,
        attachments=[(file.name, artifacts.checked_path(file).read_bytes()) for file in reports],
        message_id=f"run-{run.pk}-mail-{mail.pk}@rollcall.invalid",
        date=run.finished_at or run.created_at,
    )


def has_files(mail: Mail) -> bool:
    """Whether reports go along with a mail."""
    return mail.run is not None and not mail.without_files and _attached(mail.run)


def subject(run: Run) -> str:
    """One line that says what happened, before the mail is opened."""
    about = f"{run.district.name}, {run.sync.name}"
    what = "preview" if run.test and run.state == RunState.DONE else state_words(run)
    return f"{'TEST: no data was written. ' if run.test else ''}{about}: {what}"


def body(run: Run, *, without_files: bool = False) -> str:
    """The mail's text: when, how it went, the numbers, what to look at and who can fix it.

    `without_files`: for a mail server that did not take the mail with its reports.
    """
    width = max((len(label) for label, _ in run.summary), default=0)
    parts = [
        _head(run),
        "\n".join(f"{label:<{width}}  {number:>9,}" for label, number in run.summary),
        "\n".join(guard["sentence"] for guard in run.guards if guard["tripped"]),
        "\n".join(
            f"{f['severity'].upper()} {f['count']:,} x {f['text']}.\n"
            f"    What to do: {f['what_to_do']} Who: {f['who']}. [{f['code']}]"
            for f in run.findings
        ),
        _reports(run, without_files=without_files),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(run: Run) -> str:
    ended_at = run.finished_at or run.started_at or run.created_at
    local = ended_at.astimezone(ZoneInfo(run.district.timezone))
    lines = ["TEST: no data was written."] if run.test else []
    lines += [
        f"{state_words(run)}.",
        f"{run.sync.name}, run {run.pk}, {local:%A %B %d, %Y %H:%M %Z}",
    ]
    if run.state == RunState.HELD:
        lines.append(f"Approve with `rollcall approve {run.pk}`, or `rollcall discard {run.pk}`.")
    if run.error_text:
        lines.append(run.error_text)
    return "\n".join(lines)


def _reports(run: Run, *, without_files: bool) -> str:
    names = sorted(run.artifacts.filter(kind="report").values_list("name", flat=True))
    if not names:
        return ""
    page = f"{settings.ROLLCALL_URL}/d/{run.district.code}/runs/{run.pk}/reports/"
    lines = [f"Reports ({page} or `rollcall reports {run.pk} FOLDER`):"]
    if _attached(run) and not without_files:
        lines = ["Reports (attached):"]
    elif _wants_files(run):
        too_large = "The reports are not attached: a mail with them is too large to be accepted."
        lines.insert(0, too_large)
    return "\n".join([*lines, *(f"  {name}" for name in names)])


def _wants_files(run: Run) -> bool:
    return bool(run.version.config.get("reports", "attach") == "attach")


def _attached(run: Run) -> bool:
    sizes = run.artifacts.filter(kind="report").values_list("size", flat=True)
    return _wants_files(run) and sum(map(size_on_its_way, sizes)) <= MOST_ATTACHED


def size_on_its_way(size: int) -> int:
    """How many bytes a file of this size has as an attachment."""
    return -(-size // _IN_A_LINE) * _AS_A_LINE
