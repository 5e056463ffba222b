"""Mails about new problems of near real time: gathered, by cause, never one for each attempt."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from rollcall.core.findings import Codes
from rollcall.core.sending.outbound import NotificationPolicy
from rollcall.engine import registry
from rollcall.engine.alerts import alerts
from rollcall.engine.clock import Clock
from rollcall.engine.mail.message import build
from rollcall.engine.models import Alert, AlertKind, AlertState, Mail, MailKind, Sync
from rollcall.engine.outbound.models import Live
from rollcall.engine.outbound.near_real_time.edits import REMOVALS_HELD
from rollcall.engine.settings.integration_pages import settings_that_fit
from rollcall.engine.worker.isolation import failure_logged

_KINDS = (AlertKind.REFUSED, AlertKind.CHECK, AlertKind.SIGN_IN)
#: So many students of one cause are listed; the page has all.
_STUDENTS_LISTED = 20
_ERRORS_FIRST = {"error": 0, "warning": 1, "info": 2}


def gather(clock: Clock) -> None:
    """Gather what is new of each sync into mails."""
    for pk in Live.objects.filter(enabled=True).values_list("pk", flat=True):
        with failure_logged("gather problems"):
            _gather(pk, clock.now())


@transaction.atomic
def _gather(pk: int, at: datetime) -> None:
    """One mail of the new problems of a sync to each address; several workers may ask at once."""
    locked = Live.objects.select_for_update(skip_locked=True, of=("self",))
    live = locked.select_related("sync__district").filter(pk=pk).first()
    policy = _policy_of(live.sync) if live else None
    if live is None or policy is None:
        return
    recipients = policy.recipients or live.sync.version.config.get("recipients", [])
    mails = Mail.objects.filter(sync=live.sync, kind=MailKind.PROBLEMS)
    last = mails.aggregate(last=Max("made_at"))["last"]
    every = timedelta(minutes=policy.mail_every_minutes)
    # A last mail of a later time than this is by a clock that was wrong.
    too_early = last is not None and timedelta() <= at - last < every
    problems = list(_new_problems(live)) if recipients and not too_early else []
    if problems:
        Alert.objects.filter(pk__in=[problem.pk for problem in problems]).update(gathered_at=at)
        _queue(live.sync, recipients, problems, last or live.changed_at, at)


def _new_problems(live: Live) -> Iterator[Alert]:
    """Those since near real time is on that were in no mail and are assigned to nobody; locked."""
    of_live = Q(kind__in=_KINDS) | Q(code=REMOVALS_HELD)
    still_open = Alert.objects.filter(of_live, sync=live.sync, state=AlertState.OPEN)
    new = still_open.filter(gathered_at=None, first_seen__gte=live.changed_at)
    yield from new.order_by("pk").select_for_update()


def _queue(
    sync: Sync, recipients: Sequence[str], problems: Sequence[Alert], since: datetime, at: datetime
) -> None:
    count = "1 new problem" if len(problems) == 1 else f"{len(problems):,} new problems"
    text = "\n\n".join(_text(sync, count, problems, since)) + "\n"
    Mail.objects.bulk_create(
        Mail(
            kind=MailKind.PROBLEMS,
            sync=sync,
            recipient=recipient,
            made_at=at,
            next_attempt=at,
            subject=f"{sync.district.name}, {sync.name}: {count}",
            text=text,
        )
        for recipient in recipients
    )


def _text(sync: Sync, count: str, problems: Sequence[Alert], since: datetime) -> Iterator[str]:
    since = since.astimezone(ZoneInfo(sync.district.timezone))
    yield (
        f"{count} came up in near real time since {since:%A %B %d, %Y %H:%M %Z}.\n"
        f"{sync.district.name}, {sync.name}"
    )
    by_code: dict[str, list[Alert]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem)
    local_ids = alerts.local_ids(problems)
    for same_code in sorted(
        by_code.values(),
        key=lambda group: (_ERRORS_FIRST[group[0].severity], -len(group), group[0].code),
    ):
        yield _cause(same_code, local_ids)
    page = f"{settings.ROLLCALL_URL}/d/{sync.district.code}/alerts/"
    yield (
        f"All of them: {page}?{urlencode({'sync': sync.name})}\n"
        "Each closes by itself when the next answer is good. What is tried again and fails "
        "again for the same reason is not mailed again."
    )


def _cause(problems: Sequence[Alert], local_ids: dict[str, str]) -> str:
    """What is wrong with all problems of one code. Students are named by their local id only."""
    declared = Codes.get(problems[0].code)
    lines = [
        f"{problems[0].severity.upper()} {len(problems):,} x {declared.text}.",
        f"    What to do: {declared.what_to_do} Who: {declared.who}. [{declared.code}]",
    ]
    ids = sorted({local_ids[alert.subject] for alert in problems if alert.subject in local_ids})
    if ids:
        unlisted = len(ids) - _STUDENTS_LISTED
        more = f" and {unlisted:,} more" if unlisted > 0 else ""
        lines.append(f"    Students: {', '.join(ids[:_STUDENTS_LISTED])}{more}")
    return "\n".join(lines)


def message(mail: Mail, sender: str) -> EmailMessage:
    """The mail as it was gathered: trying again sends the same."""
    return build(
        subject=mail.subject,
        text=mail.text,
        recipients=[mail.recipient],
        sender=sender,
        message_id=f"problems-{mail.pk}@rollcall.invalid",
        date=mail.made_at,
    )


def _policy_of(sync: Sync) -> NotificationPolicy | None:
    """Which mails a sync sends; None when its settings do not fit."""
    settings = settings_that_fit(sync)
    if settings is None:
        return None
    return registry.integration(sync.integration).outbound.notifications(settings)
