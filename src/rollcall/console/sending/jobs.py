"""The jobs of syncs that send: as their pages list them, and starting them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.request_values import number
from rollcall.console.frame.state_words import run_word
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_head import sync_of
from rollcall.core.jobs import Job, Scope
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Run, Sync
from rollcall.engine.outbound.figures import document_pages
from rollcall.engine.outbound.figures.figures import near_real_time
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.runs.starting import JOB_ABOUT, JOB_UNKNOWN, start
from rollcall.engine.worker import tasks
from rollcall.records.models import District, Enrollment, Student


@dataclass(frozen=True)
class LastRun:
    """The last run of a job, in a word."""

    run: Run
    word: str
    tone: str


@dataclass(frozen=True)
class ListedJob:
    """A job and its last run; `first`: it is the one to begin with."""

    job: Job
    last: LastRun | None
    first: bool

    @property
    def scope(self) -> str:
        """What people choose for it: "grade", "student" or nothing."""
        return "" if self.job.scope is Scope.ALL else str(self.job.scope)


def sender_of(visit: Visit, name: str) -> Sync:
    """The district's sync of that name that sends; Http404 when there is none."""
    sync = sync_of(visit, name)
    if not registry.integration(sync.integration).sends:
        raise Http404
    return sync


def senders(district: District) -> list[Sync]:
    """The district's syncs that send, by name."""
    syncs = Sync.objects.select_related("district", "connection").filter(district=district)
    return [sync for sync in syncs.order_by("name") if registry.integration(sync.integration).sends]


def jobs(sync: Sync) -> list[ListedJob]:
    """The jobs of a sync that sends, in their order."""
    runs = Run.objects.filter(sync=sync).defer("findings", "guards", "summary")
    last = {
        run.job: LastRun(run, *run_word(run)) for run in runs.order_by("job", "-pk").distinct("job")
    }
    started = switch.may_turn_on(sync)
    return [
        ListedJob(job, last.get(job.name), job.enables_near_real_time and not started)
        for job in registry.integration(sync.integration).jobs
    ]


def grades(district: District) -> list[str]:
    """The grades of the school year's enrollments."""
    enrollments = Enrollment.objects.filter(district=district, school_year=district.school_year)
    names = enrollments.exclude(grade=None).values_list("grade", flat=True).distinct()
    return sorted(filter(None, names), key=lambda grade: (grade.isdigit(), grade.zfill(2)))


def student_job(sync: Sync, *, removes: bool) -> Job | None:
    """The job for one student that sends the documents anew, or removes them at the partner."""
    jobs = registry.integration(sync.integration).jobs
    about_one = (job for job in jobs if job.scope is Scope.STUDENT)
    return next((job for job in about_one if job.clears_scope == removes), None)


def job_words(run: Run) -> str:
    """A run's job and its scope in words: "Update Grade, grade 5"."""
    job = registry.integration(run.sync.integration).job(run.job)
    title = job.title if job else run.job
    if "grade" in run.about:
        return f"{title}, grade {run.about['grade']}"
    return f"{title}, one student" if "student" in run.about else title


def run_job(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """Start a job: a test unless `kind` is live; one that removes documents asks first."""
    sync, test = sender_of(visit, sender), request.POST.get("kind") != "live"
    try:
        job = _job(sync, request.POST.get("job", ""))
        about = _about(request, visit, job)
        if job.clears_scope and not test and request.POST.get("sure") != "yes":
            return redirect(visit.url("student-remove", sender=sender, id=about["student"]))
        with transaction.atomic():
            run = start(
                sync, visit.clock, by="person", person=visit.user.email, job=job.name, about=about,
                test=test,
            )  # fmt: skip
            tasks.enqueue(run)
            visit.note(Action.STARTED, f"run {run.pk}", test=test, job=job.name)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("flow", sender=sender))
    return redirect(visit.url("run", number=run.pk))


def _job(sync: Sync, name: str) -> Job:
    jobs = {job.name: job for job in registry.integration(sync.integration).jobs}
    if name not in jobs:
        raise Problem(JOB_UNKNOWN, f"there are {', '.join(jobs)}")
    return jobs[name]


def _about(request: HttpRequest, visit: Visit, job: Job) -> Mapping[str, Any]:
    """The scope of the job; a student by our number, or by the district's id as people type it."""
    if job.scope is Scope.ALL:
        return {}
    if job.scope is Scope.GRADE:
        return {"grade": request.POST.get("grade", "")}
    students = Student.objects.filter(district=visit.district)
    if (pk := number(request.POST, "student")) is not None:
        student = students.filter(pk=pk).first()
    else:
        student = students.filter(local_id=request.POST.get("local_id", "").strip()).first()
    if student is None:
        raise Problem(JOB_ABOUT)
    return {"student": student.pk}


def remove_student(request: HttpRequest, visit: Visit, sender: str, id: int) -> HttpResponse:
    """What the job that removes a student's documents would remove; it is started from here."""
    sync = sender_of(visit, sender)
    if (job := student_job(sync, removes=True)) is None:
        raise Http404
    student = get_object_or_404(Student, district=visit.district, pk=id)
    visit.note(Action.SAW, f"student {id}")
    resources = switch.outbound_of(sync).resources
    removable = {resource.name for resource in resources if resource.removable}
    context = {
        "sync": sync,
        "job": job,
        "student": student,
        "near_real_time": near_real_time(sync),
        "documents": [
            document
            for document in document_pages.of_student(sync, student.local_id)
            if document.resource in removable
        ],
    }
    return render(request, "sending/student_remove.html", context)
