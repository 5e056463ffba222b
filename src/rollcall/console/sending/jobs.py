"""What the pages of syncs that send share: finding one, and its jobs as people start them."""

from dataclasses import dataclass

from django.http import Http404

from rollcall.console.frame.state_words import run_word
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_frame import sync_of
from rollcall.core.sending.outbound import Job, Scope
from rollcall.engine import registry
from rollcall.engine.models import Run, Sync
from rollcall.engine.outbound.near_real_time import switch
from rollcall.records.models import District, Enrollment


@dataclass(frozen=True)
class Last:
    """The last run of a job, in a word."""

    run: Run
    word: str
    tone: str


@dataclass(frozen=True)
class Doable:
    """A job and its last run; `first`: it is the one to begin with."""

    job: Job
    last: Last | None
    first: bool

    @property
    def about(self) -> str:
        """What it has to be told: "grade", "student" or nothing."""
        return "" if self.job.scope is Scope.ALL else str(self.job.scope)


def sender_of(visit: Visit, name: str) -> Sync:
    """The district's sync of that name that sends; Http404 when there is none."""
    sync = sync_of(visit, name)
    if registry.integration(sync.integration).outbound is None:
        raise Http404
    return sync


def senders(district: District) -> list[Sync]:
    """The district's syncs that send, by name."""
    found = Sync.objects.select_related("district", "connection").filter(district=district)
    return [one for one in found.order_by("name") if registry.integration(one.integration).outbound]


def jobs(sync: Sync) -> list[Doable]:
    """The jobs of a sync that sends, in their order."""
    runs = Run.objects.filter(sync=sync).defer("findings", "guards", "summary")
    last = {run.job: run for run in runs.order_by("job", "-pk").distinct("job")}
    started = switch.may_turn_on(sync)
    return [
        Doable(one, _last(last.get(one.name)), one.enables_near_real_time and not started)
        for one in switch.outbound_of(sync).jobs
    ]


def _last(run: Run | None) -> Last | None:
    return Last(run, *run_word(run)) if run else None


def grades(district: District) -> list[str]:
    """The grades of the school year's enrollments."""
    found = Enrollment.objects.filter(district=district, school_year=district.school_year)
    names = found.exclude(grade=None).values_list("grade", flat=True).distinct()
    return sorted(filter(None, names), key=lambda one: (one.isdigit(), one.zfill(2)))


def removing(sync: Sync) -> Job | None:
    """The job that takes a student's documents away from the partner, where there is one."""
    every = switch.outbound_of(sync).jobs
    return next((one for one in every if one.clears_scope and one.scope is Scope.STUDENT), None)


def repairing(sync: Sync) -> Job | None:
    """The job that makes the partner hold what the records say of one student."""
    every = switch.outbound_of(sync).jobs
    return next((one for one in every if one.scope is Scope.STUDENT and not one.clears_scope), None)


def about_words(run: Run) -> str:
    """Whom a run is about, if it is about somebody: "grade 5", "one student"."""
    if "grade" in run.about:
        return f"grade {run.about['grade']}"
    return "one student" if "student" in run.about else ""


def job_title(run: Run) -> str:
    """What people call a run's job."""
    outbound = registry.integration(run.sync.integration).outbound
    titles = {one.name: one.title for one in outbound.jobs} if outbound else {}
    return titles.get(run.job, run.job)
