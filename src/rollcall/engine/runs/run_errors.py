"""What a run met that nobody foresaw, sorted by what to do next."""

import psycopg
from django.db import DatabaseError, InterfaceError, connection
from psycopg import errors

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.engine.installation import disk_room
from rollcall.engine.worker import fatal_runs

REFUSED = Codes.add(
    "database.refused",
    Severity.ERROR,
    "The database could not do what this needs",
    "See the database's log at this time; often it had too little memory or temporary space. Then "
    "start it again.",
    "the person who runs the server",
)

_OF_DATABASE = (DatabaseError, InterfaceError, psycopg.Error)
#: Chance between transactions that run side by side: the same goes well a moment later.
_CHANCE = (errors.DeadlockDetected, errors.SerializationFailure)
#: The server had no resources, or an operator or a limit of its own ended the statement.
_RESOURCES = ("53", "54", "57", "58")


def passes(error: Exception) -> bool:
    """Whether it passes by itself: the database is away, or it was chance."""
    if not isinstance(error, _OF_DATABASE):
        return False
    return isinstance(_cause(error), _CHANCE) or not connection.is_usable()


def named(error: Exception) -> Problem | None:
    """What to tell the person who runs the server; None when it is no trouble of the machine's."""
    if disk_room.is_full(error):
        return Problem(disk_room.DISK_FULL, "it filled up during the run")
    if isinstance(error, MemoryError):
        return Problem(fatal_runs.OUT_OF_MEMORY)
    cause = _cause(error)
    if isinstance(cause, psycopg.Error) and (cause.sqlstate or "")[:2] in _RESOURCES:
        return Problem(REFUSED, f"{type(cause).__name__}, {cause.sqlstate}")
    return None


def _cause(error: BaseException) -> BaseException:
    """The driver's own error, of which Django's is made."""
    return error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
