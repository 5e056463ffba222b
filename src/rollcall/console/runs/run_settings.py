"""What a run used: the sync's settings at its time, its limits, and the files it read."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.runs.run_head import file_prefix, head, run_of
from rollcall.console.runs.run_words import guard_subject
from rollcall.core.settings.config_diff import words
from rollcall.core.settings.setting_fields import SettingField
from rollcall.engine import registry
from rollcall.engine.models import Artifact, Run
from rollcall.engine.runs.inputs import upload_room
from rollcall.engine.settings import sync_settings

_HEADER = ("Setting", "Value", "Default")
_LIMITS = ("Limit", "On", "Allowed", "Actual", "State", "What happened")
_FILES = ("Input", "File", "Size in bytes", "SHA-256")


def settings(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    """The settings used, and how they differ from those now in force."""
    run = run_of(visit, number)
    newest, integration = run.sync.version, registry.integration(run.sync.integration)
    context = {
        **head(visit, run, "run-settings"),
        "fields": [(field, _value(field)) for field in _fields(run)],
        "guards": [{**guard, "on": guard_subject(guard, integration)} for guard in run.guards],
        "inputs": _inputs(run),
        "newest": newest,
        "changes": sync_settings.changes_between(run.sync, run.version, newest),
        "csv": visit.url("run-settings-csv", number=number),
    }
    return render(request, "runs/run_settings.html", context)


def settings_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The settings used, as CSV."""
    run = run_of(visit, number)
    rows = [
        (field.title, _value(field), "" if field.is_set else "default") for field in _fields(run)
    ]
    return csv_file(visit, f"{file_prefix(run)}_settings", _HEADER, rows)


def limits_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The limits that were checked, as CSV."""
    run = run_of(visit, number)
    integration = registry.integration(run.sync.integration)
    rows = [
        (guard["guard"], guard_subject(guard, integration), guard["limit"], guard["actual"],
         "exceeded" if guard["tripped"] else "passed", guard["sentence"])
        for guard in run.guards
    ]  # fmt: skip
    return csv_file(visit, f"{file_prefix(run)}_limits", _LIMITS, rows)


def inputs_csv(request: HttpRequest, visit: Visit, number: int) -> StreamingHttpResponse:
    """The files the run read, as CSV."""
    run = run_of(visit, number)
    rows = [
        (file.name, file.source.get("file") or file.source.get("upload"), file.size, file.sha256)
        for file in _inputs(run)
    ]
    return csv_file(visit, f"{file_prefix(run)}_files", _FILES, rows)


def _inputs(run: Run) -> QuerySet[Artifact]:
    """The files that were uploaded, fetched or unpacked from a zip."""
    return run.artifacts.filter(kind__in=upload_room.KINDS).order_by("kind", "name")


def _fields(run: Run) -> list[SettingField]:
    config: dict[str, Any] = run.version.config
    own = sync_settings.own_fields(run.district, run.sync.integration, config)
    return [*own, *sync_settings.general_fields(config)]


def _value(field: SettingField) -> str:
    return words(field.value if field.is_set else field.default)
