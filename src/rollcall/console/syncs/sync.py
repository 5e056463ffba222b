"""A sync: how it is, what is set up, and its buttons: test, run, pause, resume, upload."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.state_words import run_word
from rollcall.console.frame.visit import Visit
from rollcall.console.sending import jobs
from rollcall.console.syncs.connection_test import latest
from rollcall.console.syncs.sync_frame import frame, leads, sync_of
from rollcall.core.integration import Input
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.core.settings.schedule import sentence
from rollcall.engine import registry
from rollcall.engine.models import Run, Sync
from rollcall.engine.outbound.figures.figures import near_real_time
from rollcall.engine.runs import pausing, uploads
from rollcall.engine.runs.starting import start
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.installation_settings import limits
from rollcall.engine.worker import tasks

_LAST = 5
#: An integration with more inputs than this also takes a zip with all of them.
_FEW = 2


@dataclass(frozen=True)
class File:
    """An input of the sync: the name its file has at the connection, "" when it is not included."""

    input: Input
    name: str


def sync(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """One sync of the district."""
    found = sync_of(visit, name)
    shown = frame(visit, found, "sync")
    told = shown["told"]
    files = _files(found)
    runs = Run.objects.filter(sync=found).defer("findings", "guards", "summary").order_by("-pk")
    shown |= {
        "leads": _leads_elsewhere(request, visit, shown),
        "when": sentence(told.schedule, visit.district.timezone),
        "config": found.version.config,
        "files": files,
        "zip": len(files) > _FEW,
        "most": told_size(limits().upload_bytes),
        "runs": [(run, *run_word(run)) for run in runs[:_LAST]],
        "waiting": Run.objects.filter(sync=found, state="queued").count(),
        "checked": latest(found.connection, visit.clock) if found.connection else None,
    }
    if shown["sends"]:
        shown |= {
            "near": near_real_time(found),
            "jobs": jobs.jobs(found),
            "grades": jobs.grades(visit.district),
        }
    return render(request, "syncs/sync.html", shown)


def _leads_elsewhere(request: HttpRequest, visit: Visit, shown: dict[str, Any]) -> str:
    """Where the next step leads, unless it is on this page."""
    where = leads(visit, shown["told"])
    return "" if where == request.path else where


def _files(sync: Sync) -> list[File]:
    integration = registry.integration(sync.integration)
    settings = integration.settings.model_validate(sync.version.config.get("settings", {}))
    return [File(input, input.filename(settings) or "") for input in integration.inputs]


def run(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Start a run, with uploaded files if there are any: a test unless `live` is said."""
    found = sync_of(visit, name)
    live, forced = request.POST.get("kind") == "live", request.POST.get("forced") == "on"
    try:
        given = uploads.by_input(request.FILES)
        if request.POST.get("files") == "needed" and not given:
            messages.error(request, "No file was chosen. Choose one, then start the run.")
            return redirect(visit.url("sync", name=name))
        with transaction.atomic():
            person = visit.user.email
            begun = start(
                found, visit.clock, by="person", person=person, test=not live, forced=forced,
                job=request.POST.get("job") or None, uploads=given,
            )  # fmt: skip
            tasks.enqueue(begun)
            visit.note(Action.STARTED, f"run {begun.pk}", test=not live, uploaded=len(given))
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("sync", name=name))
    return redirect(visit.url("run", number=begun.pk))


def pause(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Stop the sync, what is queued included."""
    found = sync_of(visit, name)
    stopped = pausing.pause(found, visit.clock)
    visit.note(Action.PAUSED, f"sync {name}", stopped=stopped)
    runs = f"{stopped} queued run{'' if stopped == 1 else 's'}"
    messages.success(
        request,
        f"{name} is paused. {runs[:1].upper()}{runs[1:]} stopped; a run under way stops before it "
        "writes anything.",
    )
    return redirect(visit.url("sync", name=name))


def resume(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Let the sync run again."""
    pausing.resume(sync_of(visit, name), visit.clock)
    visit.note(Action.RESUMED, f"sync {name}")
    messages.success(
        request, f"{name} runs again. Times that passed during the pause are not made up."
    )
    return redirect(visit.url("sync", name=name))


def delete(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Remove a sync that has never written anything."""
    found = sync_of(visit, name)
    try:
        sync_settings.delete(found)
    except Problem as problem:
        problems.say(request, problem)
        return redirect(visit.url("sync-settings", name=name))
    visit.note(Action.CHANGED, f"sync {name}", deleted=True)
    messages.success(request, f"{name} is deleted, with its test runs.")
    return redirect(visit.url("home"))
