"""What whoever runs the server sets for all districts: account mail, limits, what each can reach.

No page and no token of a district reaches any of it: it is set on the command line only.
"""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Annotated, Any

from django.db import transaction
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from rollcall.core.reach import networks
from rollcall.core.settings.limits import Limits
from rollcall.core.settings.setting_fields import places
from rollcall.engine.clock import Clock
from rollcall.engine.connections.reach import USUAL, declared
from rollcall.engine.models import DistrictReach, Installation, MailServer
from rollcall.engine.settings import configure
from rollcall.engine.settings.config import Mistakes
from rollcall.engine.settings.configure import Done


def _folder(path: str) -> str:
    is_full_path = PurePath(path).is_absolute() and len(PurePath(path).parts) > 1
    if path != USUAL and not is_full_path:
        raise ValueError("give the full path of a folder, and not of the disk itself")
    return path


def _network(text: str) -> str:
    try:
        networks([] if text == USUAL else [text])
    except ValueError:
        raise ValueError(
            "give usual, private, loopback, link-local, an address, or a network as 10.1.2.0/24"
        ) from None
    return text


class ReachConfig(BaseModel):
    """What the connections of a district can reach."""

    model_config = ConfigDict(extra="forbid")

    folders: list[Annotated[str, AfterValidator(_folder)]] | None = Field(
        default=None,
        description='folders of this machine, full paths; "usual" (the default): in an '
        "installation of one district /srv, /mnt and /media, else none",
    )
    addresses: list[Annotated[str, AfterValidator(_network)]] | None = Field(
        default=None,
        description="networks beside the public ones: private, loopback, link-local, 10.1.2.0/24; "
        '"usual" (the default): in an installation of one district private, else none',
    )


class InstallationConfig(BaseModel):
    """The installation's settings as a document."""

    model_config = ConfigDict(extra="forbid")

    mail: dict[str, Any] | None = Field(default=None, description="where account mail goes")
    limits: Limits | None = None
    districts: dict[str, ReachConfig] = Field(default_factory=dict)


@transaction.atomic
def apply(
    document: Mapping[str, Any], environ: Mapping[str, str], clock: Clock, person: str
) -> list[Done]:
    """Make the installation as the document says; all of it or nothing, and idempotent.

    What the document does not name stays as it is. Secrets are `${env:NAME}`, as in a district's
    configuration. Raises Mistakes, and Problem for a secret that is not there.
    """
    try:
        installation_config = InstallationConfig.model_validate(document)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    done = []
    if (mail := installation_config.mail) is not None:
        done.append(configure.mail_from_document(None, mail, environ, clock, person))
    if installation_config.limits is not None:
        done.append(_apply_limits(installation_config.limits, clock, person))
    for code, reach_config in installation_config.districts.items():
        before = DistrictReach.objects.filter(code=code).first()
        reach = {**_lists(before), **reach_config.model_dump(exclude_unset=True)}
        DistrictReach.objects.update_or_create(code=code, defaults=reach)
        outcome = configure.became(_lists(before) or None, reach)
        done.append(Done(f"district {code}", outcome))
    return done


def export() -> dict[str, Any]:
    """The present settings as a document `apply` takes: what was set, and no default."""
    document: dict[str, Any] = {}
    if mail := MailServer.objects.filter(district=None).first():
        document["mail"] = configure.declared(mail)
    if stored_limits := row().limits:
        document["limits"] = stored_limits
    document["districts"] = {
        district_reach.code: {
            name: value for name, value in _lists(district_reach).items() if value is not None
        }
        for district_reach in DistrictReach.objects.order_by("code")
    }
    return document


def limits() -> Limits:
    """How large files can be, as it is now."""
    return Limits.model_validate(row().limits)


def row() -> Installation:
    """The installation's row; one that is not saved yet where nothing was set."""
    return Installation.objects.first() or Installation(pk=1)


def allow(
    code: str, folders: Iterable[str] = (), addresses: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Allow the district of that code further folders and addresses; what is said of it then.

    There need be no such district yet. Raises Mistakes for what is no full path or no network.
    """
    before = declared(code)
    further = {"folders": folders, "addresses": addresses}
    return _save_reach(
        code, {name: list(dict.fromkeys([*before[name], *further[name]])) for name in before}
    )


def withdraw(
    code: str, folders: Iterable[str] = (), addresses: Iterable[str] = ()
) -> dict[str, list[str]]:
    """No longer allow a district these folders and addresses; what is said of it then."""
    before = declared(code)
    gone = {"folders": set(folders), "addresses": set(addresses)}
    return _save_reach(
        code,
        {
            name: [place for place in places_before if place not in gone[name]]
            for name, places_before in before.items()
        },
    )


def _apply_limits(new_limits: Limits, clock: Clock, person: str) -> Done:
    stored, new = row(), new_limits.model_dump(exclude_unset=True)
    outcome = configure.became(stored.limits or None, new)
    if outcome != "same":
        stored.limits, stored.saved_at, stored.saved_by = new, clock.now(), person
        stored.save()
    return Done("limits", outcome)


def _save_reach(code: str, allowed: dict[str, list[str]]) -> dict[str, list[str]]:
    try:
        ReachConfig.model_validate(allowed)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    DistrictReach.objects.update_or_create(code=code, defaults=allowed)
    return allowed


def _lists(reach: DistrictReach | None) -> dict[str, list[str] | None]:
    return {"folders": reach.folders, "addresses": reach.addresses} if reach else {}
