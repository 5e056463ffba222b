"""What a run was carried out with: the sync's settings then, its limits, and the files it read."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_frame import (
    frame,
    run_of,
    test_mark,
    url,
)
from rollcall.console.runs.run_words import guard_on
from rollcall.core.settings.setting_fields import SettingField
from rollcall.engine import registry
from rollcall.engine.models import Artifact, Run
from rollcall.engine.runs import upload_room
from rollcall.engine.settings import sync_settings

_HEADER = ("Setting", "Value", "Default")
_LIMITS = ("Limit", "On", "Allowed", "Actual", "State", "What it says")
_FILES = ("Input", "File", "Size in bytes", "SHA-256")


def settings(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The settings used, and what is different in those now in force."""
    run = run_of(visit, number)
    present, of = run.sync.version, registry.integration(run.sync.integration)
    shown = {
        **frame(visit, run, "run-settings"),
        "fields": [(one, _value(one)) for one in _fields(run)],
        "guards": [{**one, "on": guard_on(one, of)} for one in run.guards],
        "inputs": _inputs(run),
        "present": present,
        "since": sync_settings.changes_between(run.sync, run.version, present),
        "versions": url(visit, "sync-versions", name=run.sync.name),
        "csv": visit.url("run-settings-csv", number=number),
    }
    return render(request, "runs/run_settings.html", shown)


def settings_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The settings used, as CSV."""
    run = run_of(visit, number)
    rows = [(one.title, _value(one), "" if one.is_set else "default") for one in _fields(run)]
    return csv_file(visit, f"{test_mark(run)}run_{number}_settings", _HEADER, rows)


def limits_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The limits that were checked, as CSV."""
    run = run_of(visit, number)
    of = registry.integration(run.sync.integration)
    rows = [
        (one["guard"], guard_on(one, of), one["limit"], one["actual"],
         "beyond" if one["tripped"] else "within", one["sentence"])
        for one in run.guards
    ]  # fmt: skip
    return csv_file(visit, f"{test_mark(run)}run_{number}_limits", _LIMITS, rows)


def inputs_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The files the run read, as CSV."""
    run = run_of(visit, number)
    rows = [
        (one.name, one.source.get("file") or one.source.get("upload"), one.size, one.sha256)
        for one in _inputs(run)
    ]
    return csv_file(visit, f"{test_mark(run)}run_{number}_files", _FILES, rows)


def _inputs(run: Run) -> QuerySet[Artifact]:
    """What was handed in or fetched; of a zip what was unpacked from it too."""
    return run.artifacts.filter(kind__in=upload_room.KINDS).order_by("kind", "name")


def _fields(run: Run) -> list[SettingField]:
    config: dict[str, Any] = run.version.config
    own = sync_settings.own_fields(run.district, run.sync.integration, config)
    return [*own, *sync_settings.general_fields(config)]


def _value(field: SettingField) -> str:
    value = field.value if field.is_set else field.default
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
