"""Near real time, on and off."""

from django.db import transaction

from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.sending.outbound import Outbound
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Run, RunState, Sync
from rollcall.engine.outbound.models import Live
from rollcall.engine.runs.starting import start
from rollcall.records import read as records

NOT_SENDING = Codes.add(
    "live.not_sending",
    Severity.ERROR,
    "This sync reads files; only a sync that sends has near real time",
    "Choose a sync that sends to a partner's API.",
    "the district's data manager",
)
NOT_STARTED = Codes.add(
    "live.not_started",
    Severity.ERROR,
    "Near real time can be turned on once Start Year has completed for the school year",
    "Run Start Year, and again after what it found was corrected, until it is done.",
    "the district's data manager",
)


def is_on(sync: Sync) -> bool:
    """Whether edits are sent by themselves."""
    return Live.objects.filter(sync=sync, enabled=True).exists()


def may_turn_on(sync: Sync) -> bool:
    """Whether the job that opens near real time has completed for the district's school year."""
    jobs = registry.integration(sync.integration).jobs
    opening = [job.name for job in jobs if job.enables_near_real_time]
    done = Run.objects.filter(sync=sync, job__in=opening, test=False, state=RunState.DONE)
    return done.filter(school_year=sync.district.school_year).exists()


@transaction.atomic
def turn_on(sync: Sync, person: str, clock: Clock) -> Run | None:
    """Have every edit from now on sent by itself; Problem before Start Year has completed.

    What was edited since is found by a run of the job that compares everything, which is given
    back for a worker to carry out; None when near real time was on already.
    """
    outbound_of(sync)
    if not may_turn_on(sync):
        raise Problem(NOT_STARTED)
    if is_on(sync):
        return None
    _set(sync, True, person, clock)
    jobs = registry.integration(sync.integration).jobs
    compares = next(job for job in jobs if job.compares_all)
    return start(sync, clock, by="event", person=person, job=compares.name)


@transaction.atomic
def turn_off(sync: Sync, person: str, clock: Clock) -> None:
    """Send no more edits by themselves. What waits already is still sent; to stop that as well,
    pause the sync.
    """
    _set(sync, False, person, clock)


def _set(sync: Sync, enabled: bool, person: str, clock: Clock) -> None:
    Live.objects.update_or_create(
        sync=sync,
        defaults={
            "district_id": sync.district_id,
            "enabled": enabled,
            "records": records.record_types_of(outbound_of(sync).views, ()),
            "changed_at": clock.now(),
            "changed_by": person,
        },
    )


def outbound_of(sync: Sync) -> Outbound:
    """How a sync sends; Problem when it does not."""
    integration = registry.integration(sync.integration)
    if not integration.sends:
        raise Problem(NOT_SENDING)
    return integration.outbound
