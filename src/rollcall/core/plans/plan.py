"""The plan: what a run wants to change, decided before anything is written.

One planner serves test and live runs (promise 1): `diff` compares what an integration wants with
what the district holds, and the engine applies exactly what came out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from rollcall.core.plans.record_types import RecordType


class Outcome(StrEnum):
    """What became of a row; every row read has exactly one."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    DUPLICATE = "duplicate"
    AMBIGUOUS = "ambiguous"
    REJECTED = "rejected"


class ChangeKind(StrEnum):
    """What a change does to a record."""

    ADD = "add"
    UPDATE = "update"
    END = "end"
    REMOVE = "remove"
    NONE = "none"


#: First columns of every row-outcome frame; an integration adds the columns its reports show.
#: `rule` says which rule decided ("state_id", "name_birth_date", ...), `local_id` whom it matched,
#: `candidates` the local ids it could not choose from, sorted: all of them in the first row of its
#: kind by line, FEW in the others (thousands of rows can be about thousands of students).
OUTCOME_SCHEMA: dict[str, pl.DataType] = {
    "line": pl.UInt32(),
    "outcome": pl.String(),
    "rule": pl.String(),
    "local_id": pl.String(),
    "candidates": pl.List(pl.String()),
}


#: Of the candidates of a row so many are named; one more is kept, to tell that there are more.
NAMED = 5
FEW = NAMED + 1


def in_full_once(rows: pl.DataFrame, lists: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """line, candidates of `rows` (line, key) as OUTCOME_SCHEMA has them; `lists`: key, candidates,
    each key once. What this takes grows with the rows and the students, never with both.
    """
    first = rows.group_by(key).agg(pl.col("line").min())
    repeated = rows.join(first, on="line", how="anti")
    few = lists.with_columns(pl.col("candidates").list.head(FEW))
    parts = [
        first.join(lists, on=key, nulls_equal=True),
        repeated.join(few, on=key, nulls_equal=True),
    ]
    return pl.concat([part.select("line", "candidates") for part in parts])


def candidate_words(candidates: Sequence[str] | None) -> str:
    """The first few candidates as people read them: "100004, 100005"; "" when there are none."""
    listed = ", ".join((candidates or [])[:NAMED])
    return f"{listed} and others" if candidates and len(candidates) > NAMED else listed


@dataclass(frozen=True)
class Wanted:
    """What an integration wants the records of one type to be.

    `frame`: the record type's key and columns plus `line` (UInt32), where the row comes from.
    `keep_blank`: columns in which a null leaves the stored value (seed 001: A-57..A-62).
    `kept` in the frame (List[String], optional): further columns to leave as they are, per row.
    `scope`: key columns (a subset, e.g. local_id + school_year) whose other records are removed:
    a student's services of a year are replaced by the file's. None: nothing is ever removed.
    `shielded`: like `scope`; records there are never removed, because a row about them was refused.
    `stamp`: local ids this run confirms as of today ("last updated"), changed or not.
    """

    record: RecordType
    frame: pl.DataFrame
    keep_blank: tuple[str, ...] = ()
    scope: pl.DataFrame | None = None
    shielded: pl.DataFrame | None = None
    stamp: bool = False


@dataclass(frozen=True)
class Changes:
    """The changes to one record type.

    `after`: `change` (ChangeKind), `line`, key, columns: the whole record as it is to be (for a
    removal as it was). Records with nothing to change are counted in `unchanged`, not listed.
    `before`: key and columns of the records that are updated or removed, as they are now.
    `population`: how many records of the type the district (or the scope) holds before the run.
    """

    record: RecordType
    after: pl.DataFrame
    before: pl.DataFrame
    unchanged: int
    population: int
    stamp: pl.DataFrame | None = None

    def count(self, kind: ChangeKind) -> int:
        """How many changes of `kind` there are; NONE counts the unchanged records."""
        if kind is ChangeKind.NONE:
            return self.unchanged
        return int((self.after["change"] == kind).sum())


@dataclass(frozen=True)
class Plan:
    """All a run has decided: `rows` by input table, `changes` by record type.

    `absent`, by record type: the keys of the records the district holds and no row was about, for
    the types an integration reports on (`Integration.report_views`).
    `excluded`, by input: the lines whose changes a person left out when they approved the run.
    """

    rows: dict[str, pl.DataFrame]
    changes: dict[str, Changes]
    findings: pl.DataFrame
    absent: dict[str, pl.DataFrame] = field(default_factory=dict)
    excluded: dict[str, list[int]] = field(default_factory=dict)
