"""A plan as stored files, and back: what was previewed is what is approved and applied."""

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from rollcall.core.plan import Changes, Plan
from rollcall.core.problems import Problem
from rollcall.core.record_types import RecordType
from rollcall.engine import artifacts
from rollcall.engine.models import Run


def save(run: Run, plan: Plan) -> None:
    """Store every frame of the plan as Parquet, and its numbers as JSON."""
    for name, frame in _frames(plan):
        write(run, name, frame)
    head = {
        "inputs": list(plan.rows),
        "changes": {
            name: {
                "unchanged": changes.unchanged,
                "population": changes.population,
                "stamp": changes.stamp is not None,
            }
            for name, changes in plan.changes.items()
        },
        "absent": list(plan.absent),
    }
    artifacts.store(run, "plan", "plan.json", [json.dumps(head).encode()])


def load(run: Run, records: Iterable[RecordType]) -> Plan:
    """The plan stored for a run; Problem when it is damaged or gone."""
    head = json.loads(path(run, "plan.json").read_bytes())
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
        for name, numbers in head["changes"].items()
    }
    rows = {name: read(run, f"{name}.rows") for name in head["inputs"]}
    absent = {name: read(run, f"{name}.absent") for name in head["absent"]}
    return Plan(rows, changes, read(run, "findings"), absent)


def fingerprint(plan: Plan) -> str:
    """SHA-256 of everything the plan would write, whatever order its rows are in."""
    hashed = hashlib.sha256()
    for name, changes in sorted(plan.changes.items()):
        key = list(changes.record.key)
        for part in (changes.after.drop("line"), changes.before, changes.stamp):
            hashed.update(name.encode())
            if part is not None:
                hashed.update(_canonical(part, key))
    return hashed.hexdigest()


def _canonical(frame: pl.DataFrame, key: list[str]) -> bytes:
    by = [column for column in key if column in frame.columns]
    return frame.select(sorted(frame.columns)).sort(by, nulls_last=False).write_csv().encode()


def _frames(plan: Plan) -> Iterable[tuple[str, pl.DataFrame]]:
    yield "findings", plan.findings
    for name, rows in plan.rows.items():
        yield f"{name}.rows", rows
    for name, keys in plan.absent.items():
        yield f"{name}.absent", keys
    for name, changes in plan.changes.items():
        yield f"{name}.after", changes.after
        yield f"{name}.before", changes.before
        if changes.stamp is not None:
            yield f"{name}.stamp", changes.stamp


def write(run: Run, name: str, frame: pl.DataFrame) -> None:
    """Store one frame beside the plan."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="lz4", statistics=False)
    artifacts.store(run, "plan", f"{name}.parquet", [buffer.getvalue()])


def read(run: Run, name: str) -> pl.DataFrame:
    """A frame stored beside the plan; Problem when it is damaged or gone."""
    return pl.read_parquet(path(run, f"{name}.parquet"))


def path(run: Run, name: str) -> Path:
    """Where a part of the plan is stored; Problem when it is damaged or gone."""
    artifact = artifacts.find(run, "plan", name)
    if artifact is None:
        raise Problem(artifacts.ARTIFACT_DAMAGED, name)
    return artifacts.checked_path(artifact)
