"""Excluded changes: checked when a person approves, left out when the plan is applied."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from rollcall.core.findings import Codes, Severity
from rollcall.core.integration import Integration
from rollcall.core.plans.exclusion import (
    EXCLUDED_SCHEMA,
    Exclusion,
    Key,
    key_words,
    leave_out,
)
from rollcall.core.plans.plan import ChangeKind, Changes, Plan
from rollcall.core.problems import Problem
from rollcall.engine import registry
from rollcall.engine.models import Approval, Run
from rollcall.engine.plans import plan_store
from rollcall.engine.runs.results import single_finding
from rollcall.records.types import STUDENT, STUDENT_RECORDS

_NAMED = 10

EXCLUDED = Codes.add(
    "approval.excluded",
    Severity.WARNING,
    "Changes were left out by the person who approved the run; those records stay as they were",
    "See the report ExcludedChanges. Correct these rows at their source: the next file that still "
    "has them asks for the same changes again.",
    "the person who approved the run",
)
UNKNOWN = Codes.add(
    "approval.exclude_unknown",
    Severity.ERROR,
    "What is to be excluded changes nothing in this plan",
    "Name a line of an input, or the key of a record, that the plan has a change for.",
    "the person who approves runs",
)
NEEDED = Codes.add(
    "approval.exclude_needed",
    Severity.ERROR,
    "A student whose addition is excluded has other records in this plan",
    "Exclude these too; without the student they cannot be written.",
    "the person who approves runs",
)


def approval_of(run: Run) -> Approval | None:
    """A person's yes to the run's plan."""
    return Approval.objects.filter(run=run, approved=True).first()


def exclusion_of(approval: Approval | None) -> Exclusion:
    """What was left out when a run was approved; nothing when it was not."""
    return Exclusion.from_json(approval.excluded) if approval else Exclusion()


def check(run: Run, exclusion: Exclusion) -> None:
    """Problem when the held run's plan has no change for something excluded, or when it would
    write records of a student whose addition is excluded.
    """
    integration = registry.integration(run.sync.integration)
    plan = plan_store.load(run, integration.records)
    remaining, out = leave_out(plan, exclusion, integration.inputs)
    known_lines = set(out.select("input", "line").rows())
    # By record type and number in the order given: a key may hold what must not be shown.
    known_keys = set(out.select("record", "key").rows())
    unknown = [
        *[
            f"line {line} of {input}"
            for input, lines in exclusion.lines.items()
            for line in sorted(lines)
            if (input, line) not in known_lines
        ],
        *[
            f"{record}, key {number}"
            for record, keys in exclusion.keys.items()
            for number, key in enumerate(keys, 1)
            if (record, key_words(parse_key(record, key, integration))) not in known_keys
        ],
    ]
    if unknown:
        raise Problem(UNKNOWN, "; ".join(unknown[:_NAMED]))
    if needed := _still_needed(plan, remaining):
        raise Problem(NEEDED, "; ".join(needed[:_NAMED]))


def _still_needed(plan: Plan, remaining: Plan) -> list[str]:
    """The records that would be added to students who are not, in words."""
    if STUDENT.name not in plan.changes:
        return []
    missing = _added(plan.changes[STUDENT.name]).join(
        _added(remaining.changes[STUDENT.name]), on="local_id", how="anti"
    )
    needed = []
    for name, changes in remaining.changes.items():
        if name in STUDENT_RECORDS and name != STUDENT.name:
            lines = _added(changes).join(missing, on="local_id", how="semi")["line"]
            needed += [f"{changes.record.title}, line {line}" for line in lines]
    return needed


def _added(changes: Changes) -> pl.DataFrame:
    return changes.after.filter(pl.col("change") == ChangeKind.ADD).select("local_id", "line")


def left_of(
    approval: Approval | None, integration: Integration, plan: Plan
) -> tuple[Plan, pl.DataFrame]:
    """(what is left of a plan that was approved, the changes excluded: EXCLUDED_SCHEMA)."""
    exclusion = exclusion_of(approval)
    if not exclusion:
        return plan, pl.DataFrame(schema=EXCLUDED_SCHEMA)
    return leave_out(plan, exclusion, integration.inputs)


def finding(approval: Approval | None, excluded: pl.DataFrame) -> list[dict[str, Any]]:
    """That changes were excluded and by whom, as a run remembers findings; none when none were."""
    if approval is None or excluded.is_empty():
        return []
    return [{**single_finding(EXCLUDED, f"by {approval.person}"), "count": excluded.height}]


def report(approval: Approval, excluded: pl.DataFrame) -> pl.DataFrame:
    """The report ExcludedChanges: each change that was left out, by whom, when and why."""
    return excluded.select(
        Record="record",
        Change="change",
        Input="input",
        OriginalLineNumber="line",
        Key="key",
        ExcludedBy=pl.lit(approval.person),
        ExcludedAt=pl.lit(approval.at),
        Note=pl.lit(approval.note),
    )


def reason(run: Run, input: str, line: int) -> list[str]:
    """For `explain`: who left the changes of this line out, when and why; else nothing."""
    approval = approval_of(run)
    if approval is None:
        return []
    if line not in Exclusion.from_json(approval.excluded).lines.get(input, ()):
        return []
    why = f": {approval.note}" if approval.note else ""
    on = approval.at.astimezone(ZoneInfo(run.district.timezone))
    return [f"{approval.person} left its changes out on {on:%Y-%m-%d}{why}"]


def parse_key(record: str, values: Mapping[str, Any], integration: Integration) -> Key:
    """A record's key as a person or a page gives it; Problem when it is none of that type's."""
    types = {record_type.name: record_type for record_type in integration.records}
    if record not in types or set(values) != set(types[record].key):
        raise Problem(UNKNOWN, f"{record} has no such key")
    parts = {name: values[name] for name in types[record].key}
    return {name: None if part is None else str(part) for name, part in parts.items()}
