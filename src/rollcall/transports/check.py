"""The connection test: the way a run takes, step by step, up to where it ends."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rollcall.core.reach import Reach
from rollcall.transports.kinds import kind_of
from rollcall.transports.settings import Settings
from rollcall.transports.steps import Show, Step, StepState, Test, passed

__all__ = ["Show", "Step", "StepState", "check", "passed"]


def check(
    settings: Settings,
    names: Sequence[str],
    reach: Reach,
    clock: Callable[[], datetime],
    show: Show = lambda steps: None,
) -> list[Step]:
    """Try a connection as a run would: for files, the folder and the files `names`; for an API, the
    sign-in and a signed request.

    After the first failure the next steps are skipped, but every file is looked for. `show` is
    called with the steps as they go on. Never raises TransportError: the steps have the errors.
    """
    kind = kind_of(settings)
    test = Test(kind.steps(settings, names), clock, show)
    kind.test(settings, names, reach, test)
    test.skip_waiting()
    return test.steps
