"""Work that is done for many: where it fails for one, it goes on with the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger()


@dataclass
class Attempt:
    """Whether something went wrong."""

    failed: bool = False


@contextmanager
def failure_logged(what: str, **about: int | str) -> Iterator[Attempt]:
    """Do something for one of many: what goes wrong with `what` is logged, and the next comes.

    `about`: which one, as keys of the log. Only a lost database is raised, since then there is no
    next. Transactions belong inside, never around.
    """
    attempt = Attempt()
    try:
        yield attempt
    except Exception as error:
        if isinstance(error, (OperationalError, InterfaceError)) and not connection.is_usable():
            raise
        attempt.failed = True
        with structlog.contextvars.bound_contextvars(task=what, **about):
            log.exception("one of many failed", error_type=type(error).__name__)
