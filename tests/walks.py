"""How far a value walks: the modules of the product whose functions get it while something is done.

docs/architecture.md shows such walks. A value that walks through few modules is one that few can
change. With the kind `object` all functions that get anything count.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from tests.source import SOURCE


def modules_entered(kinds: type | tuple[type, ...], action: Callable[[], object]) -> list[str]:
    """The modules, in the order in which a value of one of these kinds was first handed to a
    function of theirs during `action`.
    """
    entered: dict[str, None] = {}

    def watch(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        path = Path(code.co_filename)
        if event != "call" or not path.is_relative_to(SOURCE):
            return
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if any(isinstance(frame.f_locals.get(name), kinds) for name in names):
            entered.setdefault(str(path.relative_to(SOURCE)))

    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(None)
    return list(entered)
