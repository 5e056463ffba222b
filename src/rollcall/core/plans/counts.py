"""Counts of a plan, as pages, mails and the command line show them (promise 1: they add up)."""

from collections.abc import Iterable, Mapping

import polars as pl

from rollcall.core.integration import Input
from rollcall.core.plans.plan import (
    ChangeKind,
    Changes,
    Outcome,
    Plan,
)

#: What each kind of change is called once counted, in the order shown.
CHANGE_WORDS: Mapping[ChangeKind, str] = {
    ChangeKind.ADD: "added",
    ChangeKind.UPDATE: "updated",
    ChangeKind.END: "ended",
    ChangeKind.REMOVE: "removed",
    ChangeKind.NONE: "unchanged",
}


def row_counts(rows: pl.DataFrame) -> dict[str, int]:
    """How many rows were read and how many have each outcome; `rows`: OUTCOME_SCHEMA.

    ValueError when a row has no known outcome, for then the counts would not add up.
    """
    by_outcome = dict(rows.group_by("outcome").len().iter_rows())
    counts = {str(outcome): int(by_outcome.pop(outcome, 0)) for outcome in Outcome}
    if by_outcome:
        raise ValueError(f"{sum(by_outcome.values())} rows have no known outcome")
    return {"read": rows.height, **counts}


def change_counts(changes: Iterable[Changes]) -> dict[str, int]:
    """How many records are added, updated, ended, removed and unchanged over `changes`."""
    every_change = list(changes)
    return {word: sum(c.count(kind) for c in every_change) for kind, word in CHANGE_WORDS.items()}


def input_counts(rows: pl.DataFrame, changes: Iterable[Changes]) -> dict[str, int]:
    """All counts of one input: its rows, and the changes of the record types it feeds."""
    return {**row_counts(rows), **change_counts(changes)}


def plan_counts(plan: Plan, inputs: Iterable[Input]) -> dict[str, dict[str, int]]:
    """All counts of a plan by input, for the inputs it has rows of; of changes that come from no
    input by what is changed.
    """
    of_inputs = {
        input.name: input_counts(
            plan.rows[input.name],
            [plan.changes[name] for name in input.records if name in plan.changes],
        )
        for input in inputs
        if input.name in plan.rows
    }
    fed = {name for input in inputs for name in input.records}
    return of_inputs | {
        name: change_counts([changes]) for name, changes in plan.changes.items() if name not in fed
    }
