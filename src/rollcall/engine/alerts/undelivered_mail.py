"""A mail that is not delivered is a problem on the page, until a later mail is."""

from django.db.models import QuerySet

from rollcall.core.findings import Severity
from rollcall.core.problems import Next
from rollcall.engine.alerts import alerts
from rollcall.engine.alerts.alerts import Seen
from rollcall.engine.clock import Clock
from rollcall.engine.mail.delivery import RECIPIENT_REFUSED
from rollcall.engine.mail.message import BAD_ADDRESS, MailError
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Sync

#: What can pass by itself opens an alert after so many attempts.
_ALERT_AFTER = 2
#: What is wrong with one address, and with no other one of the sync.
_OF_ADDRESS = (RECIPIENT_REFUSED, BAD_ADDRESS)


def not_delivered(
    sync: Sync, recipient: str, error: MailError, attempts: int, clock: Clock
) -> None:
    """Open an alert about a mail that was tried so often, or go on with the one there is."""
    if error.next is Next.AGAIN and attempts < _ALERT_AFTER:
        return
    detail = recipient if error.code in _OF_ADDRESS else ""
    seen = Seen(
        AlertKind.MAIL, error.code, error.sentence.rstrip("."), Severity.ERROR, detail=detail
    )
    alerts.open_or_renew(sync.district_id, sync.pk, [seen], clock)
    same_detail = _about(sync).filter(detail=detail).exclude(code=error.code)
    alerts.resolve(same_detail, clock)


def delivered(sync: Sync, recipient: str, clock: Clock) -> None:
    """A mail reached the mail server: nothing is wrong with it any more, or with the address."""
    alerts.resolve(_about(sync).filter(detail__in=["", recipient]), clock)


def _about(sync: Sync) -> QuerySet[Alert]:
    return Alert.objects.filter(sync=sync, kind=AlertKind.MAIL, state__in=UNRESOLVED)
