"""Mails about alerts: one message to each address, sent until the mail server has taken it."""

from collections.abc import Iterable
from email.message import EmailMessage

from rollcall.engine.alerts import alerts
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.mail.completion_mail import due, hand_over, send_each
from rollcall.engine.mail.delivery import deliver
from rollcall.engine.mail.message import build
from rollcall.engine.models import UNRESOLVED, AlertMail, Sync


def queue(sync: Sync, numbers: Iterable[int], clock: Clock) -> None:
    """A mail about each of these alerts of a sync to each of its recipients."""
    AlertMail.objects.bulk_create(
        AlertMail(alert_id=number, recipient=recipient, next_attempt=clock.now())
        for number in numbers
        for recipient in sync.version.config.get("recipients", [])
    )


def send_due(clock: Clock, district: int) -> None:
    """Try those mails of a district whose time has come; what fails is tried again later, then
    left.

    A problem that was resolved before its mail could be sent is no longer worth one.
    """
    waiting = due(AlertMail.objects.filter(alert__district=district), clock)
    waiting.exclude(alert__state__in=UNRESOLVED).update(next_attempt=None)
    mails = waiting.select_related("alert__sync__district").order_by("pk")
    send_each(mails, lambda mail: _send(mail, clock), clock)


def _send(mail: AlertMail, clock: Clock) -> None:
    reach = reach_of(mail.alert.sync.district)
    hand_over(mail, lambda to: deliver(to, reach, _message(mail, to.sender)), clock)


def _message(mail: AlertMail, sender: str) -> EmailMessage:
    alert = mail.alert
    sync = alert.sync
    about = f"{sync.district.name}, {sync.name}"
    return build(
        subject=f"{about}: {alert.text}",
        text="\n\n".join(_body(about, mail)) + "\n",
        recipients=[mail.recipient],
        sender=sender,
        message_id=f"alert-{alert.pk}-mail-{mail.pk}@rollcall.invalid",
        date=alert.first_seen,
    )


def _body(about: str, mail: AlertMail) -> Iterable[str]:
    what_to_do, who = alerts.words(mail.alert)
    yield f"{mail.alert.text}."
    yield f"{about}, alert {mail.alert.pk} [{mail.alert.code}]"
    yield f"What to do: {what_to_do}\nWho: {who}."
    yield "No further mail is sent about it. It is resolved by itself when the problem is gone."
