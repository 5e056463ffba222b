"""Which rows of which runs concerned a student, without reading every run."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
from django.db import connection, transaction

from rollcall.core.integration import Input
from rollcall.core.plans.record_types import RecordType
from rollcall.engine import artifacts, registry
from rollcall.engine.models import Run, RunState, Sync
from rollcall.engine.plans import plan_store
from rollcall.engine.students.inbox import undecided_of
from rollcall.engine.students.match_decisions import Place
from rollcall.records.models import ChangeLog, District
from rollcall.records.timeline import TIMELINE_SCHEMA, timeline
from rollcall.records.types import RECORD_TYPES

#: A student in none of a sync's last so many runs is looked for in the run that last changed them.
RECENT = 3
#: TIMELINE_SCHEMA and the input and line of the run that made the change, where one did.
HISTORY_SCHEMA = {**TIMELINE_SCHEMA, "input": pl.String(), "line": pl.UInt32()}


def last_rows(district: District, local_id: str) -> list[Place]:
    """Of each sync the last row that was, or could be, the student's, the newest run first.

    A row that was matched to the student, or that could not choose between them and others.
    """
    last_places = []
    for sync in Sync.objects.filter(district=district):
        inputs = [i for i in registry.integration(sync.integration).inputs if i.person]
        places = (_row_of(run, inputs, local_id) for run in _runs(sync, local_id))
        last_places += [place for place in places if place][:1] if inputs else []
    return sorted(last_places, key=lambda place: -place.run.pk)


def _runs(sync: Sync, local_id: str) -> Iterator[Run]:
    """The sync's last runs, and the one that last changed a record of the student."""
    runs = Run.objects.filter(sync=sync, test=False, state=RunState.DONE, undo_of=None)
    runs = runs.exclude(plan_sha256="").select_related("sync", "version", "district")
    recent = list(runs.order_by("-pk")[:RECENT])
    yield from recent
    changed = ChangeLog.objects.filter(
        district_id=sync.district_id, local_id=local_id, run_id__isnull=False
    )
    changes = changed.order_by("-pk").values_list("run_id", flat=True)[:100]
    numbers = [number for number in changes if number is not None]
    older = runs.filter(pk__in=numbers).exclude(pk__in=[run.pk for run in recent])
    yield from older.order_by("-pk")[:1]


def _row_of(run: Run, inputs: list[Input], local_id: str) -> Place | None:
    """The first row that was matched to the student, or else that could not choose between them
    and others.
    """
    if artifacts.find(run, "plan", "plan.json") is None:
        return None
    stored = plan_store.head(run)["inputs"]
    for input in inputs:
        if input.name in stored:
            rows = plan_store.scan(run, f"{input.name}.rows").select("line", "local_id")
            selected = rows.filter(pl.col("local_id") == local_id).head(1).collect()
            if not selected.is_empty():
                return Place(run, selected["line"][0], input.name)
    undecided = undecided_of(run).filter(pl.col("candidates").list.contains(local_id)).head(1)
    if undecided.is_empty():
        return None
    names = [input.name for input in registry.integration(run.sync.integration).inputs]
    return Place(run, undecided["line"][0], names[undecided["input"][0]])


def history(
    district: District, local_id: str, before: int | None = None, limit: int = 50
) -> pl.DataFrame:
    """A page of the student's timeline, newest first, with the line of the run's file that made
    each change: HISTORY_SCHEMA. `limit`, `before`: see `records.timeline`.
    """
    with transaction.atomic():
        connection.ensure_connection()
        page = timeline(connection.connection, district.pk, local_id, before, limit)
    by_runs = page.filter(pl.col("run_id").is_not_null()).select("run_id", "record").unique()
    runs_by_number = Run.objects.filter(district=district).select_related("sync")
    runs = runs_by_number.in_bulk(by_runs["run_id"].to_list())
    lines = [
        line
        for number, record in by_runs.rows()
        if number in runs
        for line in _lines(runs[number], RECORD_TYPES[record], local_id)
    ]
    names = ("run_id", "record", "same", "input", "line")
    schema = {**{name: pl.String() for name in names}, "run_id": pl.Int64(), "line": pl.UInt32()}
    by_change = pl.DataFrame(lines, schema=schema, orient="row")
    same = page["key"].map_elements(_canonical, pl.String)
    joined = page.with_columns(same=same).join(
        by_change, on=["run_id", "record", "same"], how="left", maintain_order="left"
    )
    return joined.select(list(HISTORY_SCHEMA))


def _lines(
    run: Run, record: RecordType, local_id: str
) -> Iterator[tuple[int, str, str, str | None, Any]]:
    """(run, record type, key, input, line) of the changes that the run planned to the student's
    records; none when its plan is no longer kept.
    """
    if artifacts.find(run, "plan", f"{record.name}.after.parquet") is None:
        return
    changes = plan_store.scan(run, f"{record.name}.after")
    if "local_id" not in record.key:
        return
    mine = changes.filter(pl.col("local_id") == local_id).select("line", *record.key).collect()
    inputs = registry.integration(run.sync.integration).inputs
    input = next((declared.name for declared in inputs if record.name in declared.records), None)
    for row in mine.iter_rows(named=True):
        line = row.pop("line")
        yield run.pk, record.name, _canonical(json.dumps(row, default=str)), input, line


def _canonical(key: str) -> str:
    """A key as the same text, whatever the order of its columns."""
    return json.dumps(json.loads(key), sort_keys=True)
