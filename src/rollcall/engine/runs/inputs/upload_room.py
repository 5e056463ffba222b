"""Room a district has for the files of its runs that wait or go on (`core.settings.limits`)."""

from django.db import transaction
from django.db.models import Sum

from rollcall.core.disk_room import to_keep
from rollcall.core.findings import Codes, Severity
from rollcall.core.problems import Problem
from rollcall.core.settings.limits import told_size
from rollcall.engine.installation import disk_room
from rollcall.engine.models import Artifact, RunState
from rollcall.engine.settings.installation_settings import limits
from rollcall.records.models import District

#: What was handed in or fetched, as it came; and what was unpacked from it.
KINDS = ("bundle", "input")

NO_ROOM = Codes.add(
    "upload.no_room",
    Severity.ERROR,
    "The files of this district's runs that wait or go on are together as large as they can be",
    "Wait until runs are over, or ask whoever runs the server to raise `limits.district_mib`.",
    "the person who started the run",
)


def check(district: int, more: int) -> None:
    """Problem when `more` bytes would be too many beside the files of the district's queued and
    running runs, or for the disk. Within a transaction, nobody else takes the same room before it
    ends.
    """
    with transaction.atomic():
        District.objects.select_for_update(no_key=True).get(pk=district)
        under_way = (RunState.QUEUED, RunState.RUNNING)
        files = Artifact.objects.filter(kind__in=KINDS, removed_at=None)
        files = files.filter(run__district=district, run__state__in=under_way)
        used, most = (files.aggregate(bytes=Sum("size"))["bytes"] or 0), limits().district_bytes
    disk_room.check(to_keep(more))
    if used + more > most:
        raise Problem(
            NO_ROOM, f"{told_size(used)} and {told_size(more)} more; at most {told_size(most)}"
        )
