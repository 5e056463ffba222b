"""What the status pages show. They are open to whoever reaches the port, so they hold numbers and
codes only; reports and rows are had from the command line until people can sign in.
"""

from datetime import datetime
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from rollcall.core.schedule import next_times, sentence
from rollcall.engine.clock import SystemClock
from rollcall.engine.models import Run, RunState, Sync
from rollcall.engine.results import result, row_errors
from rollcall.engine.scheduling import schedule_of

_RECENT = 30
_clock = SystemClock()


def home(request: HttpRequest) -> HttpResponse:
    """One card a sync: its state as a word, the last run, the next time; then the latest runs."""
    syncs = Sync.objects.select_related("district").order_by("district__name", "name")
    runs = Run.objects.select_related("sync", "district").order_by("-pk")[:_RECENT]
    shown = {"syncs": [_sync(sync) for sync in syncs], "runs": [_run(run) for run in runs]}
    return render(request, "console/home.html", shown)


def run(request: HttpRequest, number: int) -> HttpResponse:
    """One run in numbers: counts by input, guards, findings with what to do."""
    found = Run.objects.select_related("sync", "district").filter(pk=number).first()
    if found is None:
        raise Http404
    said = result(found)
    kinds = list(next(iter(said["counts"].values()), {}))
    numbers = said["counts"].values()
    table = [(kind, [of_input.get(kind, 0) for of_input in numbers]) for kind in kinds]
    shown = {**_run(found), "said": said, "inputs": list(said["counts"]), "table": table}
    return render(request, "console/run.html", {"run": shown})


def health(request: HttpRequest) -> HttpResponse:
    """200 when the database answers: for load balancers and monitors."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@cache_control(max_age=3600)
def stylesheet(request: HttpRequest) -> HttpResponse:
    """The one stylesheet."""
    css = files("rollcall.console").joinpath("static/style.css").read_text()
    return HttpResponse(css, content_type="text/css")


def _sync(sync: Sync) -> dict[str, Any]:
    last = sync.runs.filter(undo_of=None).order_by("-pk").first()
    schedule = schedule_of(sync)
    zone = sync.district.timezone
    times = next_times(schedule, zone, _clock.now()) if schedule.complete else []
    word, tone = ("Paused", "quiet") if sync.paused else _state(last)
    return {
        "name": sync.name,
        "district": sync.district.name,
        "word": word,
        "tone": tone,
        "last": last,
        "last_at": last and _local(last.created_at, zone),
        "schedule": sentence(schedule, zone),
        "enabled": schedule.enabled,
        "next": [f"{at:%a %b %-d, %-I:%M %p}" for at in times],
    }


def _run(run: Run) -> dict[str, Any]:
    word, tone = _state(run)
    return {
        "number": run.pk,
        "sync": run.sync.name,
        "test": run.test,
        "job": run.job,
        "at": _local(run.created_at, run.district.timezone),
        "word": word,
        "tone": tone,
        "meaning": result(run)["meaning"],
    }


def _state(run: Run | None) -> tuple[str, str]:
    """A run's state as a word, and its tone: good, attention, bad, quiet."""
    if run is None:
        return "Never run", "quiet"
    if run.state == RunState.DONE:
        return ("Done, with row errors", "attention") if row_errors(run) else ("Done", "good")
    words = {
        RunState.HELD: ("Held", "attention"),
        RunState.UNCHANGED: ("Same files", "attention"),
        RunState.STALE: ("Stale", "attention"),
        RunState.FAILED: ("Failed", "bad"),
    }
    return words.get(RunState(run.state), (run.state.capitalize(), "quiet"))


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %b %-d, %Y %-I:%M %p}"
