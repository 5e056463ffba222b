"""The settings of an Ed-Fi sync (`[syncs.NAME.settings]`), with Minnesota's defaults (facts 3.1 to
3.4).
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rollcall.core.sending.outbound import NotificationPolicy
from rollcall.integrations.edfi.catalog import CODES


def _existing_check(code: str) -> str:
    if code not in CODES:
        raise ValueError(
            f"there is no check {code}; docs/reference/findings.md lists them, such as "
            f"edfi.no_gender"
        )
    return code


_CheckCode = Annotated[str, AfterValidator(_existing_check)]
_Address = Annotated[str, Field(pattern=r"^[^\s@<>\",;:]+@[^\s@<>\",;:]+$")]


class EdfiSettings(BaseModel):
    """Where and how an Ed-Fi sync sends a district's records."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    local_education_agency_id: str = Field(
        pattern=r"^[1-9][0-9]{0,17}$",
        title="District ID at the state",
        description="the district's Ed-Fi ID (localEducationAgencyId), such as 10625000",
    )
    namespace: str = Field(
        default="uri://education.mn.gov",
        pattern=r"^uri://[^\s#/]+(/[^\s#/]+)*$",
        title="Namespace",
        description="the text before the state's codes, without a slash at the end",
    )
    extension: bool = Field(
        default=True,
        title="Minnesota's own fields",
        description="send the fields that Minnesota adds to Ed-Fi; off for another state",
    )
    calendar_type: str = Field(
        default="MARSS-A",
        min_length=1,
        title="Calendar type",
        description="the code of the calendars that the state reads",
    )
    data_path: str = Field(
        default="data/v3",
        pattern=r"^[^/\s](.*[^/\s])?$",
        title="Data path",
        description="the path of the records below the connection's address",
    )
    year_in_path: bool = Field(
        default=True,
        title="Year in the address",
        description="whether the year in which the school year ends follows the data path, such as "
        "data/v3/2026",
    )
    token_path: str = Field(
        default="oauth/token",
        pattern=r"^[^/\s](.*[^/\s])?$",
        title="Sign-in path",
        description="the path for signing in, below the connection's address",
    )
    concurrency: int = Field(
        default=32,
        ge=1,
        le=128,
        title="Requests at once",
        description="the most requests at the same time",
    )
    error_recipients: tuple[_Address, ...] = Field(
        default=(),
        title="Error mail to",
        description="who gets the errors of near real time by mail; if it is empty, the sync's "
        "recipients",
    )
    mail_every_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        title="Error mail at most every, minutes",
        description="new errors in this time go into one mail",
    )
    look_after_days: int = Field(
        default=7,
        ge=1,
        le=90,
        title="Remind of level 2 after, days",
        description="a reminder is sent when nobody has looked at the errors in the state's portal "
        "for this many days",
    )
    deadlines: tuple[date, ...] = Field(
        default=(),
        title="Deadlines",
        description="the state's deadlines, such as 2026-12-15; a reminder is sent two weeks and "
        "one week before each",
    )
    most_removals: int = Field(
        default=50,
        ge=0,
        title="Most removals in near real time",
        description="if edits would remove more documents than this at once, they wait for "
        "approval",
    )
    collection: Literal["auto", "fall", "end_of_year"] = Field(
        default="auto",
        title="Collection",
        description="which of the state's collections is checked; auto: fall until December, then "
        "end of year",
    )
    refuse_on_errors: bool = Field(
        default=False,
        title="Hold back what breaks the state's rules",
        description="do not send records with an error of the state's own rules; off: they are "
        "sent and the error is shown",
    )
    checks_off: tuple[_CheckCode, ...] = Field(
        default=(),
        title="Checks left out",
        description="codes of checks to turn off",
    )
    checks_as_warnings: tuple[_CheckCode, ...] = Field(
        default=(),
        title="Checks that only warn",
        description="codes of checks that hold no record back",
    )


def namespace(settings: EdfiSettings, descriptor: str) -> str:
    """The text before a code of a descriptor: "uri://education.mn.gov/RaceDescriptor#"."""
    return f"{settings.namespace}/{descriptor}#"


def notifications(settings: EdfiSettings) -> NotificationPolicy:
    """Mails and reminders about the sync."""
    return NotificationPolicy(
        recipients=settings.error_recipients,
        mail_every_minutes=settings.mail_every_minutes,
        look_after_days=settings.look_after_days,
        deadlines=settings.deadlines,
    )
