"""What is done for many, so that the trouble of one stays its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, connection

log = structlog.get_logger()


@dataclass
class Trouble:
    """Whether something went wrong."""

    met: bool = False


@contextmanager
def apart(what: str, **about: int | str) -> Iterator[Trouble]:
    """Do something for one of many: what goes wrong with `what` is logged, and the next comes.

    `about`: which one, as keys of the log. Only a lost database is raised, since then there is no
    next. Transactions belong inside, never around.
    """
    trouble = Trouble()
    try:
        yield trouble
    except Exception as error:
        if isinstance(error, (OperationalError, InterfaceError)) and not connection.is_usable():
            raise
        trouble.met = True
        with structlog.contextvars.bound_contextvars(task=what, **about):
            log.exception("one of many failed", error_type=type(error).__name__)
