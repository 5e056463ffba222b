"""Advice by the clock: look at the partner's rules, a deadline comes near."""

from collections.abc import Iterator
from datetime import date, timedelta

from rollcall.core.clock_checks import Due, SyncFacts
from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.context import Context
from rollcall.integrations.edfi.settings import EdfiSettings

_WEEK = timedelta(days=7)

LOOK = Codes.add(
    "rules.look",
    Severity.WARNING,
    "Nobody has looked at what the partner's rules say of your records for some time",
    "Save the report on the partner's pages and upload it, or say that you looked at it there.",
    "the district's data manager",
)
TWO_WEEKS = Codes.add(
    "deadline.two_weeks",
    Severity.WARNING,
    "A deadline of the partner is two weeks away",
    "Run Resynchronize, then look at the refusals and at what the partner's rules say.",
    "the district's data manager",
)
ONE_WEEK = Codes.add(
    "deadline.one_week",
    Severity.WARNING,
    "A deadline of the partner is one week away",
    "Run Resynchronize, then look at the refusals and at what the partner's rules say.",
    "the district's data manager",
)


def clock_checks(settings: EdfiSettings, facts: SyncFacts, context: Context) -> Iterator[Due]:
    """The deadlines that come near, and that nobody has looked at the rules for some time."""
    for deadline in settings.deadlines:
        yield from _near(deadline, context.today)
    # Since the last look, else since something was sent first; None: nothing was sent yet.
    since = facts.looked_at_rules or facts.first_applied
    if since is not None and facts.at - since >= timedelta(days=settings.look_after_days):
        yield Due(LOOK, f"{settings.look_after_days} days or more")


def _near(deadline: date, today: date) -> Iterator[Due]:
    remaining = deadline - today
    if timedelta() <= remaining <= _WEEK:
        yield Due(ONE_WEEK, f"{deadline}")
    elif _WEEK < remaining <= 2 * _WEEK:
        yield Due(TWO_WEEKS, f"{deadline}")
