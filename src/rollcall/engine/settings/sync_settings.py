"""A sync's configuration for forms: show, check, save as a version, compare, restore.

Saving goes the way `config apply` goes: engine.settings.configure.save_sync.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from pydantic import ValidationError

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.guards import DEFAULTS, Guards
from rollcall.core.problems import Problem
from rollcall.core.settings.config_diff import Difference, differences
from rollcall.core.settings.schedule import Schedule
from rollcall.core.settings.setting_fields import SettingField, fields_of, places
from rollcall.engine import artifacts, registry
from rollcall.engine.clock import Clock
from rollcall.engine.models import Artifact, Connection, Sync, SyncVersion
from rollcall.engine.settings import configure
from rollcall.engine.settings.config import (
    NAME,
    Mistakes,
    SyncConfig,
    check_fits,
    schedule_settings,
)
from rollcall.records.models import District

_GENERAL = ("connection", "recipients", "reports", "owner", "late_after_minutes")

EDITED_MEANWHILE = Codes.add(
    "config.edited_meanwhile",
    Severity.ERROR,
    "Another person saved this sync while you were editing it; your changes were not saved",
    "Look at what was changed, then make your change again.",
    "the person who edits the sync",
)
HAS_HISTORY = Codes.add(
    "sync.has_history",
    Severity.ERROR,
    "This sync has written records; its runs explain them and are kept, so it cannot be deleted",
    "Pause it and disable its schedule instead.",
    "the district's data manager",
)


@dataclass(frozen=True)
class SyncForm:
    """What the page of a sync shows: its version, general fields, and the integration's own."""

    version: int
    saved_at: datetime
    saved_by: str
    general: list[SettingField]
    settings: list[SettingField]
    guards: Guards
    schedule: Schedule
    connections: list[str]


@dataclass(frozen=True)
class Version:
    """A saved configuration: who, when, and what it changed of the one before."""

    number: int
    saved_at: datetime
    saved_by: str
    changes: list[Difference]


@dataclass(frozen=True)
class GuardField:
    """One limit of a sync: the percent that applies without it, and what is set."""

    guard: str
    title: str
    default_percent: float
    percent: float | None
    count: int | None


def guard_fields(guards: Guards) -> list[GuardField]:
    """The limits every sync has; those for one record type are left to the configuration file."""
    fields = []
    for guard, percent in DEFAULTS.items():
        set_to = getattr(guards, guard)
        words = (Guards.model_fields[guard].description or guard).partition(" (")[0]
        title = words[:1].upper() + words[1:]
        fields.append(GuardField(guard, title, percent, set_to.percent, set_to.count))
    return fields


