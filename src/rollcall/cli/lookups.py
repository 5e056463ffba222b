"""Find what a command names: the district, a sync, a run."""

import difflib

from django.db.models import QuerySet

from rollcall.cli.common import wrong_usage
from rollcall.engine.models import Connection, Run, Sync
from rollcall.records.models import District


def the_district(code: str | None) -> District:
    """The district of that code, or the only one."""
    districts = list(District.objects.order_by("code"))
    if code is not None:
        districts = [district for district in districts if district.code == code]
    if len(districts) == 1:
        return districts[0]
    if code is not None:
        wrong_usage(f"There is no district {code}.")
    if not districts:
        wrong_usage("There is no district yet. Declare one with `rollcall config apply FILE.toml`.")
    wrong_usage(f"Say which: --district {' | '.join(d.code for d in districts)}")


def the_sync(name: str, district_code: str | None) -> Sync:
    """A sync by its name."""
    syncs = Sync.objects.filter(district=the_district(district_code))
    if sync := syncs.select_related("district", "connection").filter(name=name).first():
        return sync
    wrong_usage(f"There is no sync {name!r}.{_hint(name, syncs)}")


def the_connection(name: str, district_code: str | None) -> Connection:
    """A connection by its name."""
    connections = Connection.objects.filter(district=the_district(district_code))
    if connection := connections.filter(name=name).first():
        return connection
    wrong_usage(f"There is no connection {name!r}.{_hint(name, connections)}")


def the_run(number: int) -> Run:
    """A run by its number."""
    run = Run.objects.select_related("sync", "version", "district").filter(pk=number).first()
    return run or wrong_usage(f"There is no run {number}. `rollcall runs` lists them.")


def _hint(name: str, rows: "QuerySet[Sync] | QuerySet[Connection]") -> str:
    names = list(rows.values_list("name", flat=True))
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" There are: {', '.join(sorted(names))}." if names else " None is configured yet."
