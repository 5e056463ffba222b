"""The digest of a record: equal digests, equal records.

The database keeps the same digest beside each record (`records.fields.Canonical` is this in SQL),
so that a planner recognizes what is already there without reading it.
"""

from functools import cache

import polars as pl
import polars_hash  # noqa: F401 - adds the `nchash` expressions to Polars
from polars.datatypes import DataType

from rollcall.core.plans.record_types import RecordType

#: Between the values: the "unit separator", which no value of a file or a form has.
SEPARATOR = "\x1f"
#: Rows hashed at a time: slices keep every core busy and the joined texts in the cache.
SLICE = 50_000


def digest(frame: pl.DataFrame, record_type: RecordType) -> pl.Series:
    """The digest of each record in `frame` (the type's key and columns; others are ignored).

    MD5 in hex (facts section 6: not for security) of the canonical text. A String series named
    `digest`, in the order of the rows.
    """
    md5 = canonical(record_type).nchash.md5().alias("digest")  # type: ignore[attr-defined] # plugin
    if frame.height <= SLICE:
        return frame.select(md5).to_series()
    starts = range(0, frame.height, SLICE)
    slices = pl.collect_all([frame.lazy().slice(start, SLICE).select(md5) for start in starts])
    return pl.concat(slices)["digest"]


def canonical(record_type: RecordType) -> pl.Expr:
    """Key and columns as one text: a date as days since 1970-01-01, no value as empty text."""
    return _joined(tuple(record_type.schema.items()))


@cache
def _joined(columns: tuple[tuple[str, DataType], ...]) -> pl.Expr:
    """Put together once for each record type: for a few records that costs more than the rest."""
    texts = [
        (pl.col(name).cast(pl.Int32) if dtype == pl.Date else pl.col(name)).cast(pl.String)
        for name, dtype in columns
    ]
    return pl.concat_str([text.fill_null("") for text in texts], separator=SEPARATOR)
