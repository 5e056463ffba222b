"""What the database does beside sending: answers are written down and the next submissions taken
while others are under way.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

_T = TypeVar("_T")


class Beside:
    """One thread with a database connection of its own, which does one thing after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self._used = False

    def begin(self, do: Callable[[], _T]) -> Future[_T]:
        """Have something done."""
        self._used = True
        return self._thread.submit(do)

    def close(self) -> None:
        """End the thread and its connection, after what it does; nothing is raised."""
        if self._used:
            self._thread.submit(_close_own)
        self._thread.shutdown()


def _close_own() -> None:
    """Close the connection of the thread this is called in."""
    connection.close()
