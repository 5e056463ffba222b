"""The flow of a sync that sends, in numbers: from our records to what the partner has.

The numbers of a resource add up: what the records call for is what the partner has accepted as it
is called for and what is still to be added or changed, but for documents that it has and no
record calls for. They are counted in the mirror and the queue, one statement each. What the records
call for is known as of the last look at them: all edits in near real time, else the last plan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min

from rollcall.core.plans.plan import ChangeKind
from rollcall.core.sending.outbound import Outbound, Resource
from rollcall.engine import artifacts, registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import UNRESOLVED, Alert, AlertKind, Run, RunState, Sync
from rollcall.engine.outbound.models import (
    Edit,
    Live,
    MirrorDocument,
    MirrorRead,
    Submission,
    SubmissionState,
)
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.plans import plan_store


@dataclass(frozen=True)
class Counts:
    """Documents of one resource ("": of all).

    `records`: what the records call for; None before the first plan. `sent`: what the partner has
    answered, accepted or refused. `accepted`: at the partner as called for. `waiting`, `parent`,
    `refused` and `held`: submissions by state, of which `removals` take a document away.
    `not_called_for`: at the partner, though no record calls for them (not removable, or not removed
    yet), by the last plan of everything. `partner`: how many the partner has by its answers; None
    before the first. `read`: how many it had when it was last read in full, at `read_at`.
    """

    resource: str
    title: str
    records: int | None = None
    sent: int = 0
    accepted: int = 0
    waiting: int = 0
    parent: int = 0
    refused: int = 0
    held: int = 0
    removals: int = 0
    not_called_for: int = 0
    partner: int | None = None
    read: int | None = None
    read_at: datetime | None = None


@dataclass(frozen=True)
class NearRealTime:
    """Whether edits are sent by themselves: since when (`changed_at`, also of off) and by whom."""

    on: bool
    may_turn_on: bool
    changed_at: datetime | None = None
    changed_by: str = ""


@dataclass(frozen=True)
class Flow:
    """The full flow. `records_at`: as of when it is known what the records call for (None: it is
    not). `edits`: not looked at yet. `oldest`: since when the oldest submission or edit waits.
    `trouble`: why the partner does not let us in, or "".
    """

    resources: list[Counts]
    total: Counts
    near_real_time: NearRealTime
    records_at: datetime | None = None
    edits: int = 0
    oldest: datetime | None = None
    trouble: str = ""


def flow(sync: Sync, clock: Clock) -> Flow:
    """A sync's flow at this moment; Problem when it does not send."""
    outbound = switch.outbound_of(sync)
    near, plan = near_real_time(sync), _last_plan(sync)
    counted = _counted(sync, outbound, plan)
    edits = Edit.objects.filter(sync=sync).aggregate(count=Count("pk"), oldest=Min("at"))
    sign_in = Alert.objects.filter(sync=sync, kind=AlertKind.SIGN_IN, state__in=UNRESOLVED)
    # Since when the first submission waits: numbers are given in the order they come up.
    waits = Submission.objects.filter(sync=sync, state__in=_ON_THEIR_WAY)
    # As of when it is known what the records call for.
    records_at = plan.at if plan else None
    if plan and near.on and plan.sent:
        records_at = edits["oldest"] or clock.now()
    # All resources together. Of what the partner held when read, as of the oldest reading.
    sums = ("sent", "accepted", *map(str, SubmissionState), "removals", "not_called_for")
    return Flow(
        resources=counted,
        total=Counts(
            resource="",
            title="All documents",
            records=_sum(counts.records for counts in counted),
            partner=_sum(counts.partner for counts in counted),
            read=_sum(counts.read for counts in counted),
            read_at=_earliest(*(counts.read_at for counts in counted)),
            **{name: sum(getattr(counts, name) for counts in counted) for name in sums},
        ),
        near_real_time=near,
        records_at=records_at,
        edits=edits["count"],
        oldest=_earliest(
            edits["oldest"], waits.order_by("pk").values_list("since", flat=True).first()
        ),
        trouble=sign_in.values_list("text", flat=True).first() or "",
    )


_ON_THEIR_WAY = (SubmissionState.WAITING, SubmissionState.PARENT)


