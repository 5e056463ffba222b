"""Retention: remove stored files and logged changes that are older than a district keeps them.

Promises that stay true: a run that is held or under way keeps all it has; the last applied runs of
a sync keep theirs, so that a file can be compared with the last one; a run can be undone within the
district's undo window; and the SHA-256 of every input stays, so that the same file is known again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from pydantic import ValidationError

from rollcall.core.settings.retention import Retention
from rollcall.core.settings.setting_fields import SettingField, fields_of, places
from rollcall.engine import artifacts
from rollcall.engine.clock import Clock
from rollcall.engine.locks import SyncBusy, sync_lock
from rollcall.engine.models import (
    Artifact,
    ConnectionCheck,
    RetentionPolicy,
    RetentionRecord,
    Run,
    RunState,
    undone,
)
from rollcall.engine.settings.config import Mistakes
from rollcall.records.models import District

log = structlog.get_logger()

KINDS = ("input", "plan", "report")
#: Artifacts of other kinds, and as which of these they are kept and counted.
_KEPT_AS = {"bundle": "input"}
_UNFINISHED = (RunState.QUEUED, RunState.RUNNING, RunState.HELD)
#: What undoing a run reads beside the change log.
_FOR_UNDO = ".stamps-before.parquet"
_CHECKS_KEPT = timedelta(days=7)
_LOG_NUMBERS_AT_ONCE = 100_000


@dataclass
class Files:
    """Files of one kind: how many, of how many runs, bytes together."""

    files: int = 0
    runs: int = 0
    bytes: int = 0


@dataclass
class Removed:
    """What was removed, or would be: files by kind, and logged changes (older than `before`)."""

    files: dict[str, Files] = field(default_factory=lambda: {kind: Files() for kind in KINDS})
    changes: int = 0
    changes_before: datetime | None = None


def policy(district: District) -> Retention:
    """How long a district keeps things."""
    stored = RetentionPolicy.objects.filter(district=district).first()
    return Retention.model_validate(stored.settings if stored else {})


def form(district: District) -> list[SettingField]:
    """The settings as fields."""
    stored = RetentionPolicy.objects.filter(district=district).first()
    return fields_of(Retention, stored.settings if stored else {})


def save(district: District, fields: Mapping[str, Any], clock: Clock, person: str) -> str:
    """Save how long things are kept: "added", "changed" or "same". Raises Mistakes by field."""
    try:
        Retention.model_validate(fields)
    except ValidationError as error:
        raise Mistakes(places(error)) from None
    stored = RetentionPolicy.objects.filter(district=district).first()
    if stored is not None and stored.settings == fields:
        return "same"
    saved = {"settings": dict(fields), "saved_at": clock.now(), "saved_by": person}
    RetentionPolicy.objects.update_or_create(district=district, defaults=saved)
    return "changed" if stored else "added"


def removable(district: District, clock: Clock) -> Removed:
    """What `remove` would remove now; nothing is touched."""
    retention = policy(district)
    removed = Removed(changes_before=retention.changes_before(clock.now()))
    for files in _of_runs(_artifacts(district, retention, clock.now())):
        _count(removed, files)
    if removed.changes_before:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_CHANGES, [district.pk, removed.changes_before])
            removed.changes = cursor.fetchone()[0]
    return removed


def remove(district: District, clock: Clock, by: str) -> Removed:
    """Remove what is older than the district keeps it, and record it (RetentionRecord).

    It can be ended at any moment and begun again. Files of a sync with a run under way wait for
    the next time.
    """
    retention = policy(district)
    removed = Removed(changes_before=retention.changes_before(clock.now()))
    for files in _of_runs(_artifacts(district, retention, clock.now())):
        if _remove_files(files, clock):
            _count(removed, files)
    if removed.changes_before:
        removed.changes = _remove_changes(district, removed.changes_before)
    old = ConnectionCheck.objects.filter(district=district)
    old.filter(created_at__lt=clock.now() - _CHECKS_KEPT).delete()
    total = sum(files.files for files in removed.files.values())
    if total or removed.changes:
        RetentionRecord.objects.create(
            district=district, at=clock.now(), by=by, removed=as_json(removed)
        )
    log.info("retention carried out", district=district.pk, count=total, rows=removed.changes)
    return removed


def _artifacts(district: District, retention: Retention, at: datetime) -> QuerySet[Artifact]:
    """The stored files that can go, those of a run together."""
    old = Q(pk=None)
    for kind in KINDS:
        if before := retention.files_before(kind, at):
            alike = [kind, *(stored_kind for stored_kind, same in _KEPT_AS.items() if same == kind)]
            old |= Q(kind__in=alike, run__finished_at__lt=before)
    removable_files = Artifact.objects.filter(old, run__district=district, removed_at=None)
    removable_files = removable_files.exclude(run__state__in=_UNFINISHED).exclude(
        run__in=_last_applied(district)
    )
    undoable = Q(run__applied_at__isnull=False, kind="plan", name__endswith=_FOR_UNDO)
    if before := retention.undo_before(at):
        undoable &= Q(run__applied_at__gte=before)
    return (
        removable_files.exclude(undoable).select_related("run").order_by("run__sync", "run", "pk")
    )


def _last_applied(district: District) -> list[int]:
    """The last run of each sync and job that stands, of those fetched and of those uploaded: what a
    next run is compared with (engine.runs.inputs.fetching).
    """
    uploaded = Artifact.objects.filter(run=OuterRef("pk"), source__has_key="upload")
    standing = Run.objects.filter(
        ~undone(), district=district, test=False, state=RunState.DONE, undo_of=None
    )
    newest = standing.annotate(uploaded=Exists(uploaded)).values("sync", "job", "uploaded")
    return list(newest.annotate(last=Max("pk")).values_list("last", flat=True))


def _of_runs(stored_files: QuerySet[Artifact]) -> Iterator[list[Artifact]]:
    for _, files in groupby(stored_files.iterator(), key=lambda artifact: artifact.run_id):
        yield list(files)


def _count(removed: Removed, files: list[Artifact]) -> None:
    by_kind: dict[str, list[int]] = {}
    for artifact in files:
        by_kind.setdefault(_KEPT_AS.get(artifact.kind, artifact.kind), []).append(artifact.size)
    for kind, sizes in by_kind.items():
        counted = removed.files[kind]
        counted.files += len(sizes)
        counted.runs += 1
        counted.bytes += sum(sizes)


def _remove_files(files: list[Artifact], clock: Clock) -> bool:
    """Remove files of one run, unless a run of its sync is going on, an undo perhaps.

    First the files, then the note that they are gone: ended in between, it is done again.
    """
    try:
        with sync_lock(files[0].run.sync_id, wait=False):
            for artifact in files:
                artifacts.unlink(artifact)
            gone = Artifact.objects.filter(pk__in=[artifact.pk for artifact in files])
            gone.update(removed_at=clock.now())
    except SyncBusy:
        return False
    return True


_COUNT_CHANGES = "SELECT count(*) FROM change_log WHERE district_id = %s AND at < %s"
_NUMBERS = "SELECT min(id), max(id) FROM change_log WHERE district_id = %s AND at < %s"
_REMOVE_CHANGES = """DELETE FROM change_log
WHERE district_id = %s AND at < %s AND id BETWEEN %s AND %s"""


def _remove_changes(district: District, before: datetime) -> int:
    """Remove logged changes, some at a time; how many. First it is noted up to when they are gone,
    so that no run whose changes are incomplete is undone.
    """
    with transaction.atomic():
        stored, _ = RetentionPolicy.objects.get_or_create(district=district)
        stored.changes_before = max(before, stored.changes_before or before)
        stored.save(update_fields=["changes_before"])
    removed = 0
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [district.pk, before])
        first, last = cursor.fetchone()
        for low in range(first or 0, (last or -1) + 1, _LOG_NUMBERS_AT_ONCE):
            high = low + _LOG_NUMBERS_AT_ONCE - 1
            cursor.execute(_REMOVE_CHANGES, [district.pk, before, low, high])
            removed += cursor.rowcount
    return removed


def as_json(removed: Removed) -> dict[str, Any]:
    """What was removed, for pages, programs and the record."""
    before = removed.changes_before
    return {**asdict(removed), "changes_before": before.isoformat() if before else None}
