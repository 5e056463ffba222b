"""What somebody did or saw on the command line, in the same audit log as what the pages did."""

from rollcall.cli.common import person
from rollcall.records.models import District


def note(district: District | None, action: str, what: str, **detail: str | int | bool) -> None:
    """Write down that whoever is at the keyboard did `action` (a name in audit.Action) to it; of no
    district: to the installation.
    """
    from rollcall.access.audit import Action, record
    from rollcall.engine.clock import SystemClock

    who = f"{person()} (command line)"
    record(SystemClock(), who, Action[action], what, district=district, detail=detail)
