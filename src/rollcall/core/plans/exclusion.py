"""Changes that a person leaves out of a plan when they approve it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from rollcall.core.integration import Input
from rollcall.core.plans.plan import Changes, Plan
from rollcall.core.plans.record_types import RecordType

#: Columns of the frame of excluded changes. `key`: the record's key, as `key_words` says it.
EXCLUDED_SCHEMA: dict[str, pl.DataType] = {
    "record": pl.String(),
    "change": pl.String(),
    "input": pl.String(),
    "line": pl.UInt32(),
    "key": pl.String(),
}

#: A record's key as texts (dates ISO), null where a part has no value.
Key = Mapping[str, str | None]


@dataclass(frozen=True)
class Exclusion:
    """What is left out: whatever a line of an input changes, and changes to single records.

    `lines`: input to line numbers. `keys`: record type to keys, for changes that no line asks for,
    such as removals.
    """

    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    keys: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.lines.values()) or any(self.keys.values())

    def has(self, input: str, line: int | None, record: str, key: Key) -> bool:
        """Whether a change is left out."""
        by_line = line is not None and line in self.lines.get(input, ())
        return by_line or key in self.keys.get(record, ())

    def as_json(self) -> dict[str, Any]:
        """As it is stored; `from_json` reads it."""
        return {
            "lines": {input: sorted(lines) for input, lines in self.lines.items()},
            "keys": {record: [dict(key) for key in keys] for record, keys in self.keys.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Exclusion":
        """What `as_json` gave; nothing is left out of an empty value."""
        return cls(
            {input: frozenset(lines) for input, lines in stored.get("lines", {}).items()},
            {record: tuple(keys) for record, keys in stored.get("keys", {}).items()},
        )


def key_texts(record: RecordType, row: Mapping[str, Any]) -> dict[str, str | None]:
    """The key of a record as texts; `row` has its key columns."""
    return {name: None if row[name] is None else str(row[name]) for name in record.key}


def key_words(key: Key) -> str:
    """A key in words: "local_id: 100001, occurrence: 2"."""
    return ", ".join(f"{name}: {'(blank)' if part is None else part}" for name, part in key.items())


def source_inputs(inputs: Iterable[Input], names: Iterable[str]) -> dict[str, str]:
    """Record type to the input its changes' lines are of: of the given inputs that feed it, the
    first as the integration declares them.
    """
    present = set(names)
    sources: dict[str, str] = {}
    for input in inputs:
        if input.name in present:
            for record in input.records:
                sources.setdefault(record, input.name)
    return sources


def leave_out(
    plan: Plan, exclusion: Exclusion, inputs: Iterable[Input]
) -> tuple[Plan, pl.DataFrame]:
    """(the plan without the excluded changes, those changes: EXCLUDED_SCHEMA).

    A record whose change is excluded stays as it is and is not stamped. Rows keep their outcomes,
    findings stay, and what is unchanged is counted as before; `Plan.excluded` names the lines.
    """
    sources = source_inputs(inputs, plan.rows)
    remaining: dict[str, Changes] = {}
    out = [pl.DataFrame(schema=EXCLUDED_SCHEMA)]
    for name, changes in plan.changes.items():
        source = sources.get(name, "")
        left_out = is_out(changes.after, changes.record, source, exclusion)
        remaining[name] = _without(changes, left_out) if left_out.any() else changes
        parts = [
            pl.format("{}: {}", pl.lit(name), pl.col(name).cast(pl.String).fill_null("(blank)"))
            for name in changes.record.key
        ]
        line = pl.col("line")
        out.append(
            changes.after.filter(left_out).select(
                pl.lit(changes.record.name).alias("record"),
                "change",
                pl.when(line.is_null()).then(pl.lit("")).otherwise(pl.lit(source)).alias("input"),
                "line",
                pl.concat_str(parts, separator=", ").alias("key"),
            )
        )
    excluded = pl.concat(out)
    lines = excluded.filter(pl.col("line").is_not_null()).group_by("input").agg("line")
    return replace(plan, changes=remaining, excluded=dict(lines.iter_rows())), excluded


def with_excluded(
    counts: Mapping[str, Mapping[str, int]], excluded: pl.DataFrame, inputs: Iterable[Input]
) -> dict[str, dict[str, int]]:
    """Counts (core.plans.counts.plan_counts) with how many changes are `excluded`; as they are when
    none is.
    """
    if excluded.is_empty():
        return {name: dict(numbers) for name, numbers in counts.items()}
    fed = {input.name: list(input.records) for input in inputs}
    return {
        name: {**numbers, "excluded": int(excluded["record"].is_in(fed.get(name, [name])).sum())}
        for name, numbers in counts.items()
    }


def is_out(
    changed: pl.DataFrame, record: RecordType, source: str, exclusion: Exclusion
) -> pl.Series:
    """Which rows of `changed` (line and the record's key) are excluded; `source`: the input the
    lines are of.
    """
    lines = pl.Series(sorted(exclusion.lines.get(source, ())), dtype=pl.UInt32)
    by_line = changed["line"].is_in(lines.implode()).fill_null(False)
    keys = exclusion.keys.get(record.name, ())
    if not keys:
        return by_line
    names = list(record.key)
    excluded = pl.DataFrame(keys, schema=dict.fromkeys(names, pl.String())).unique()
    texts = changed.select(pl.col(names).cast(pl.String))
    marked = texts.join(
        excluded.with_columns(out=pl.lit(True)),
        on=names,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    return by_line | marked["out"].fill_null(False)


def _without(changes: Changes, left_out: pl.Series) -> Changes:
    key = list(changes.record.key)
    out = changes.after.filter(left_out).select(key)

    def rest(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(out, on=key, how="anti", nulls_equal=True, maintain_order="left")

    return replace(
        changes,
        after=changes.after.filter(~left_out),
        before=rest(changes.before),
        stamp=None if changes.stamp is None else rest(changes.stamp),
    )
