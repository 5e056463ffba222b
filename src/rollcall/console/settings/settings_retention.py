"""Settings, retention: how long files and logged changes are kept, and what would go tonight."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.csv import csv_file
from rollcall.console.frame.setting_forms import SettingsForm, place
from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section
from rollcall.engine.models import RetentionRecord
from rollcall.engine.settings import retention
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.worker.tasks import enqueue_removal

_PAGE = "settings-retention"
_RECORDS = 10


def retention_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How long things are kept; POST saves it, or has what is older removed now."""
    if request.POST.get("do") == "remove":
        return _remove(request, visit)
    sent = request.POST if request.method == "POST" else None
    form = SettingsForm(retention.form(visit.district), "retention", sent)
    if request.method == "POST":
        try:
            outcome = retention.save(visit.district, form.settings(), visit.clock, visit.user.email)
        except Mistakes as mistakes:
            place(form, mistakes.places)
        else:
            if outcome != "same":
                visit.note(Action.CHANGED, "retention")
            messages.success(request, "The retention settings are saved. They take effect tonight.")
            return redirect(visit.url(_PAGE))
    removed = [
        (record, _files(record), record.removed["changes"]) for record in _removed(visit)[:_RECORDS]
    ]
    return section(request, visit, _PAGE, form=form, removed=removed)


def _remove(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Not in the request: a million logged changes take a while."""
    visit.note(Action.CHANGED, "retention", removed_now=True)
    enqueue_removal(visit.district, visit.user.email)
    messages.success(
        request, "The removal has started. When it is done, what was removed is listed below."
    )
    return redirect(visit.url(_PAGE))


def preview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What would be removed now by what is saved: a part of the page, loaded after it."""
    removed = retention.removable(visit.district, visit.clock)
    if getattr(request, "htmx", False):
        return render(request, "settings/parts/removable.html", {"removed": removed})
    return section(request, visit, _PAGE, template="settings_retention_preview", removed=removed)


def preview_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """What would be removed now, as CSV."""
    removed = retention.removable(visit.district, visit.clock)
    files = [
        (f"{kind} files", counts.files, counts.runs, counts.bytes)
        for kind, counts in removed.files.items()
    ]
    rows = [*files, ("logged changes", removed.changes, None, None)]
    return csv_file(visit, "would_be_removed", ("What", "How many", "Of runs", "Bytes"), rows)


def removed_csv(request: HttpRequest, visit: Visit) -> StreamingHttpResponse:
    """All that was ever removed, the newest first, as CSV."""
    header = ("At", "By", "Files", "Logged changes")
    rows = (
        (record.at, record.by, _files(record), record.removed["changes"])
        for record in _removed(visit)
    )
    return csv_file(visit, "removed", header, rows)


def _removed(visit: Visit) -> QuerySet[RetentionRecord]:
    return RetentionRecord.objects.filter(district=visit.district).order_by("-pk")


def _files(record: RetentionRecord) -> int:
    return sum(files["files"] for files in record.removed["files"].values())
