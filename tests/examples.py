"""How many examples a property is tried with: some on every run, many at night.

`ROLLCALL_NIGHTLY=1` (see `.ci/run`) tries all of them. A property that failed at night gets
its example as an `@example`, or a test of its own.
"""

import os
from typing import Any

from hypothesis import settings

NIGHTLY = os.environ.get("ROLLCALL_NIGHTLY") == "1"
#: On every run a property gets this part of its examples, and no fewer than so many.
_PART, _FEWEST = 4, 10


def examples(number: int, **more: Any) -> settings:
    """So many examples at night, a quarter of them on every run."""
    usual = min(number, max(_FEWEST, number // _PART))
    return settings(max_examples=number if NIGHTLY else usual, deadline=None, **more)
