"""A plan as stored files, and back: what was previewed is what is approved and applied."""

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from rollcall.core.files.tables import Form
from rollcall.core.plans.change_index import change_index, field_counts, in_order_of_changes
from rollcall.core.plans.plan import Changes, Plan
from rollcall.core.plans.record_types import RecordType
from rollcall.engine import artifacts
from rollcall.engine.models import Run

#: Rows a piece of a stored frame has: what is read of it at once for a single row.
GROUP = 16_384
_FORMS = "forms.json"


def save(run: Run, plan: Plan) -> None:
    """Store every frame of the plan as Parquet, and its numbers as JSON.

    Rows lie by line, and the records as they were in the order of the changes, each with an index
    (core.plans.change_index): a page of a million rows is read without the others.
    """
    for name, frame in _frames(plan):
        write(run, name, frame)
    counted = {name: _save_changes(run, name, changes) for name, changes in plan.changes.items()}
    numbers = {
        "inputs": list(plan.rows),
        "changes": {
            name: {
                "unchanged": changes.unchanged,
                "population": changes.population,
                "stamp": changes.stamp is not None,
                "kinds": counted[name],
            }
            for name, changes in plan.changes.items()
        },
        "absent": list(plan.absent),
    }
    artifacts.store(run, "plan", "plan.json", [json.dumps(numbers).encode()])


def _save_changes(run: Run, name: str, changes: Changes) -> dict[str, dict[str, int]]:
    """Store the changes to one record type; by kind, how many there are of it ("") and of those
    how many change each field.
    """
    before = in_order_of_changes(changes)
    index = change_index(changes, before)
    parts = {"after": changes.after, "before": before, "index": index, "stamp": changes.stamp}
    for part, frame in parts.items():
        if frame is not None:
            write(run, f"{name}.{part}", frame)
    counts = (pl.len().alias(""), *field_counts(changes.record))
    counted = index.group_by("change").agg(counts)
    return {
        row.pop("change"): {field: count for field, count in row.items() if count}
        for row in counted.rows(named=True)
    }


def head(run: Run) -> dict[str, Any]:
    """The plan's numbers: `inputs` and `absent` by name; `changes` by record type: unchanged,
    population, stamp, and `kinds` (as `_save_changes` counts). Problem when there is no plan.
    """
    stored: dict[str, Any] = json.loads(path(run, "plan.json").read_bytes())
    return stored


def load(run: Run, records: Iterable[RecordType]) -> Plan:
    """The plan stored for a run; Problem when it is damaged or gone."""
    numbers_of = head(run)
    types = {record.name: record for record in records}
    changes = {
        name: Changes(
            record=types[name],
            after=read(run, f"{name}.after"),
            before=read(run, f"{name}.before"),
            unchanged=numbers["unchanged"],
            population=numbers["population"],
            stamp=read(run, f"{name}.stamp") if numbers["stamp"] else None,
        )
        for name, numbers in numbers_of["changes"].items()
    }
    rows = {name: read(run, f"{name}.rows") for name in numbers_of["inputs"]}
    absent = {name: read(run, f"{name}.absent") for name in numbers_of["absent"]}
    return Plan(rows, changes, read(run, "findings"), absent)


def fingerprint(plan: Plan) -> str:
    """SHA-256 of everything the plan would write, whatever order its rows are in."""
    hashed = hashlib.sha256()
    for name, changes in sorted(plan.changes.items()):
        key = list(changes.record.key)
        for part in (changes.after.drop("line"), changes.before, changes.stamp):
            hashed.update(name.encode())
            if part is not None:
                by = [column for column in key if column in part.columns]
                hashed.update(
                    part.select(sorted(part.columns))
                    .sort(by, nulls_last=False)
                    .write_csv()
                    .encode()
                )
    return hashed.hexdigest()


def _frames(plan: Plan) -> Iterable[tuple[str, pl.DataFrame]]:
    yield "findings", plan.findings
    for name, rows in plan.rows.items():
        yield f"{name}.rows", rows if rows["line"].is_sorted() else rows.sort("line")
    for name, keys in plan.absent.items():
        yield f"{name}.absent", keys


def write(run: Run, name: str, frame: pl.DataFrame) -> None:
    """Store one frame beside the plan."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False, row_group_size=GROUP)
    artifacts.store(run, "plan", f"{name}.parquet", [buffer.getvalue()])


def read(run: Run, name: str) -> pl.DataFrame:
    """A frame stored beside the plan; Problem when it is damaged or gone."""
    return pl.read_parquet(path(run, f"{name}.parquet"))


def scan(run: Run, name: str) -> pl.LazyFrame:
    """The same to be read in part."""
    return pl.scan_parquet(path(run, f"{name}.parquet"))


def path(run: Run, name: str) -> Path:
    """Where a part of the plan is stored; Problem when it is damaged or gone."""
    return artifacts.checked_path(artifacts.wanted(run, "plan", name))


def keep_forms(run: Run, forms: Mapping[str, Form]) -> None:
    """Store how each input turned out to be written, to show its lines as they were."""
    by_input = {name: asdict(form) for name, form in forms.items()}
    artifacts.store(run, "plan", _FORMS, [json.dumps(by_input).encode()])


def form_of(run: Run, input: str) -> Form:
    """How an input of the run is written; Problem when that is damaged or gone."""
    form = json.loads(path(run, _FORMS).read_bytes())[input]
    return Form(**{**form, "header": form["header"] and tuple(form["header"])})
