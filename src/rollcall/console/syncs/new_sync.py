"""A new sync: which kind of partner, its name, and its settings."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_settings import forms_of
from rollcall.engine import registry
from rollcall.engine.models import Sync
from rollcall.engine.settings import sync_settings
from rollcall.engine.settings.config import Mistakes


def new_sync(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose the kind of partner (in the address), then name it and set it up."""
    kind = request.GET.get("integration", "")
    kinds = [registry.integration(name) for name in registry.names()]
    if kind not in registry.names():
        return render(request, "syncs/new_sync.html", {"kinds": kinds})
    forms = forms_of(visit.district, kind, {}, request.POST if request.method == "POST" else None)
    free = registry.integration(kind).usual_sync or kind
    if Sync.objects.filter(district=visit.district, name=free).exists():
        free = ""
    name = request.POST.get("name", free).strip()
    context = {"kind": registry.integration(kind), "forms": forms, "name": name}
    if request.method == "POST":
        try:
            changes = forms.changes({})
            sync_settings.create(visit.district, name, kind, changes, visit.clock, visit.user.email)
        except Mistakes as mistakes:
            context["name_error"] = mistakes.places.pop("name", "")
            forms.refuse(mistakes)
        else:
            visit.note(Action.CHANGED, f"sync {name}", added=True)
            messages.success(
                request,
                f"{name} is set up. Test its connection, then start a test run. It shows what "
                "would change and changes nothing.",
            )
            return redirect(visit.url("sync", name=name))
    return render(request, "syncs/new_sync.html", context)
