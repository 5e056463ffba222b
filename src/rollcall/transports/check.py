"""The connection test: the way a run takes, step by step, and where it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollcall.core.reach import Reach
from rollcall.transports import check_api, check_files
from rollcall.transports.opening import Settings
from rollcall.transports.settings import HttpSettings
from rollcall.transports.steps import Show, Step, StepState, Test, passed

__all__ = ["Show", "Step", "StepState", "check", "passed"]


@dataclass(frozen=True)
class _Way:
    """The steps of one kind of connection, and how they are taken; with the names of files."""

    steps: Callable[[Any, Sequence[str]], list[Step]]
    go: Callable[[Any, Sequence[str], Reach, Test], None]


_FILES = _Way(check_files.steps, check_files.go)
_WAYS: dict[type[Settings], _Way] = {HttpSettings: _Way(check_api.steps, check_api.go)}


def _nobody(steps: Sequence[Step]) -> None:
    """Nobody looks on."""


def check(
    settings: Settings,
    names: Sequence[str],
    reach: Reach,
    clock: Callable[[], datetime],
    show: Show = _nobody,
) -> list[Step]:
    """Try a connection as a run would: of files the folder and the files `names`, of an API the
    sign-in and a signed request.

    Goes as far as it can; after the first failure the rest is skipped, but every file is looked
    for. `show` is told how it goes. Never raises TransportError: that is what the steps tell.
    """
    way = _WAYS.get(type(settings), _FILES)
    test = Test(way.steps(settings, names), clock, show)
    way.go(settings, names, reach, test)
    test.skip_the_rest()
    return test.steps
