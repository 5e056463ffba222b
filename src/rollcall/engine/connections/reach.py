"""What the connections of a district can reach on this machine and its network, as it is now."""

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from rollcall import home
from rollcall.core.reach import Reach, networks
from rollcall.engine.models import DistrictReach
from rollcall.engine.settings.mail_settings import MailFolderSettings, SmtpSettings
from rollcall.records.models import District
from rollcall.transports.dialing import literal_addresses, may_reach
from rollcall.transports.settings import Settings

#: A word for what is allowed in an installation of one district where nothing was said: where
#: shares and disks are mounted and exports are kept, as a rule (Filesystem Hierarchy 3.0), and
#: private addresses. In an installation of several districts it stands for nothing.
USUAL = "usual"
_USUAL: Mapping[str, Sequence[str]] = {
    "folders": ("/srv", "/mnt", "/media"),
    "addresses": ("private",),
}


def reach_of(district: District) -> Reach:
    """What this district can reach (see `in_force`), links of folders resolved."""
    allowed = in_force(district.code)
    return Reach(
        folders=tuple(str(Path(folder).resolve()) for folder in allowed["folders"]),
        closed=closed_folders(),
        networks=networks(allowed["addresses"]),
    )


def in_force(code: str) -> dict[str, list[str]]:
    """The `folders` and `addresses` a district can reach: what whoever runs the server allowed it,
    with what the word "usual" stands for.
    """
    alone = not District.objects.exclude(code=code).exists()
    return {
        name: [
            word
            for allowed in words
            for word in ((_USUAL[name] if alone else ()) if allowed == USUAL else (allowed,))
        ]
        for name, words in declared(code).items()
    }


def all_in_force() -> dict[str, dict[str, list[str]]]:
    """The same by code, of every district, and of each that was allowed something before it is."""
    codes = District.objects.values_list("code").union(DistrictReach.objects.values_list("code"))
    return {code: in_force(code) for (code,) in codes.order_by("code")}


def declared(code: str) -> dict[str, list[str]]:
    """What a district was allowed, as it was written; where nothing was: the usual."""
    stored = DistrictReach.objects.filter(code=code).first() or DistrictReach()
    return {
        name: [USUAL] if words is None else words
        for name, words in (("folders", stored.folders), ("addresses", stored.addresses))
    }


def closed_folders() -> tuple[str, ...]:
    """What no connection can read or write, whatever was allowed: Rollcall's own state and stored
    files, and where the system shows itself as files.
    """
    return (str(home.home()), str(home.artifacts()), "/proc", "/sys", "/dev")


def out_of_reach(
    settings: Settings | SmtpSettings | MailFolderSettings, district: District
) -> dict[str, str]:
    """What can be said of settings before they are used: a folder or an address that is not
    allowed, by field and who can allow it. A name is looked up when it is used.
    """
    reach = reach_of(district)
    field, folder, host = settings.lead
    if folder:
        real = os.path.realpath(folder)
        if reach.closes(real):
            return {field: "this is a folder of Rollcall or of the system itself: use another one"}
        allowed = reach.allows_path(real)
        return {} if allowed else {field: _ask("folder", folder, district.code)}
    addresses = literal_addresses(host)
    if not addresses or any(may_reach(address, reach) for address in addresses):
        return {}
    return {field: _ask("address", addresses[0], district.code)}


def _ask(what: str, which: str, code: str) -> str:
    return (
        f"this {what} is not allowed; whoever runs Rollcall's server can allow it: "
        f"`rollcall installation allow --district {code} --{what} {shlex.quote(which)}`"
    )
