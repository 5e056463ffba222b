"""The declared configuration: what `config apply` reads and `config export` writes.

Only the shape is here; `engine.configure` carries it out.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)

from rollcall.core.findings import Codes, Severity
from rollcall.core.guards import Guards
from rollcall.core.problems import Problem
from rollcall.core.schedule import Schedule
from rollcall.core.school_year import SchoolYear
from rollcall.engine import registry
from rollcall.engine.mail import Recipients

CONFIG_INVALID = Codes.add(
    "config.invalid",
    Severity.ERROR,
    "The configuration has mistakes",
    "Correct the places named and apply it again; nothing was changed.",
    "the person who keeps the configuration file",
)


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"unknown time zone{hint}")
    return name


def _school_year(text: str) -> str:
    return str(SchoolYear.parse(text))


def _known_integration(name: str) -> str:
    if name not in registry.names():
        raise ValueError(f"unknown integration; there are {', '.join(registry.names())}")
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DistrictConfig(_Strict):
    """The district itself."""

    code: str = Field(min_length=1, description="the district's code, e.g. 7 digits in California")
    name: str = Field(min_length=1, description="the name people know it by")
    state: str = Field(min_length=2, max_length=2, description="two letters: CA, MN, KY ...")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        description="the zone its schedules are meant in, e.g. America/Los_Angeles"
    )
    school_year: Annotated[str, AfterValidator(_school_year)] = Field(
        description="the year being processed, both years: 2016-2017"
    )


class SyncConfig(_Strict):
    """One sync. `settings` are the integration's own, checked against what it declares."""

    integration: Annotated[str, AfterValidator(_known_integration)] = Field(
        description="the kind of partner"
    )
    connection: str | None = Field(default=None, description="the name of its connection")
    recipients: Recipients = Field(
        default_factory=list, description="who gets the completion mail; a list or comma separated"
    )
    reports: Literal["attach", "link"] = Field(
        default="attach", description="attach the reports to the mail, or only say where they are"
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="the integration's own settings, below"
    )
    schedule: Schedule = Field(default_factory=Schedule, description="when it runs by itself")
    guards: Guards = Field(default_factory=Guards, description="limits a plan must keep")
    owner: str = Field(
        default="",
        description="who looks after this sync: a name or an address; without it pages name who "
        "can mend what is wrong",
    )
    late_after_minutes: int = Field(
        default=60,
        ge=5,
        le=10_080,
        description="how long after its time a run may take to end before the sync counts as late",
    )


class Document(_Strict):
    """A whole configuration file. Connections and mail are checked by their own types."""

    district: DistrictConfig
    mail: dict[str, Any] | None = None
    connections: dict[str, dict[str, Any]] = Field(default_factory=dict)
    syncs: dict[str, SyncConfig] = Field(default_factory=dict)


def parse(document: Mapping[str, Any]) -> Document:
    """A configuration as read from TOML, checked; raises Problem naming every wrong place."""
    try:
        parsed = Document.model_validate(document)
    except ValidationError as error:
        raise Problem(CONFIG_INVALID, mistakes(error)) from None
    wrong = [text for name, sync in parsed.syncs.items() for text in _wrong(parsed, name, sync)]
    if wrong:
        raise Problem(CONFIG_INVALID, "; ".join(wrong))
    return parsed


def _wrong(parsed: Document, name: str, sync: SyncConfig) -> Iterator[str]:
    """What is wrong with a sync beside its own shape."""
    if sync.connection is not None and sync.connection not in parsed.connections:
        yield f"syncs.{name}.connection: no [connections.{sync.connection}]"
    try:
        settings_of(name, sync.integration, sync.settings)
    except Problem as problem:
        yield problem.detail


def settings_of(sync: str, integration: str, settings: Mapping[str, Any]) -> BaseModel:
    """An integration's settings, checked; raises Problem naming the sync and the setting."""
    try:
        return registry.integration(integration).settings.model_validate(settings)
    except ValidationError as error:
        place = f"syncs.{sync}.settings"
        raise Problem(CONFIG_INVALID, mistakes(error, place)) from None


def mistakes(error: ValidationError, place: str = "") -> str:
    """Every mistake of a validation error as `place: what is wrong`, without the values."""
    found = []
    for mistake in error.errors(include_input=False, include_url=False):
        where = ".".join([*filter(None, [place]), *map(str, mistake["loc"])])
        unknown = mistake["type"] == "extra_forbidden"
        what = "unknown setting" if unknown else mistake["msg"].removeprefix("Value error, ")
        found.append(f"{where}: {what}")
    return "; ".join(found)
