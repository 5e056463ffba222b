"""What the connections of a district may reach on this machine and its network, as it is now."""

from pathlib import Path

from rollcall import home
from rollcall.core.reach import Reach, networks
from rollcall.engine.models import DistrictReach
from rollcall.records.models import District

#: Where shares and disks are mounted and exports are kept, as a rule (Filesystem Hierarchy 3.0).
_USUAL_FOLDERS = ("/srv", "/mnt", "/media")
_USUAL_ADDRESSES = ["private"]


def reach_of(district: District) -> Reach:
    """What this district may reach (see `told`), links of folders resolved."""
    now = told(district)
    return Reach(
        folders=tuple(str(Path(folder).resolve()) for folder in now["folders"]),
        closed=closed_folders(),
        networks=networks(now["addresses"]),
    )


def told(district: District) -> dict[str, list[str]]:
    """The `folders` and `addresses` a district may reach: what whoever runs the server allowed it.

    Where nothing was said and there is no other district, the usual folders, the home folder of
    the account Rollcall runs under (without hidden ones), and private addresses.
    """
    said = DistrictReach.objects.filter(district=district).first() or DistrictReach()
    folders, addresses = said.folders, said.addresses
    if folders is None or addresses is None:
        alone = not District.objects.exclude(pk=district.pk).exists()
        usual = [*_USUAL_FOLDERS, str(Path.home())] if alone else []
        folders = usual if folders is None else folders
        addresses = (_USUAL_ADDRESSES if alone else []) if addresses is None else addresses
    return {"folders": folders, "addresses": addresses}


def closed_folders() -> tuple[str, ...]:
    """What no connection may read or write, whatever was allowed: Rollcall's own state and stored
    files, and where the system shows itself as files.
    """
    return (str(home.home()), str(home.artifacts()), "/proc", "/sys", "/dev")