def near_real_time(sync: Sync) -> NearRealTime:
    """Whether edits of a sync are sent by themselves; Problem when it does not send."""
    may, live = switch.may_turn_on(sync), Live.objects.filter(sync=sync).first()
    if live is None:
        return NearRealTime(False, may)
    return NearRealTime(live.enabled, may, live.changed_at, live.changed_by)


@dataclass(frozen=True)
class _Plan:
    """The last plan of everything, by resource. `sent` false: that of a test, of which only
    `called_for` is of use.
    """

    at: datetime
    sent: bool
    called_for: Mapping[str, int]
    not_called_for: Mapping[str, int] = field(default_factory=dict)


def _last_plan(sync: Sync) -> _Plan | None:
    """That of the last run that sent, else of the last test."""
    jobs = registry.integration(sync.integration).scheduled_jobs
    runs = Run.objects.filter(sync=sync, job__in=jobs, school_year=sync.district.school_year)
    runs = runs.exclude(plan_sha256="").order_by("-pk")
    run = runs.filter(applied_at__isnull=False).first()
    run = run or runs.filter(test=True, state=RunState.DONE).first()
    if run is None:
        return None
    # How many documents the partner had that the plan neither called for nor took away, by
    # resource; empty when the plan is no longer kept.
    not_called_for = {}
    if artifacts.find(run, "plan", "plan.json") is not None:
        for name, planned in plan_store.head(run)["changes"].items():
            counts = (planned["kinds"].get(kind, {}).get("", 0) for kind in _AT_PARTNER)
            extra = planned["population"] - planned["unchanged"] - sum(counts)
            not_called_for[name] = max(extra, 0)
    return _Plan(
        at=run.applied_at or run.started_at or run.created_at,
        sent=run.applied_at is not None,
        called_for={
            name: sum(counts.get(word, 0) for word in ("added", "updated", "unchanged"))
            for name, counts in run.counts.items()
        },
        not_called_for=not_called_for,
    )


#: What is done to documents that the partner has.
_AT_PARTNER = (ChangeKind.UPDATE, ChangeKind.REMOVE)


def _earliest(*times: datetime | None) -> datetime | None:
    return min((moment for moment in times if moment is not None), default=None)


def _counted(sync: Sync, outbound: Outbound, plan: _Plan | None) -> list[Counts]:
    mirrored = (
        MirrorDocument.objects.filter(sync=sync).values("resource").annotate(count=Count("*"))
    )
    numbers = dict(mirrored.values_list("resource", "count"))
    submissions = Submission.objects.filter(sync=sync).values("resource", "state", "kind")
    # By resource: its state, its kind, and how many there are.
    queued: dict[str, list[tuple[str, str, int]]] = {}
    for group in submissions.annotate(count=Count("*")):
        groups = queued.setdefault(group["resource"], [])
        groups.append((group["state"], group["kind"], group["count"]))
    reads = {read.resource: read for read in MirrorRead.objects.filter(sync=sync)}
    return [
        _counts(
            resource,
            numbers.get(resource.name, 0),
            queued.get(resource.name, []),
            plan,
            reads.get(resource.name),
        )
        for resource in outbound.resources
    ]


def _counts(
    resource: Resource,
    in_mirror: int,
    queued: list[tuple[str, str, int]],
    plan: _Plan | None,
    read: MirrorRead | None,
) -> Counts:
    def of_kind(*kinds: ChangeKind) -> int:
        return sum(count for _, kind, count in queued if kind in kinds)

    in_state = {
        str(state): sum(count for queued_state, _, count in queued if queued_state == state)
        for state in SubmissionState
    }
    accepted = max(in_mirror - of_kind(*_AT_PARTNER), 0)
    extra = min(plan.not_called_for.get(resource.name, 0), accepted) if plan else 0
    called_for = accepted - extra + of_kind(ChangeKind.ADD, ChangeKind.UPDATE)
    if plan is not None and not plan.sent:
        called_for = plan.called_for.get(resource.name, 0)
    return Counts(
        resource=resource.name,
        title=resource.record.title,
        records=None if plan is None else called_for,
        sent=accepted + in_state[SubmissionState.REFUSED],
        accepted=accepted,
        **in_state,
        removals=of_kind(ChangeKind.REMOVE),
        not_called_for=extra,
        partner=in_mirror if in_mirror or read else None,
        read=read.documents if read else None,
        read_at=read.at if read else None,
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """The sum of what is known; None when nothing is."""
    counted = [number for number in numbers if number is not None]
    return sum(counted) if counted else None
