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
from rollcall.console.frame.guards_form import GuardsForm
from rollcall.console.frame.request_values import number
from rollcall.console.frame.setting_forms import SettingsForm, below, place
from rollcall.console.frame.visit import Visit
from rollcall.console.syncs.sync_head import head, sync_of
from rollcall.core.plans.guards import Guards
from rollcall.core.problems import Problem
from rollcall.core.settings.setting_fields import fields_of
from rollcall.engine import registry
from rollcall.engine.models import Connection, Sync
from rollcall.engine.settings import configure, sync_settings
from rollcall.engine.settings.config import ApprovalConfig, Mistakes
from rollcall.records.models import District

#: The parts of a configuration that have a form of their own; all others are in the general form.
_PARTS = ("settings", "guards", "approval")


@dataclass(frozen=True)
class SettingsForms:
    """The forms on a sync's settings page, with what is in force or what was sent."""

    general: SettingsForm
    settings: SettingsForm
    guards: GuardsForm
    approval: SettingsForm
    calls_an_api: bool = False

    @property
    def connection(self) -> forms.BoundField:
        """Where the files come from."""
        return self.general["connection"]

    @property
    def general_fields(self) -> list[forms.BoundField]:
        """The general fields except the connection."""
        return [field for field in self.general if field.name != "connection"]

    @property
    def wrong(self) -> bool:
        """Whether anything was refused."""
        every_form = (self.general, self.settings, self.guards, self.approval)
        return any(form.errors for form in every_form)

    def changes(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """What was sent, for `sync_settings.save`; None for a part that keeps its default."""
        general = self.general.settings()
        guards = Guards.model_validate(config.get("guards", {}))
        parts = {
            "settings": _below("settings", self.settings),
            "guards": sync_settings.guards_from_form(guards, self.guards.sent()),
            "approval": self.approval.settings(),
        }
        return {
            **{field.name: general.get(field.name) for field in self.general.declared},
            **{name: body if body or name in config else None for name, body in parts.items()},
        }

    def refuse(self, mistakes: Mistakes) -> None:
        """Put the mistakes of a configuration at their fields."""
        for part in _PARTS:
            place(getattr(self, part), below(mistakes.places, part))
        general = {
            path: text
            for path, text in mistakes.places.items()
            if path.partition(".")[0] not in _PARTS
        }
        place(self.general, general)


def forms_of(
    district: District, integration: str, config: Mapping[str, Any], data: QueryDict | None = None
) -> SettingsForms:
    """The forms for a configuration of an integration."""
    kind = registry.integration(integration)
    none = "None: nothing is sent or read" if kind.calls_an_api else "None: files are uploaded"
    connections = [("", none)] + [
        (connection.name, connection.name)
        for connection in Connection.objects.filter(district=district).order_by("name")
        if configure.fits(connection, integration)
    ]
    own = sync_settings.own_fields(district, integration, config)
    approval = fields_of(ApprovalConfig, config.get("approval", {}))
    common = sync_settings.general_fields(config)
    general = SettingsForm(common, "general", data, {"connection": connections})
    help_text = "The API of the partner." if kind.calls_an_api else "Where to get the files."
    general.fields["connection"].help_text = help_text
    return SettingsForms(
        general,
        SettingsForm(own, "settings", data, saved=config.get("settings", {})),
        GuardsForm(Guards.model_validate(config.get("guards", {})), "guards", data),
        SettingsForm(approval, "approval", data),
        kind.calls_an_api,
    )


def _below(part: str, form: SettingsForm) -> dict[str, Any]:
    """What a form sent; the places of its mistakes begin with the part's name."""
    try:
        return form.settings()
    except Mistakes as mistakes:
        raise Mistakes({f"{part}.{p}": text for p, text in mistakes.places.items()}) from None


def settings(request: HttpRequest, visit: Visit, name: str) -> HttpResponse:
    """The settings in force, to change."""
    sync = sync_of(visit, name)
    version = sync.version
    sent = request.POST if request.method == "POST" else None
    forms = forms_of(visit.district, sync.integration, version.config, sent)
    if sent is not None:
        try:
            _save(request, visit, sync, forms.changes(version.config))
        except Mistakes as mistakes:
            forms.refuse(mistakes)
        except Problem as problem:
            problems.say(request, problem)
            return redirect(visit.url("sync-settings", name=name))
        else:
            return redirect(visit.url("sync-settings", name=name))
    context = {**head(visit, sync, "sync-settings"), "forms": forms, "version": version}
    return render(request, "syncs/sync_settings.html", context)


def _save(request: HttpRequest, visit: Visit, sync: Sync, changes: dict[str, Any]) -> None:
    based_on = number(request.POST, "based_on")
    outcome = sync_settings.save(sync, changes, visit.clock, visit.user.email, based_on)
    if outcome == "same":
        messages.info(request, "Nothing was changed.")
        return
    newest = sync.version.number
    visit.note(Action.CHANGED, f"sync {sync.name}", version=newest)
    messages.success(request, f"Saved as version {newest}. Takes effect with the next run.")
