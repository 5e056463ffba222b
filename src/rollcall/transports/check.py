"""The connection test: the way a run takes, step by step, up to where it ends."""

from collections.abc import Callable, Sequence
from datetime import datetime

from rollcall.core.reach import Reach
from rollcall.transports import check_api, check_files
from rollcall.transports.settings import HttpSettings, Settings
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
    if isinstance(settings, HttpSettings):
        test = Test(check_api.steps(settings), clock, show)
        check_api.run(settings, reach, test)
    else:
        test = Test(check_files.steps(settings, names), clock, show)
        check_files.run(settings, names, reach, test)
    test.skip_waiting()
    return test.steps
