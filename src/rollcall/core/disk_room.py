"""How much room on a disk a step of a run needs, and whether there is as much.

Measured: a run stores twice its input at most (plan and reports), and what it writes makes the
database grow by up to four times the input (records, their history, the write-ahead log).
"""

from enum import StrEnum

#: Left free for everything else that writes there, bytes: logs, the database's own files.
RESERVE = 64 << 20


class Need(StrEnum):
    """What is about to be written."""

    KEEP = "keep"  # a file as it came
    STORE = "store"  # the plan and the reports of an input
    APPLY = "apply"  # the records of an input, into a database on that disk


_TIMES = {Need.KEEP: 1, Need.STORE: 2, Need.APPLY: 4}


def needed(need: Need, size: int) -> int:
    """The bytes that must be free to write what comes of `size` bytes of input."""
    return _TIMES[need] * size + RESERVE
