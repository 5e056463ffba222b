"""How the installation is: version, database, workers, disk."""

import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

import rollcall
from rollcall import home
from rollcall.engine.models import Artifact
from rollcall.engine.worker.tasks import DEAD_AFTER
from rollcall.records.models import District


@dataclass(frozen=True)
class Installation:
    """What the person who runs it needs to know. Sizes in bytes; `disk_free` where files are
    stored. `waiting`: jobs no worker has begun; `busy`: those under way.
    """

    version: str
    python: str
    database: str
    database_bytes: int
    workers: int
    waiting: int
    busy: int
    files: int
    files_bytes: int
    disk_free: int


def installation(district: District) -> Installation:
    """How it is now; files are those of the district."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split_part(current_setting('server_version'), ' ', 1),"
            " pg_database_size(current_database())"
        )
        version, size = cursor.fetchone()
    files = Artifact.objects.filter(run__district=district, removed_at=None)
    of_files = files.aggregate(number=Count("pk"), size=Sum("size"))
    jobs = ProcrastinateJob.objects.aggregate(
        waiting=Count("pk", filter=Q(status="todo")), busy=Count("pk", filter=Q(status="doing"))
    )
    # Where files are stored, or will be.
    folders = (home.artifacts(), *home.artifacts().parents)
    stored_in = next(folder for folder in folders if folder.exists())
    return Installation(
        version=rollcall.__version__,
        python=sys.version.split()[0],
        database=f"PostgreSQL {version}",
        database_bytes=size,
        workers=workers(),
        files=of_files["number"],
        files_bytes=of_files["size"] or 0,
        disk_free=shutil.disk_usage(stored_in).free,
        **jobs,
    )


def workers() -> int:
    """How many have reported lately, by the database's clock."""
    lately = Now() - timedelta(seconds=DEAD_AFTER)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=lately).count()
