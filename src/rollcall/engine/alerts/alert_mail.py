"""Mails about alerts: one to each recipient of the sync."""

from collections.abc import Iterable
from email.message import EmailMessage

from django.db import transaction

from rollcall.core.findings import Codes
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.mail.message import build
from rollcall.engine.models import AlertKind, Mail, MailKind, Sync


def queue(sync: Sync, numbers: Iterable[int], clock: Clock) -> None:
    """A mail about each of these alerts of a sync to each of its recipients."""
    at = clock.now()
    Mail.objects.bulk_create(
        Mail(
            kind=MailKind.ALERT,
            sync=sync,
            alert_id=number,
            recipient=recipient,
            made_at=at,
            next_attempt=at,
        )
        for number in numbers
        for recipient in sync.version.config.get("recipients", [])
    )


@transaction.atomic
def open_with_mail(
    sync: Sync, kind: AlertKind, code: str, clock: Clock, detail: str = ""
) -> list[int]:
    """Open an alert, with a mail about it, or go on with the open one; the number of a new one."""
    declared = Codes.get(code)
    text = f"{declared.text} ({detail})" if detail else declared.text
    seen = Seen(kind, code, text, str(declared.severity))
    opened = alerts.open_or_renew(sync.district_id, sync.pk, [seen], clock)
    queue(sync, opened, clock)
    return opened


def message(mail: Mail, sender: str) -> EmailMessage:
    """What happened, what to do, who can do it."""
    alert, sync = mail.alert, mail.sync
    assert alert is not None
    what_to_do, who = alerts.words(alert)
    about = f"{sync.district.name}, {sync.name}"
    return build(
        subject=f"{about}: {alert.text}",
        text=(
            f"{alert.text}.\n\n"
            f"{about}, alert {alert.pk} [{alert.code}]\n\n"
            f"What to do: {what_to_do}\nWho: {who}.\n\n"
            "No further mail is sent about it. It closes by itself once the problem is fixed.\n"
        ),
        recipients=[mail.recipient],
        sender=sender,
        message_id=f"alert-{alert.pk}-mail-{mail.pk}@rollcall.invalid",
        date=alert.first_seen,
    )
