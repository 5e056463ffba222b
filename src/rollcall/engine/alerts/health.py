"""How the syncs of a district are: what Home shows, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from rollcall.core.health import CALM, Facts, Health, LiveRun, Verdict, health, spoken
from rollcall.core.settings.schedule import Schedule, next_times, sentence
from rollcall.engine import registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Alert, AlertState, Run, RunState, Sync, SyncVersion, undone
from rollcall.engine.settings.config import SyncConfig, schedule_settings
from rollcall.records.models import District

_VERDICTS = {
    RunState.DONE: Verdict.GOOD,
    RunState.UNCHANGED: Verdict.SAME_FILES,
    RunState.FAILED: Verdict.FAILED,
    RunState.STALE: Verdict.FAILED,
}
_LATE_AFTER: int = SyncConfig.model_fields["late_after_minutes"].default


@dataclass(frozen=True)
class SyncHealth:
    """One row of Home: a sync and how it is. `sync` has its district and connection loaded;
    `open_alerts` counts those nobody has acknowledged.
    """

    sync: Sync
    schedule: Schedule
    health: Health
    open_alerts: int

    @property
    def calm(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.health.state in CALM and not self.open_alerts


def of_district(district: District, clock: Clock) -> list[SyncHealth]:
    """Every sync of a district by name, and how it is now. Two queries, however many runs."""
    return _states(Sync.objects.filter(district=district), clock)


def of_sync(sync: Sync, clock: Clock) -> SyncHealth:
    """How one sync is now."""
    return _states(Sync.objects.filter(pk=sync.pk), clock)[0]


def _states(syncs: QuerySet[Sync], clock: Clock) -> list[SyncHealth]:
    with_facts = [(sync, facts) for sync, facts in facts_of(syncs)]
    at = clock.now()
    return [
        SyncHealth(sync, facts.schedule, health(facts, at), cast(Any, sync).open_alerts)
        for sync, facts in with_facts
    ]


def as_json(sync_health: SyncHealth, clock: Clock) -> dict[str, Any]:
    """A sync in the shape that `rollcall syncs --json` and the API give: state, next step and
    owner, last good run, schedule and its next five times.
    """
    sync, schedule, state = sync_health.sync, sync_health.schedule, sync_health.health
    zone, good = sync.district.timezone, state.last_good
    times = next_times(schedule, zone, clock.now()) if schedule.complete else []
    return {
        "name": sync.name,
        "integration": sync.integration,
        "state": state.state,
        "meaning": state.meaning,
        "next_step": state.next_step,
        "owner": state.owner,
        "open_alerts": sync_health.open_alerts,
        "last_good": f"run {good.number}, {spoken(good.at, zone)}" if good else "",
        "status": "Enabled" if schedule.enabled else "Disabled",
        "schedule": sentence(schedule, zone),
        "job": registry.integration(sync.integration).job_of(schedule),
        "next_times": [f"{at:%a %Y-%m-%d %H:%M %Z}" for at in times],
    }


def facts_of(syncs: QuerySet[Sync]) -> list[tuple[Sync, Facts]]:
    """What decides the state of each sync, by name; two queries."""
    with_runs = list(_with_runs(syncs))
    numbers = {getattr(sync, name) for sync in with_runs for name in _RUNS} - {None}
    columns = ("state", "created_at", "scheduled_for", "finished_at", "findings", "approval")
    runs = Run.objects.select_related("approval").only(*columns)
    by_number = runs.in_bulk(numbers) if numbers else {}
    return [(sync, _facts(sync, by_number)) for sync in with_runs]


_RUNS = ("last_run", "good_run", "held_run", "waiting_run")


def _with_runs(syncs: QuerySet[Sync]) -> QuerySet[Sync]:
    """Syncs with their configuration in force and the numbers of the runs that count."""
    of_sync = Run.objects.filter(sync=OuterRef("pk"), test=False, undo_of=None)
    stands = of_sync.filter(~undone(), partial=False)
    unfinished = of_sync.filter(state__in=[RunState.QUEUED, RunState.RUNNING])
    alerts = Alert.objects.filter(sync=OuterRef("pk"), state=AlertState.OPEN)
    counted = alerts.values("sync").annotate(open=Count("pk")).values_list("open")
    configs = SyncVersion.objects.filter(sync=OuterRef("pk")).order_by("-number")
    return (
        syncs.select_related("district", "connection")
        .annotate(
            config=Subquery(configs.values("config")[:1]),
            last_run=_newest(stands.filter(state__in=list(_VERDICTS))),
            good_run=_newest(stands.filter(state=RunState.DONE)),
            held_run=_newest(of_sync.filter(state=RunState.HELD)),
            waiting_run=Subquery(unfinished.order_by("pk").values("pk")[:1]),
            open_alerts=Coalesce(Subquery(counted), 0),
        )
        .order_by("name")
    )


def _newest(runs: QuerySet[Run]) -> Subquery:
    return Subquery(runs.order_by("-pk").values("pk")[:1])


def _facts(sync: Any, runs: dict[int, Run]) -> Facts:
    """`sync`: as `_with_runs` gives it, with what is annotated."""
    last, good, held_run, waiting = (runs.get(getattr(sync, name)) for name in _RUNS)
    schedule = Schedule.model_validate(schedule_settings(sync.integration, sync.config))
    superseded = held_run is not None and good is not None and good.pk > held_run.pk
    return Facts(
        by_hand=sync.connection is None and not schedule.complete,
        paused=sync.paused,
        schedule=schedule,
        zone=sync.district.timezone,
        schedule_seen=sync.schedule_seen,
        late_after=timedelta(minutes=sync.config.get("late_after_minutes", _LATE_AFTER)),
        last=_live(last),
        last_good=_live(good),
        held=None if superseded else _live(held_run),
        waiting=_live(waiting),
        owner=sync.config.get("owner", ""),
    )


def _live(run: Run | None) -> LiveRun | None:
    if run is None:
        return None
    # The finding that matters most: the first error, else the first warning.
    serious = [f for f in run.findings if f["severity"] in ("error", "warning")]
    gravest: dict[str, Any] = min(serious, key=lambda finding: finding["severity"], default={})
    quiet = run.state == RunState.UNCHANGED and not run.findings
    approval = getattr(run, "approval", None)
    begins_at = approval.at if approval else run.scheduled_for or run.created_at
    return LiveRun(
        number=run.pk,
        at=run.finished_at or begins_at,
        # At an interval it is no fault that nothing new has come: then the run has no finding.
        verdict=Verdict.GOOD if quiet else _VERDICTS.get(RunState(run.state)),
        text=gravest.get("text", ""),
        what_to_do=gravest.get("what_to_do", ""),
        who=gravest.get("who", ""),
    )
