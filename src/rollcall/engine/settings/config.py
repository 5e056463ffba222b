"""The declared configuration: what `config apply` reads and `config export` writes.

Only the shape is here; `engine.settings.configure` carries it out.
"""

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.guards import Guards
from rollcall.core.problems import Problem
from rollcall.core.school_year import SchoolYear
from rollcall.core.settings.retention import Retention
from rollcall.core.settings.schedule import Schedule
from rollcall.core.settings.setting_fields import places
from rollcall.engine import registry
from rollcall.engine.mail.message import Recipients

CONFIG_INVALID = Codes.add(
    "config.invalid",
    Severity.ERROR,
    "The configuration has mistakes",
    "Correct the places named and apply it again; nothing was changed.",
    "the person who keeps the configuration file",
)


#: The name of a connection or a sync, and a district's code: they are parts of addresses.
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$")


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones, looked for on the disk once: there are hundreds of files."""
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in time_zones():
        close = difflib.get_close_matches(name, time_zones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"unknown time zone{hint}")
    return name


def _known_integration(name: str) -> str:
    if name not in registry.names():
        raise ValueError(f"unknown integration; there are {', '.join(registry.names())}")
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DistrictConfig(_Strict):
    """The district itself."""

    code: str = Field(
        pattern=NAME.pattern,
        title="District code",
        description="the district's code, e.g. 7 digits in California: letters, digits, - and _",
    )
    name: str = Field(
        min_length=1, max_length=200, title="Name", description="the name people know it by"
    )
    state: str = Field(
        min_length=2, max_length=2, title="State", description="two letters: CA, MN, KY ..."
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        title="Time zone",
        description="the zone its schedules are meant in, e.g. America/Los_Angeles",
    )
    school_year: Annotated[str, AfterValidator(lambda text: str(SchoolYear.parse(text)))] = Field(
        title="School year", description="the year being processed, both years: 2016-2017"
    )


class ApprovalConfig(_Strict):
    """How a held run is decided about."""

    different_person: bool = Field(
        default=False,
        title="Another person must approve",
        description="the person who started a run cannot approve it",
    )
    note: Literal["optional", "required"] = Field(
        default="optional", title="Note", description="whether approving and discarding need a note"
    )


class SyncConfig(_Strict):
    """One sync. `settings` are the integration's own, checked against what it declares."""

    integration: Annotated[str, AfterValidator(_known_integration)] = Field(
        description="the kind of partner"
    )
    connection: str | None = Field(
        default=None, title="Connection", description="the name of its connection"
    )
    recipients: Recipients = Field(
        default_factory=list,
        title="Recipients",
        description="who gets the completion mail; a list or comma separated",
    )
    reports: Literal["attach", "link"] = Field(
        default="attach",
        title="Reports",
        description="attach the reports to the mail, or only say where they are",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="the integration's own settings, below"
    )
    schedule: Schedule = Field(default_factory=Schedule, description="when it runs by itself")
    guards: Guards = Field(default_factory=Guards, description="limits a plan must keep")
    approval: ApprovalConfig = Field(
        default_factory=ApprovalConfig, description="how a held run is decided about"
    )
    owner: str = Field(
        default="",
        title="Owner",
        description="who is responsible for this sync: a name or an address; without it pages "
        "name who can fix what is wrong",
    )
    late_after_minutes: int = Field(
        default=60,
        ge=5,
        le=10_080,
        title="Late after, minutes",
        description="how long after its time a run can take to end before the sync counts as late",
    )


class Document(_Strict):
    """A full configuration file. Connections and mail are checked by their own types."""

    district: DistrictConfig
    mail: dict[str, Any] | None = None
    retention: Retention | None = None
    connections: dict[str, dict[str, Any]] = Field(default_factory=dict)
    syncs: dict[str, SyncConfig] = Field(default_factory=dict)


class Mistakes(Problem):
    """A configuration with mistakes: `places` says what is wrong where, as setting.name."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = dict(places)
        super().__init__(CONFIG_INVALID, "; ".join(f"{at}: {what}" for at, what in places.items()))


def parse(document: Mapping[str, Any]) -> Document:
    """A configuration as read from TOML, checked; raises Mistakes naming every wrong place."""
    try:
        parsed = Document.model_validate(document)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    wrong = {
        f"{kind}.{name}": "a name is part of an address: letters, digits, - and _, at most 50"
        for kind, names in (("connections", parsed.connections), ("syncs", parsed.syncs))
        for name in names
        if not NAME.fullmatch(name)
    }
    for name, sync in parsed.syncs.items():
        if sync.connection is not None and sync.connection not in parsed.connections:
            wrong[f"syncs.{name}.connection"] = f"no [connections.{sync.connection}]"
        try:
            check_fits(name, sync)
        except Mistakes as mistakes:
            wrong |= mistakes.places
    if wrong:
        raise Mistakes(wrong)
    return parsed


def check_fits(sync: str, sync_config: SyncConfig) -> None:
    """Raises Mistakes when settings, or the schedule's job, are none of the integration's."""
    settings_of(sync, sync_config.integration, sync_config.settings)
    if wrong := wrong_job(sync_config.integration, sync_config.schedule.job):
        raise Mistakes({f"syncs.{sync}.schedule.job": wrong})


def wrong_job(integration: str, job: str) -> str:
    """What is wrong with the job that a schedule names; "" when nothing is."""
    jobs = registry.integration(integration).scheduled_jobs
    return "" if not job or job in jobs else f"a schedule can start {', '.join(jobs)}"


def schedule_settings(integration: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The schedule a sync's configuration has, or else the one its integration suggests."""
    suggested = registry.integration(integration).schedule
    schedule: dict[str, Any] = config.get("schedule", suggested.model_dump(mode="json"))
    return schedule


def settings_of(
    sync: str, integration: str, settings: Mapping[str, Any], state: str = ""
) -> BaseModel:
    """An integration's settings, with what is usual in the district's state where they say nothing;
    raises Mistakes naming the sync and the setting.
    """
    kind = registry.integration(integration)
    try:
        return kind.settings.model_validate({**kind.in_state(state), **settings})
    except ValidationError as error:
        raise Mistakes(places(error, f"syncs.{sync}.settings")) from None
