"""Starting the jobs of a sync that sends, for everybody, a grade or a student."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.asked import number
from rollcall.console.frame.visit import Visit
from rollcall.console.sending import jobs
from rollcall.console.sending.jobs import sender_of
from rollcall.core.problems import Problem
from rollcall.core.sending.outbound import Job, Scope
from rollcall.engine.models import Run, Sync
from rollcall.engine.outbound.figures import document_pages
from rollcall.engine.outbound.near_real_time import switch
from rollcall.engine.runs.starting import JOB_ABOUT, JOB_UNKNOWN, start
from rollcall.engine.worker import tasks
from rollcall.records.models import Student


def run_job(request: HttpRequest, visit: Visit, sender: str) -> HttpResponseRedirect:
    """Start a job: a test unless `live` is said; one that empties asks first."""
    sync, test = sender_of(visit, sender), request.POST.get("kind") != "live"
    try:
        job = _job(sync, request.POST.get("job", ""))
        about = _about(request, visit, job)
        if job.clears_scope and not test and request.POST.get("sure") != "yes":
            return redirect(visit.url("student-remove", sender=sender, id=about["student"]))
        begun = _start(visit, sync, job, about, test)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("flow", sender=sender))
    return redirect(visit.url("run", number=begun.pk))


def _start(visit: Visit, sync: Sync, job: Job, about: Mapping[str, Any], test: bool) -> Run:
    with transaction.atomic():
        person = visit.user.email
        begun = start(
            sync, visit.clock, by="person", person=person, job=job.name, about=about, test=test
        )
        tasks.enqueue(begun)
        visit.note(Action.STARTED, f"run {begun.pk}", test=test, job=job.name)
    return begun


def _job(sync: Sync, name: str) -> Job:
    every = switch.outbound_of(sync).jobs
    if (found := next((one for one in every if one.name == name), None)) is None:
        raise Problem(JOB_UNKNOWN, f"there are {', '.join(one.name for one in every)}")
    return found


def _about(request: HttpRequest, visit: Visit, job: Job) -> dict[str, Any]:
    """Whom the job is about; a student by our number, or by the district's id as people type it."""
    if job.scope is Scope.ALL:
        return {}
    if job.scope is Scope.GRADE:
        return {"grade": request.POST.get("grade", "")}
    found = Student.objects.filter(district=visit.district)
    if (pk := number(request.POST, "student")) is not None:
        student = found.filter(pk=pk).first()
    else:
        student = found.filter(local_id=request.POST.get("local_id", "").strip()).first()
    if student is None:
        raise Problem(JOB_ABOUT)
    return {"student": student.pk}


def remove_student(request: HttpRequest, visit: Visit, sender: str, id: int) -> HttpResponse:
    """What the job that takes a student's documents away would take; it is started from here."""
    sync = sender_of(visit, sender)
    if (job := jobs.removing(sync)) is None:
        raise Http404
    student = get_object_or_404(Student, district=visit.district, pk=id)
    visit.note(Action.SAW, f"student {id}")
    removable = {one.name for one in switch.outbound_of(sync).resources if one.removable}
    every = document_pages.of_student(sync, student.local_id)
    shown = {
        "sync": sync,
        "job": job,
        "student": student,
        "goes": [one for one in every if one.resource in removable],
    }
    return render(request, "sending/student_remove.html", shown)
