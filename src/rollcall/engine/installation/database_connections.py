"""Whether the database has as many connections as a process needs, looked at when it starts."""

import structlog
from django.db import connection

from rollcall.core.connection_room import Limit, free, most
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem

log = structlog.get_logger()

TOO_FEW = Codes.add(
    "database.too_few_connections",
    Severity.ERROR,
    "The database allows fewer connections than this process needs",
    "Raise `max_connections` of the PostgreSQL server, or the limit of the role or the database; "
    "a worker needs fewer with a lower --concurrency. The numbers are in the service guide.",
    "the person who runs the server",
)


def check(needed: int) -> None:
    """Problem when so many can never be had; a warning in the log when others have too many now,
    since theirs can end.
    """
    limits = _limits()
    if (limit := most(limits)) < needed:
        raise Problem(TOO_FEW, f"{needed} are needed, {limit} are allowed")
    if (available := free(limits)) < needed:
        log.warning("too few database connections are free", count=available)


def _limits() -> list[Limit]:
    with connection.cursor() as cursor:
        cursor.execute(_LIMITS)
        return [Limit(*row) for row in cursor.fetchall() if row[0] >= 0]


#: What is kept for superusers and for a reserved role is not ours. A limit below 0 is none. What
#: kind of session another role has can be hidden, not that there is one.
_LIMITS = """WITH clients AS (
    SELECT usename, datname FROM pg_stat_activity
    WHERE datname IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
)
SELECT current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int,
    (SELECT count(*) FROM clients)
UNION ALL
SELECT rolconnlimit, (SELECT count(*) FROM clients WHERE usename = rolname)
FROM pg_roles WHERE rolname = current_user
UNION ALL
SELECT datconnlimit, (SELECT count(*) FROM clients c WHERE c.datname = d.datname)
FROM pg_database d WHERE d.datname = current_database()"""
