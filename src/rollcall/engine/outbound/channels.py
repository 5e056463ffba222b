"""The open channel of a sync to its partner."""

from datetime import datetime

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.sending.channel import Channel, Opening
from rollcall.core.sending.outbound import Outbound
from rollcall.engine import secrets
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import reach_of
from rollcall.engine.models import Connection, Sync
from rollcall.engine.outbound.models import PartnerSession
from rollcall.engine.settings import configure
from rollcall.transports.kinds import kind_of

NO_CONNECTION = Codes.add(
    "partner.no_connection",
    Severity.ERROR,
    "This sync has no connection to an API to send to",
    "Add a connection to the partner's API and choose it in the settings of the sync.",
    "the person who keeps the connection",
)


def open_channel(
    sync: Sync, outbound: Outbound, settings: object, school_year: str, clock: Clock
) -> Channel:
    """A channel with these settings of the sync, for a school year; Problem when the sync has no
    connection that one can go over. Nothing is asked of the partner yet.
    """
    if sync.connection is None:
        raise Problem(NO_CONNECTION)
    connection_settings = configure.connection_settings(sync.connection)
    kind = kind_of(connection_settings)
    if kind.files:
        raise Problem(NO_CONNECTION)
    connection = kind.open(connection_settings, reach_of(sync.district), None)
    session = _StoredSession(sync.connection)
    return outbound.channel(Opening(connection, settings, school_year, clock.now, session))


class _StoredSession:
    """What a partner gave who signed in, sealed in the database (channel.SharedSession)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._stored = PartnerSession.objects.filter(connection=connection)

    def read(self, at: datetime) -> tuple[str, datetime] | None:
        """It and when it ends, if that is after `at`."""
        session = self._stored.filter(until__gt=at).first()
        return (secrets.unseal(session.sealed), session.until) if session else None

    def write(self, text: str, until: datetime) -> None:
        """Keep it, in place of the one before."""
        values = {"sealed": secrets.seal(text), "until": until}
        PartnerSession.objects.update_or_create(connection=self._connection, defaults=values)

    def forget(self) -> None:
        """The partner does not take it any longer."""
        self._stored.delete()
