"""The versions of a sync: who saved what when, what was different, and restoring an older one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.asked import number
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_frame import frame, sync_of
from rollcall.core.problems import Problem
from rollcall.core.settings.setting_fields import SettingField, fields_of
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.config import ApprovalConfig
from rollcall.engine.settings.sync_settings import Version

_SIZE = 20
#: The newest versions are in the CSV file, and no more.
_MOST = 1000
_HEADER = ("Version", "Saved at", "Saved by", "Setting", "Before", "Now")


@dataclass(frozen=True)
class Line:
    """One difference of a version, its setting by the words of the form."""

    title: str
    before: str
    after: str


def versions(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The versions of a sync, the newest first: who, when, what was different."""
    found = sync_of(visit, name)
    before = number(request.GET, "before")
    listed = sync_settings.versions(found, before, _SIZE)
    titles = _titles(found)
    rows = [(one, _lines(one, titles)) for one in listed]
    last = listed[-1].number if listed else 0
    shown = {
        **frame(visit, found, "sync-versions"),
        "rows": rows,
        "newest": found.version.number,
        "older": last if last > 1 else 0,
        "paged": before is not None,
    }
    return render(request, "syncs/sync_versions.html", shown)


def versions_csv(request: HttpRequest, visit: Visit, name: str) -> StreamingHttpResponse:
    """The same as a CSV file, a line a difference."""
    found = sync_of(visit, name)
    listed = sync_settings.versions(found, limit=_MOST)
    return csv_file(visit, f"versions-{name}", _HEADER, _cells(listed, _titles(found)))


def _cells(listed: list[Version], titles: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    for one in listed:
        head = (one.number, one.saved_at, one.saved_by)
        for line in _lines(one, titles) or [Line("", "", "")]:
            yield (*head, line.title, line.before, line.after)


def _lines(version: Version, titles: Mapping[str, str]) -> list[Line]:
    return [Line(_title(titles, c.field), c.before, c.after) for c in version.changes]


def restore(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Save an older version again, as a new one."""
    found = sync_of(visit, name)
    old = number(request.POST, "number")
    if old is None or not found.versions.filter(number=old).exists():
        raise Http404
    try:
        became = sync_settings.restore(found, old, visit.clock, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        if became == "same":
            messages.info(request, f"Version {old} says the same as the one in force.")
        else:
            newest = found.version.number
            visit.note(Action.CHANGED, f"sync {name}", version=newest, restored=old)
            messages.success(request, f"Version {old} is in force again, as version {newest}.")
    return redirect(visit.url("sync-versions", name=name))


def _titles(sync: Sync) -> dict[str, str]:
    """The words of settings by their way in the configuration."""
    general = sync_settings.general_fields({})
    own = fields_of(registry.integration(sync.integration).settings, {})
    approval = fields_of(ApprovalConfig, {})
    return _named("", general) | _named("settings.", own) | _named("approval.", approval)


def _named(way: str, fields: list[SettingField]) -> dict[str, str]:
    return {f"{way}{field.name}": field.title for field in fields}


def _title(titles: Mapping[str, str], way: str) -> str:
    """The words of a setting; of those without any the way itself, made readable."""
    if way in titles:
        return titles[way]
    first, _, rest = way.replace("_", " ").partition(".")
    words = f"{first}: {rest.replace('.', ', ')}" if rest else first
    return words[:1].upper() + words[1:]