def guards_from_form(guards: Guards, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The part `guards` of a configuration, from what a form sent as `remove.percent`,
    `remove.count` and `minimum_population`; empty is not set. Limits of record types stay.
    """
    body = guards.model_dump(mode="json", exclude_unset=True, include={"records"})
    for guard in DEFAULTS:
        parts = {part: sent.get(f"{guard}.{part}") for part in ("percent", "count")}
        if limits := {part: value for part, value in parts.items() if value not in (None, "")}:
            body[guard] = limits
    least = sent.get("minimum_population")
    return body if least in (None, "") else {**body, "minimum_population": least}


def form(sync: Sync) -> SyncForm:
    """The configuration in force, as fields."""
    version = sync.version
    connections = Connection.objects.filter(district=sync.district_id).order_by("name")
    return SyncForm(
        version=version.number,
        saved_at=version.saved_at,
        saved_by=version.saved_by,
        general=general_fields(version.config),
        settings=own_fields(sync.district, sync.integration, version.config),
        guards=Guards.model_validate(version.config.get("guards", {})),
        schedule=Schedule.model_validate(schedule_settings(sync.integration, version.config)),
        connections=[c.name for c in connections if configure.fits(c, sync.integration)],
    )


def general_fields(body: Mapping[str, Any]) -> list[SettingField]:
    """The fields every sync has, with what a configuration sets of them."""
    return [field for field in fields_of(SyncConfig, body) if field.name in _GENERAL]


def own_fields(district: District, integration: str, body: Mapping[str, Any]) -> list[SettingField]:
    """The fields an integration declares, with what a configuration sets of them; what is usual in
    the district's state is their default.
    """
    declared = registry.integration(integration)
    usual = declared.in_state(district.state)
    settings = body.get("settings", {})
    return [
        replace(field, default=usual[field.name], is_set=field.name in settings)
        if field.name in usual
        else field
        for field in fields_of(declared.settings, {**usual, **settings})
    ]


def save(
    sync: Sync, changes: Mapping[str, Any], clock: Clock, person: str, based_on: int | None = None
) -> str:
    """Save parts of a sync's configuration as a new version: "changed", or "same".

    `changes`: complete parts, as settings, guards, schedule; None takes a part back to its default.
    `based_on`: the version the person was shown. Raises Mistakes with places as
    `settings.students_file`, or Problem config.edited_meanwhile.
    """
    with transaction.atomic():
        _locked(sync, based_on)
        body = {**sync.version.config, **changes}
        return _save(sync.district, sync.name, sync.integration, body, clock, person)


def create(
    district: District,
    name: str,
    integration: str,
    changes: Mapping[str, Any],
    clock: Clock,
    person: str,
) -> Sync:
    """A new sync, its schedule disabled unless `changes` enables it. Raises Mistakes."""
    if not NAME.fullmatch(name):
        raise Mistakes({"name": "use letters, digits, - and _, at most 50 of them"})
    if Sync.objects.filter(district=district, name=name).exists():
        raise Mistakes({"name": "there is a sync of that name"})
    if integration not in registry.names():
        raise Mistakes({"integration": f"there are {', '.join(registry.names())}"})
    with transaction.atomic():
        _save(district, name, integration, changes, clock, person)
    return Sync.objects.get(district=district, name=name)


def _save(
    district: District,
    name: str,
    integration: str,
    body: Mapping[str, Any],
    clock: Clock,
    person: str,
) -> str:
    fields = {part: value for part, value in body.items() if value is not None}
    try:
        sync_config = SyncConfig.model_validate({**fields, "integration": integration})
        check_fits(name, sync_config)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    except Mistakes as mistakes:
        of_sync = f"syncs.{name}."
        raise Mistakes({p.removeprefix(of_sync): t for p, t in mistakes.places.items()}) from None
    connections = Connection.objects.filter(district=district, name=sync_config.connection)
    connection = connections.first()
    if sync_config.connection is not None and connection is None:
        raise Mistakes({"connection": "there is no connection of that name"})
    if connection is not None and not configure.fits(connection, integration):
        raise Mistakes({"connection": configure.NO_FIT})
    return configure.save_sync(district, name, sync_config, clock, person).became


def _locked(sync: Sync, based_on: int | None) -> None:
    """Let nobody else save this sync meanwhile; Problem when it was saved since `based_on`."""
    Sync.objects.select_for_update().get(pk=sync.pk)
    newest = sync.version
    if based_on is not None and newest.number != based_on:
        raise Problem(EDITED_MEANWHILE, f"version {newest.number}, by {newest.saved_by}")


def versions(sync: Sync, before: int | None = None, limit: int = 20) -> list[Version]:
    """The versions of a sync, the newest first; `before`: the last number of the page before."""
    newest_first = sync.versions.order_by("-number")
    page = newest_first.filter(number__lt=before) if before is not None else newest_first
    saved = list(page[: limit + 1])
    return [
        Version(
            version.number,
            version.saved_at,
            version.saved_by,
            changes_between(sync, earlier, version),
        )
        for version, earlier in zip(saved[:limit], [*saved[1:], None], strict=False)
    ]


def changes_between(sync: Sync, before: SyncVersion | None, after: SyncVersion) -> list[Difference]:
    """What is different in a version, setting by setting; nothing for the first."""
    if before is None:
        return []
    own = own_fields(sync.district, sync.integration, {})
    defaults = {
        **{field.name: field.default for field in fields_of(SyncConfig, {})},
        "settings": {field.name: field.default for field in own},
        "schedule": registry.integration(sync.integration).schedule.model_dump(mode="json"),
        "guards": {
            "minimum_population": Guards().minimum_population,
            **{guard: {"percent": percent} for guard, percent in DEFAULTS.items()},
        },
    }
    return differences(_shown(before), _shown(after), defaults)


def _shown(version: SyncVersion) -> dict[str, Any]:
    return {part: value for part, value in version.config.items() if part != "integration"}


def restore(sync: Sync, number: int, clock: Clock, person: str) -> str:
    """Save an older version again, as a new one. Mistakes when it no longer fits."""
    old = sync.versions.get(number=number).config
    with transaction.atomic():
        _locked(sync, None)
        return _save(sync.district, sync.name, sync.integration, old, clock, person)


def delete(sync: Sync) -> None:
    """Remove a sync that has never written anything, with its runs. Problem sync.has_history."""
    if sync.runs.filter(applied_at__isnull=False).exists():
        raise Problem(HAS_HISTORY, sync.name)
    stored = list(Artifact.objects.filter(run__sync=sync))
    with transaction.atomic():
        sync.runs.all().delete()
        sync.delete()
    for artifact in stored:
        artifacts.unlink(artifact)
