"""Settings, the district: its name, zone and school year; its whole configuration as a file."""

from zoneinfo import available_timezones

import tomlkit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from rollcall.access.audit import Action
from rollcall.console.frame.setting_forms import SettingsForm, place
from rollcall.console.frame.visit import Visit
from rollcall.console.settings.settings import section
from rollcall.core.files.file_names import attachment
from rollcall.engine.settings import configure, district_settings
from rollcall.engine.settings.config import Mistakes

_PAGE = "settings-district"


def district_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What the district is called, where it is, and its school year; POST saves it."""
    sent = request.POST if request.method == "POST" else None
    zones = {"timezone": [(zone, zone) for zone in _zones(visit.district.timezone)]}
    form = SettingsForm(district_settings.form(visit.district), "district", sent, zones)
    if sent is not None:
        try:
            return _saved(request, visit, form)
        except Mistakes as mistakes:
            place(form, mistakes.places)
    return section(request, visit, _PAGE, form=form)


def _saved(request: HttpRequest, visit: Visit, form: SettingsForm) -> HttpResponse:
    changed = district_settings.save(visit.district, form.settings())
    if changed:
        visit.note(Action.CHANGED, "district", fields=", ".join(changed))
    messages.success(request, "The district is saved; it counts from the next run on.")
    return redirect(visit.url(_PAGE))


def _zones(now: str) -> list[str]:
    """The zones of the Americas and the Pacific, and the one in force."""
    near = (zone for zone in available_timezones() if zone.startswith(("America/", "Pacific/")))
    return sorted({now, *near})


def configuration(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The configuration as the TOML file that `config apply` reads; secrets as ${env:NAME}."""
    visit.note(Action.EXPORTED, "configuration")
    text = tomlkit.dumps(configure.export(visit.district))
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = attachment("rollcall.toml")
    return answer
