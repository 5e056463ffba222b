"""The settings of a sync: what its integration declares, mail, guards, approval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from rollcall.access.audit import Action
from rollcall.console.frame import problems
from rollcall.console.frame.asked import number
from rollcall.console.frame.setting_forms import (
    GuardsForm,
    SettingsForm,
    below,
    place,
)
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_frame import frame, sync_of
from rollcall.core.plans.guards import Guards
from rollcall.core.problems import Problem
from rollcall.core.settings.setting_fields import fields_of
from rollcall.engine import registry
from rollcall.engine.models import Connection, Sync, SyncVersion
from rollcall.engine.settings import configure, sync_settings
from rollcall.engine.settings.config import ApprovalConfig, Mistakes
from rollcall.records.models import District

#: The parts of a configuration that have a form of their own; the rest are general.
_PARTS = ("settings", "guards", "approval")
_NONE_TO_SEND = "None yet: it sends nothing"


@dataclass(frozen=True)
class SettingsForms:
    """The forms of a sync's page of settings, of what is in force or of what was sent."""

    general: SettingsForm
    settings: SettingsForm
    guards: GuardsForm
    approval: SettingsForm
    sends: bool = False

    @property
    def all(self) -> tuple[forms.Form, ...]:
        """Each of them."""
        return self.general, self.settings, self.guards, self.approval

    @property
    def connection(self) -> forms.BoundField:
        """Where the files come from."""
        return self.general["connection"]

    @property
    def others(self) -> list[forms.BoundField]:
        """The general fields but the connection."""
        return [field for field in self.general if field.name != "connection"]

    @property
    def wrong(self) -> bool:
        """Whether anything was refused."""
        return any(form.errors for form in self.all)

    def changes(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What was sent, as `sync_settings.save` takes it; None for a part left to its default."""
        general = self.general.settings()
        guards = Guards.model_validate(config.get("guards", {}))
        parts = {
            "settings": self.settings.settings(),
            "guards": sync_settings.guards_from_form(guards, self.guards.sent()),
            "approval": self.approval.settings(),
        }
        kept = {name: body if body or name in config else None for name, body in parts.items()}
        return {**{field.name: general.get(field.name) for field in self.general.declared}, **kept}

    def refuse(self, mistakes: Mistakes) -> None:
        """Put the mistakes of a configuration at their fields."""
        found = mistakes.places
        place(self.settings, below(found, "settings"))
        place(self.guards, below(found, "guards"))
        place(self.approval, below(found, "approval"))
        others = {at: what for at, what in found.items() if at.partition(".")[0] not in _PARTS}
        place(self.general, others)


def forms_of(
    district: District, integration: str, config: Mapping[str, Any], data: QueryDict | None = None
) -> SettingsForms:
    """The forms for a configuration of an integration."""
    stored = Connection.objects.filter(district=district).order_by("name")
    known = [(one.name, one.name) for one in stored if configure.fits(one, integration)]
    sends = registry.integration(integration).outbound is not None
    connections = [("", _NONE_TO_SEND if sends else "None: its files are uploaded"), *known]
    own = sync_settings.own_fields(district, integration, config)
    approval = fields_of(ApprovalConfig, config.get("approval", {}))
    common = sync_settings.general_fields(config)
    general = SettingsForm(common, "general", data, {"connection": connections})
    help_text = "The API it sends to." if sends else "Where its files are fetched from."
    general.fields["connection"].help_text = help_text
    return SettingsForms(
        general,
        SettingsForm(own, "settings", data),
        GuardsForm(Guards.model_validate(config.get("guards", {})), "guards", data),
        SettingsForm(approval, "approval", data),
        sends,
    )


def settings(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The settings in force, to change."""
    found = sync_of(visit, name)
    version = found.version
    sent = request.POST if request.method == "POST" else None
    asked = forms_of(visit.district, found.integration, version.config, sent)
    if sent is not None and _saved(request, visit, found, version, asked):
        return redirect(visit.url("sync-settings", name=name))
    shown = {**frame(visit, found, "sync-settings"), "forms": asked, "version": version}
    return render(request, "syncs/sync_settings.html", shown)


def _saved(
    request: HttpRequest, visit: Visit, sync: Sync, version: SyncVersion, sent: SettingsForms
) -> bool:
    based_on = number(request.POST, "based_on")
    changes = sent.changes(version.config)
    try:
        became = sync_settings.save(sync, changes, visit.clock, visit.user.email, based_on)
    except Mistakes as mistakes:
        sent.refuse(mistakes)
        return False
    except Problem as problem:
        problems.say(request, problem)
        return True
    _tell_saved(request, visit, sync, became)
    return True


def _tell_saved(request: HttpRequest, visit: Visit, sync: Sync, became: str) -> None:
    newest = sync.version.number
    if became == "same":
        messages.info(request, "Nothing was changed.")
        return
    visit.note(Action.CHANGED, f"sync {sync.name}", version=newest)
    messages.success(request, f"Saved as version {newest}. Runs from now on use it.")
