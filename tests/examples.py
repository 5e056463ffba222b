"""How many examples a property is tried with: some on every run, many at night.

`ROLLCALL_NIGHTLY=1` (see `.ci/run`) tries all of them. A property that failed at night gets
its example as an `@example`, or a test of its own.
"""

import os
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import settings

_T = TypeVar("_T")

NIGHTLY = os.environ.get("ROLLCALL_NIGHTLY") == "1"
#: On every run a property gets this part of its examples, and no fewer than so many.
_PART, _FEWEST = 4, 10


def examples(number: int, **more: Any) -> settings:
    """So many examples at night, a quarter of them on every run."""
    usual = min(number, max(_FEWEST, number // _PART))
    return settings(max_examples=number if NIGHTLY else usual, deadline=None, **more)


def share(values: Sequence[_T], turn: int) -> list[_T]:
    """Of values that many places are tried with: all at night, a quarter of them on every run.

    `turn`: the number of the place; the next one gets the next ones, so that each gets tried often.
    """
    return [value for at, value in enumerate(values) if NIGHTLY or (at + turn) % _PART == 0]
