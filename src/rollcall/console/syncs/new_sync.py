"""A new sync: which kind of partner, its name, and its settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_settings import SettingsForms, forms_of
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.runs.loading import RECORDS_INTEGRATION, RECORDS_SYNC
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.config import Mistakes


def new_sync(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose the kind of partner (in the address), then name it and set it up."""
    kind = request.GET.get("integration", "")
    kinds = [registry.integration(name) for name in registry.names()]
    if kind not in registry.names():
        return render(request, "syncs/new_sync.html", {"kinds": kinds})
    sent = forms_of(visit.district, kind, {}, request.POST if request.method == "POST" else None)
    name = request.POST.get("name", _free_name(visit, kind)).strip()
    shown = {"kind": registry.integration(kind), "forms": sent, "name": name}
    if request.method == "POST":
        wrong = _create(visit, name, kind, sent)
        if wrong is None:
            messages.success(
                request,
                f"{name} is set up. Test its connection, then make a test run: it shows what would "
                "change and writes nothing.",
            )
            return redirect(visit.url("sync", name=name))
        shown["name_error"] = wrong
    return render(request, "syncs/new_sync.html", shown)


def _create(visit: Visit, name: str, kind: str, sent: SettingsForms) -> str | None:
    """Make it: None, or what is wrong with the name ("" for mistakes at other fields)."""
    changes = sent.changes({})
    try:
        sync_settings.create(visit.district, name, kind, changes, visit.clock, visit.user.email)
    except Mistakes as mistakes:
        wrong = mistakes.places.pop("name", "")
        sent.refuse(mistakes)
        return wrong
    visit.note(Action.CHANGED, f"sync {name}", added=True)
    return None


def _free_name(visit: Visit, kind: str) -> str:
    """The kind's own name, if no sync has it; that of `rollcall records load` for records."""
    name = RECORDS_SYNC if kind == RECORDS_INTEGRATION else kind
    taken = Sync.objects.filter(district=visit.district, name=name).exists()
    return "" if taken else name
