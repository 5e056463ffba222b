"""Settings, the district: its name, zone and school year; its configuration as a file."""

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
from rollcall.engine.settings.config import Mistakes, time_zones

_PAGE = "settings-district"


def district_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The district's name, time zone and school year; POST saves them."""
    sent = request.POST if request.method == "POST" else None
    near = (zone for zone in time_zones() if zone.startswith(("America/", "Pacific/")))
    zones = [(zone, zone) for zone in sorted({visit.district.timezone, *near})]
    fields = district_settings.form(visit.district)
    form = SettingsForm(fields, "district", sent, {"timezone": zones})
    if sent is not None:
        try:
            changed = district_settings.save(visit.district, form.settings())
        except Mistakes as mistakes:
            place(form, mistakes.places)
        else:
            if changed:
                visit.note(Action.CHANGED, "district", fields=", ".join(changed))
            messages.success(
                request, "The district is saved. The change takes effect with the next run."
            )
            return redirect(visit.url(_PAGE))
    return section(request, visit, _PAGE, form=form)


def configuration(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The configuration as the TOML file that `config apply` reads; secrets as ${env:NAME}."""
    visit.note(Action.EXPORTED, "configuration")
    text = tomlkit.dumps(configure.export(visit.district))
    response = HttpResponse(text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = attachment("rollcall.toml")
    return response
