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
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.request_values import number
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_head import head, sync_of
from rollcall.core.problems import Problem
from rollcall.core.settings.setting_fields import Kind, SettingField, fields_of
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.config import ApprovalConfig
from rollcall.engine.settings.sync_settings import Version

_SIZE = 20
#: The newest versions are in the CSV file, and no more.
_MOST = 1000
_HEADER = ("Version", "Saved at", "Saved by", "Setting", "Before", "After")


@dataclass(frozen=True)
class Line:
    """One difference of a version, its setting by the title of the form."""

    title: str
    before: str
    after: str


def versions(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The versions of a sync, the newest first: who, when, what was different."""
    sync = sync_of(visit, name)
    before = number(request.GET, "before")
    listed = sync_settings.versions(sync, before, _SIZE)
    titles = _titles(sync)
    last = listed[-1].number if listed else 0
    context = {
        **head(visit, sync, "sync-versions"),
        "rows": [(version, _lines(version, titles)) for version in listed],
        "newest": sync.version.number,
        "older": last if last > 1 else 0,
        "paged": before is not None,
    }
    return render(request, "syncs/sync_versions.html", context)


def versions_csv(request: HttpRequest, visit: Visit, name: str) -> StreamingHttpResponse:
    """The same as a CSV file, a line a difference."""
    sync = sync_of(visit, name)
    titles = _titles(sync)
    rows = (
        (*(version.number, version.saved_at, version.saved_by), line.title, line.before, line.after)
        for version in sync_settings.versions(sync, limit=_MOST)
        for line in _lines(version, titles) or [Line("", "", "")]
    )
    return csv_file(visit, f"versions-{name}", _HEADER, rows)


def _lines(version: Version, titles: Mapping[str, str]) -> list[Line]:
    """What a version changed; a setting without a title is shown by its path, made readable."""
    return [
        Line(_title(change.field, titles), change.before, change.after)
        for change in version.changes
    ]


def _title(field: str, titles: Mapping[str, str]) -> str:
    """The title of the setting at or above a place, and what is below it."""
    above = [place for place in titles if field == place or field.startswith(f"{place}.")]
    if above:
        place = max(above, key=len)
        below = field.removeprefix(place).removeprefix(".")
        return f"{titles[place]}: {below}" if below else titles[place]
    part, _, below = field.replace("_", " ").partition(".")
    path = f"{part}: {below.replace('.', ', ')}" if below else part
    return path[:1].upper() + path[1:]


def restore(request: HttpRequest, visit: Visit, name: str) -> HttpResponseRedirect:
    """Save an older version again, as a new one."""
    sync = sync_of(visit, name)
    old = number(request.POST, "number")
    if old is None or not sync.versions.filter(number=old).exists():
        raise Http404
    try:
        outcome = sync_settings.restore(sync, old, visit.clock, visit.user.email)
    except Problem as problem:
        problems.say(request, problem)
    else:
        if outcome == "same":
            messages.info(request, f"Version {old} is the same as the current version.")
        else:
            newest = sync.version.number
            visit.note(Action.CHANGED, f"sync {name}", version=newest, restored=old)
            messages.success(request, f"Version {old} is restored as version {newest}.")
    return redirect(visit.url("sync-versions", name=name))


def _titles(sync: Sync) -> dict[str, str]:
    """The titles of settings by their path in the configuration."""
    parts = {
        "": sync_settings.general_fields({}),
        "settings.": fields_of(registry.integration(sync.integration).settings, {}),
        "approval.": fields_of(ApprovalConfig, {}),
    }
    return dict(
        title for part, fields in parts.items() for field in fields for title in _all(field, part)
    )


def _all(field: SettingField, part: str, above: str = "") -> Iterator[tuple[str, str]]:
    """(place, title) of a setting and, of a group, of those in it."""
    yield f"{part}{field.name}", f"{above}{field.title}"
    for below in field.parts if field.kind is Kind.GROUP else ():
        yield from _all(below, f"{part}{field.name}.", f"{above}{field.title}: ")
