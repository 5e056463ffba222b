"""What the clock has to say of a bus-pass sync, whether it runs or not."""

from collections.abc import Iterator
from datetime import timedelta

from rollcall.core.clock_checks import Due, SyncFacts
from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.context import Context
from rollcall.integrations.toy.settings import ToySettings

PASSES_END = Codes.add(
    "toy.passes_end",
    Severity.WARNING,
    "The bus passes end soon",
    "Ask the bus company for the passes of the next season.",
    "the transportation office",
)


def clock_checks(settings: ToySettings, facts: SyncFacts, context: Context) -> Iterator[Due]:
    """The last day of the season is near."""
    last_day = settings.season.last_day
    if last_day is None:
        return
    remaining = last_day - context.today
    if timedelta() <= remaining <= timedelta(days=settings.season.remind_days):
        yield Due(PASSES_END, f"{last_day}")
