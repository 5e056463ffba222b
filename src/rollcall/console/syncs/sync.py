"""A sync: how it is, what is set up, and its buttons: test, run, pause, resume, upload."""

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.state_words import run_word
from rollcall.console.frame.visit import Visit
from rollcall.console.sending import jobs
from rollcall.console.syncs.connection_test import latest_tests
from rollcall.console.syncs.sync_head import head, sync_of
from rollcall.core.integration import Input
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.core.settings.schedule import sentence
from rollcall.engine import registry
from rollcall.engine.models import Run
from rollcall.engine.outbound.figures.figures import near_real_time
from rollcall.engine.runs import pausing
from rollcall.engine.runs.inputs import uploads
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.installation_settings import limits
from rollcall.engine.worker import tasks

#: So many runs are listed.
_RUNS = 5
#: An integration with more inputs than this also takes a zip with all of them.
_FEW_INPUTS = 2


@dataclass(frozen=True)
class File:
    """An input of the sync: the name its file has at the connection, "" when it is not included."""

    input: Input
    name: str


def sync(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """One sync of the district."""
    sync = sync_of(visit, name)
    context = head(visit, sync, "sync")
    integration = registry.integration(sync.integration)
    settings = integration.settings.model_validate(sync.version.config.get("settings", {}))
    runs = Run.objects.filter(sync=sync).defer("findings", "guards", "summary").order_by("-pk")
    tests = latest_tests([sync.connection] if sync.connection else [], visit.clock)
    context |= {
        "schedule_sentence": sentence(context["schedule"], visit.district.timezone),
        "config": sync.version.config,
        "files": [File(input, input.filename(settings) or "") for input in integration.inputs],
        "takes_zip": len(integration.inputs) > _FEW_INPUTS,
        "upload_limit": told_size(limits().upload_bytes),
        "runs": [(run, *run_word(run)) for run in runs[:_RUNS]],
        "waiting": Run.objects.filter(sync=sync, state="queued").count(),
        "checked": tests.get(sync.connection_id),
    }
    if context["sends"]:
        context |= {
            "near_real_time": near_real_time(sync),
            "jobs": jobs.jobs(sync),
            "grades": jobs.grades(visit.district),
        }
    else:
        context |= {
            "file_jobs": [job for job in integration.jobs if job.reads_files],
            "other_jobs": [job for job in integration.jobs if not job.reads_files],
        }
    return render(request, "syncs/sync.html", context)


def run(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Start a run, with uploaded files if there are any: a test unless `kind` is live."""
    sync = sync_of(visit, name)
    test, forced = request.POST.get("kind") != "live", request.POST.get("forced") == "on"
    try:
        files = uploads.by_input(request.FILES)
        if request.POST.get("files") == "needed" and not files:
            messages.error(request, "No file was chosen. Choose one, then start the run.")
            return redirect(visit.url("sync", name=name))
        with transaction.atomic():
            run = start(
                sync, visit.clock, by="person", person=visit.user.email, test=test, forced=forced,
                job=request.POST.get("job") or None, uploads=files,
            )  # fmt: skip
            tasks.enqueue(run)
            visit.note(Action.STARTED, f"run {run.pk}", test=test, uploaded=len(files))
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("sync", name=name))
    return redirect(visit.url("run", number=run.pk))


def pause(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Stop the sync, what is queued included."""
    stopped = pausing.pause(sync_of(visit, name), visit.clock)
    visit.note(Action.PAUSED, f"sync {name}", stopped=stopped)
    runs = f"{stopped} queued run{'' if stopped == 1 else 's'}"
    messages.success(
        request,
        f"{name} is paused. {runs} stopped. A run in progress stops before it applies any changes.",
    )
    return redirect(visit.url("sync", name=name))


def resume(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Let the sync run again."""
    pausing.resume(sync_of(visit, name), visit.clock)
    visit.note(Action.RESUMED, f"sync {name}")
    messages.success(
        request, f"{name} is resumed. Scheduled runs missed during the pause are not made up."
    )
    return redirect(visit.url("sync", name=name))


def delete(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Remove a sync that has never written anything."""
    try:
        sync_settings.delete(sync_of(visit, name))
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("sync-settings", name=name))
    visit.note(Action.CHANGED, f"sync {name}", deleted=True)
    messages.success(request, f"{name} is deleted, with its test runs.")
    return redirect(visit.url("home"))
