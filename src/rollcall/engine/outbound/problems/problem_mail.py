"""Mails about new problems of near real time: gathered, by cause, never one for each try."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from rollcall.core.findings import Codes
from rollcall.core.sending.outbound import Care
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.mail.completion_mail import due, hand_over, send_each
from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import build
from rollcall.engine.models import Alert, AlertKind, AlertState, Sync
from rollcall.engine.outbound.models import Live, ProblemMail
from rollcall.engine.outbound.near_real_time.edits import REMOVALS_HELD
from rollcall.engine.outbound.problems.reminders import care_of
from rollcall.engine.worker.isolation import apart
from rollcall.records.models import Student

_KINDS = (AlertKind.REFUSED, AlertKind.CHECK, AlertKind.SIGN_IN)
#: So many students of one cause are named; the page has all.
_NAMED = 20
_ERRORS_FIRST = {"error": 0, "warning": 1, "info": 2}


def gather(clock: Clock) -> None:
    """Gather what is new of each sync into mails."""
    for pk in Live.objects.filter(enabled=True).values_list("pk", flat=True):
        with apart("gather problems"):
            _gather(pk, clock)


@transaction.atomic
def _gather(pk: int, clock: Clock) -> None:
    """One mail of the new problems of a sync to each address; several workers may ask at once."""
    locked = Live.objects.select_for_update(skip_locked=True, of=("self",))
    live = locked.select_related("sync__district").filter(pk=pk).first()
    care = care_of(live.sync) if live else None
    if live is None or care is None:
        return
    recipients = care.recipients or live.sync.version.config.get("recipients", [])
    last = ProblemMail.objects.filter(sync=live.sync).aggregate(last=Max("at"))["last"]
    if not recipients or not _may_again(last, care, clock.now()):
        return
    # Problems since near real time is on that nobody was told of and nobody looks after.
    of_live = Q(kind__in=_KINDS) | Q(code=REMOVALS_HELD)
    alerts = Alert.objects.filter(of_live, sync=live.sync, state=AlertState.OPEN)
    new = list(
        alerts.filter(gathered_at=None, first_seen__gte=live.changed_at)
        .order_by("pk")
        .select_for_update()
    )
    if new:
        Alert.objects.filter(pk__in=[item_mail.pk for item_mail in new]).update(
            gathered_at=clock.now()
        )
        since = last or live.changed_at
        mails = (_mail(live.sync, item_mail, new, since, clock.now()) for item_mail in recipients)
        ProblemMail.objects.bulk_create(mails)


def _may_again(last: datetime | None, care: Care, at: datetime) -> bool:
    """Whether it is time for another mail; a last one ahead of now is by a clock that was wrong."""
    every = timedelta(minutes=care.mail_every_minutes)
    return last is None or not timedelta() <= at - last < every


def _mail(
    sync: Sync, recipient: str, new: Sequence[Alert], since: datetime, at: datetime
) -> ProblemMail:
    problems = "1 new problem" if len(new) == 1 else f"{len(new):,} new problems"
    return ProblemMail(
        sync=sync,
        recipient=recipient,
        at=at,
        next_attempt=at,
        subject=f"{sync.district.name}, {sync.name}: {problems}",
        text="\n\n".join(_text(sync, problems, new, since)) + "\n",
    )


def _text(sync: Sync, problems: str, new: Sequence[Alert], since: datetime) -> Iterator[str]:
    at = since.astimezone(ZoneInfo(sync.district.timezone))
    yield (
        f"{problems} came up in near real time since {at:%A %B %d, %Y %H:%M %Z}.\n"
        f"{sync.district.name}, {sync.name}"
    )
    by_code: dict[str, list[Alert]] = {}
    for alert in new:
        by_code.setdefault(alert.code, []).append(alert)
    # By subject the local id of the student; mails name students by nothing else.
    numbers = [alert.subject.removeprefix("student:") for alert in new if alert.subject]
    students = Student.objects.filter(district=sync.district_id, pk__in=numbers)
    local_ids = {
        f"student:{pk}": local_id for pk, local_id in students.values_list("pk", "local_id")
    }
    for code in sorted(by_code, key=lambda code: _gravest_first(by_code[code])):
        alerts = by_code[code]
        declared = Codes.get(code)
        ids = sorted({local_ids[alert.subject] for alert in alerts if alert.subject in local_ids})
        lines = [
            f"{alerts[0].severity.upper()} {len(alerts):,} x {declared.text}.",
            f"    What to do: {declared.what_to_do} Who: {declared.who}. [{code}]",
        ]
        if ids:
            more = f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else ""
            lines.append(f"    Students: {', '.join(ids[:_NAMED])}{more}")
        yield "\n".join(lines)
    yield (
        f"All of them: {_address(sync)}\n"
        "Each is resolved by itself when the next answer is good. What is tried again and fails "
        "again for the same reason is not mailed again."
    )


def _gravest_first(alerts: Sequence[Alert]) -> tuple[int, int, str]:
    return _ERRORS_FIRST[alerts[0].severity], -len(alerts), alerts[0].code


def _address(sync: Sync) -> str:
    return (
        f"{settings.ROLLCALL_URL}/d/{sync.district.code}/alerts/?{urlencode({'sync': sync.name})}"
    )


def send_due(clock: Clock, district: int) -> None:
    """Try those mails of a district whose time has come; what fails is tried again later, then
    left.
    """
    waiting = due(ProblemMail.objects.filter(sync__district=district), clock)
    mails = waiting.select_related("sync__district").order_by("pk")
    send_each(mails, lambda mail: _send(mail, clock), clock)


def _send(mail: ProblemMail, clock: Clock) -> None:
    reach = reach_of(mail.sync.district)
    hand_over(mail, lambda to: deliver(to, reach, _message(mail, to.sender)), clock)


def _message(mail: ProblemMail, sender: str) -> EmailMessage:
    return build(
        subject=mail.subject,
        text=mail.text,
        recipients=[mail.recipient],
        sender=sender,
        message_id=f"problems-{mail.pk}@rollcall.invalid",
        date=mail.at,
    )
