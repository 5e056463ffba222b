"""An index of a plan's changes: what a page filters and counts by, a narrow row for each change.

The records of a million changes are wide. The index says of each which kind it is, whose, at which
school, which fields it changes, and where its record as it was is found; so a page reads the index
and then only the records it shows.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.plans.record_types import RecordType

#: Changed fields are bits, in words of so many.
_WORD = 63
#: What the index copies of a record where its type has it.
COPIED = ("local_id", "school_code")


def in_order_of_changes(changes: Changes) -> pl.DataFrame:
    """`changes.before` in the order of `changes.after`, so that a page's records lie together."""
    key = list(changes.record.key)
    touched = changes.after.filter(pl.col("change") != ChangeKind.ADD).select(key)
    return touched.join(changes.before, on=key, how="left", nulls_equal=True, maintain_order="left")


def change_index(changes: Changes, before: pl.DataFrame) -> pl.DataFrame:
    """One row for each of `changes.after`, in its order; `before` as `in_order_of_changes` gives.

    Columns: change, line, local_id and school_code where the type has them, `before` (UInt32: the
    row of the record as it was, null for an addition) and `fields0`, `fields1` ...: a bit for each
    column of the record that changes; for an addition those with a value, for a removal those that
    had one.
    """
    after = changes.after
    touched = pl.col("change") != ChangeKind.ADD
    place = pl.when(touched).then(touched.cum_sum().cast(pl.UInt32) - 1).alias("before")
    copied = [name for name in COPIED if name in changes.record.schema]
    narrow = after.select("change", "line", *copied, place)
    return narrow.hstack(_bits(changes, before))


def _bits(changes: Changes, before: pl.DataFrame) -> pl.DataFrame:
    """The words of changed fields of each change."""
    after, columns = changes.after, list(changes.record.columns)
    has_value = [pl.col(name).is_not_null() for name in columns]
    words = after.select(_words(has_value))
    rewritten = after["change"].is_in([ChangeKind.UPDATE, ChangeKind.END])
    if not rewritten.any():
        return words
    new = after.filter(rewritten).select(columns)
    touched = after.filter(pl.col("change") != ChangeKind.ADD)["change"]
    was = before.filter(touched != ChangeKind.REMOVE).select(pl.col(columns).name.prefix("was:"))
    differs = [pl.col(name).ne_missing(pl.col(f"was:{name}")) for name in columns]
    marked = new.hstack(was).select(_words(differs))
    places = rewritten.arg_true()
    return words.with_columns(words[name].scatter(places, marked[name]) for name in words.columns)


def _words(conditions: Sequence[pl.Expr]) -> list[pl.Expr]:
    """One number for each 63 conditions, a bit for each that holds; at least one."""
    return [
        pl.sum_horizontal(
            pl.lit(0, pl.UInt64),
            *(
                pl.when(condition).then(pl.lit(1 << bit, pl.UInt64)).otherwise(0)
                for bit, condition in enumerate(conditions[start : start + _WORD])
            ),
        ).alias(f"fields{start // _WORD}")
        for start in range(0, max(len(conditions), 1), _WORD)
    ]


def changes_field(record: RecordType, field: str) -> pl.Expr:
    """Whether a change of the index changes `field`; ValueError when the type has no such."""
    place = list(record.columns).index(field)
    bit = pl.lit(1 << place % _WORD, pl.UInt64)
    return (pl.col(f"fields{place // _WORD}") & bit) != 0


def field_counts(record: RecordType) -> Iterator[pl.Expr]:
    """How many of an index's changes change each field, under the field's name."""
    for name in record.columns:
        yield changes_field(record, name).sum().alias(name)
