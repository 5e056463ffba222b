"""Documents as the queue and the mirror keep them: one text of the key, one of all columns."""

from functools import cache

import polars as pl

from rollcall.core.plans.digest import SEPARATOR, canonical
from rollcall.core.plans.record_types import RecordType

#: Whether a text has as many parts as the record has columns; no column is called so.
_COMPLETE = "complete text"


def key_texts(record: RecordType, frame: pl.DataFrame) -> pl.Series:
    """The canonical text (core.plans.digest) of each document's key; a series named `key`."""
    key = RecordType(record.name, record.title, record.key, {})
    return frame.select(canonical(key).alias("key")).to_series()


def flat_texts(record: RecordType, frame: pl.DataFrame) -> pl.Series:
    """The canonical text of each document's key and columns; a series named `flat`."""
    return frame.select(canonical(record).alias("flat")).to_series()


def from_flat(record: RecordType, texts: pl.Series) -> pl.DataFrame:
    """The documents that `flat_texts` wrote: key and columns.

    A text does not say which columns it has. One with another number of them was written before a
    resource got or lost a column: of it only the key is read, so that no value lands in another's
    column. Its digest is another than that of any document now, so the document is sent again.
    """
    parted, typed = _parts(tuple(record.key), tuple(record.schema.items()))
    return texts.alias("flat").cast(pl.String).to_frame().select(parted).select(typed)


def from_key(record: RecordType, texts: pl.Series) -> pl.DataFrame:
    """The key columns that key texts stand for."""
    return from_flat(RecordType(record.name, record.title, record.key, {}), texts)


@cache
def _parts(
    key: tuple[str, ...], columns: tuple[tuple[str, pl.DataType], ...]
) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """How to part a text, and how to make columns of its parts."""
    parts = pl.col("flat").str.split_exact(SEPARATOR, len(columns) - 1)
    parsed = parts.struct.rename_fields([name for name, _ in columns]).struct.unnest()
    complete = pl.col("flat").str.count_matches(SEPARATOR, literal=True) == len(columns) - 1
    typed = []
    for name, dtype in columns:
        there = pl.col(name) != ""
        text = pl.when(there if name in key else there & pl.col(_COMPLETE)).then(pl.col(name))
        typed.append((text.cast(pl.Int32) if dtype == pl.Date else text).cast(dtype).alias(name))
    return [parsed, complete.alias(_COMPLETE)], typed
