"""What has to change so that the records are what an integration wants them to be.

In two steps, because most records are equal from one day to the next: `to_read` compares digests
and names the records that have to be looked at; once those are read, `diff` decides. Test and live
runs both come through here (promise 1). What is decided does not depend on the order of rows.
"""

from typing import Literal

import polars as pl

from rollcall.core.plans.digest import digest
from rollcall.core.plans.frames import all_different
from rollcall.core.plans.plan import ChangeKind, Changes, Wanted

_STORED = "stored:"


def to_read(target: Wanted, keys: pl.DataFrame) -> pl.DataFrame:
    """The keys (key columns) of the stored records that `diff` needs to see.

    `keys`: key, digest and the columns of `wanted.keep_blank` of every stored record of the type
    (of the school years that are wanted or in scope, when the type has them); a column in which no
    record has a value may be left out.
    These are the records whose digest differs from the wanted one, those with fields to keep
    (`kept`), and those to be removed. ValueError when a key is wanted twice.
    """
    key = list(target.record.key)
    if not all_different(target.frame.select(key)):
        raise ValueError(f"a {target.record.name} record is wanted twice")
    rows, unmatched = _undecided(target, keys)
    differing = unmatched.select(key).join(rows, on=key, how="semi", nulls_equal=True)
    leaving = _leaving(target, unmatched).join(rows, on=key, how="anti", nulls_equal=True)
    return pl.concat([differing, leaving])


def _undecided(target: Wanted, keys: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Without the records that are stored exactly as they are wanted: the wanted rows' keys, and
    the rest of `keys`. A digest covers the key, so equal digests are found without it.
    """
    key = list(target.record.key)
    filled = target.frame
    if any(
        name in keys.columns and keys[name].null_count() < keys.height for name in target.keep_blank
    ):
        filled = _filled(target, filled, _beside(filled, keys, key))
    rows = target.frame.select(key).with_columns(digest(filled, target.record))
    columns = _kept_columns(target, target.frame)
    keeps_columns = [pl.col("kept").list.contains(name).fill_null(False) for name in columns]
    # Which rows keep a column of the record as it is stored.
    keeps = target.frame.with_columns(
        keeps=pl.any_horizontal(pl.lit(False), *keeps_columns)
    ).get_column("keeps")
    sure = rows.filter(~keeps)
    undecided = pl.concat([rows.filter(keeps), sure.join(keys, on="digest", how="anti")])
    unmatched = keys if target.scope is None else keys.join(sure, on="digest", how="anti")
    return undecided.select(key), unmatched


def _beside(frame: pl.DataFrame, stored: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The stored record of each row of `frame`, in its order; null where there is none."""
    return frame.select(key).join(
        stored, on=key, how="left", nulls_equal=True, maintain_order="left"
    )


def _leaving(target: Wanted, keys: pl.DataFrame) -> pl.DataFrame:
    """The keys among `keys` that are in the scope and not shielded."""
    inside = keys.select(list(target.record.key))
    if target.scope is None:
        return inside.clear()
    inside = _matching(inside, target.scope, "semi")
    return inside if target.shielded is None else _matching(inside, target.shielded, "anti")


def _matching(
    keys: pl.DataFrame, scope: pl.DataFrame, how: Literal["semi", "anti"]
) -> pl.DataFrame:
    return keys.join(scope, on=scope.columns, how=how, nulls_equal=True)


def _filled(target: Wanted, frame: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """`frame` with the values it leaves open taken from `stored`, row by row (seed 001, A-57..62).

    `stored` has the columns concerned and as many rows; a row without a stored record keeps null.
    """
    open_columns = [*target.keep_blank, *_kept_columns(target, frame)]
    fillable = [name for name in dict.fromkeys(open_columns) if name in stored.columns]
    if not fillable:
        return frame
    both = frame.hstack(stored.select(pl.col(fillable).name.prefix(_STORED)))
    return both.with_columns(
        pl.when(_stays(target, frame, name)).then(_STORED + name).otherwise(name).alias(name)
        for name in fillable
    ).drop(pl.selectors.starts_with(_STORED))


def _stays(target: Wanted, frame: pl.DataFrame, name: str) -> pl.Expr:
    """Whether column `name` stays as it is stored: it is blank where a blank changes nothing, or
    its text could not be read.
    """
    blank = pl.col(name).is_null() if name in target.keep_blank else pl.lit(False)
    if "kept" not in frame.columns:
        return blank
    return blank | pl.col("kept").list.contains(name).fill_null(False)


def _kept_columns(target: Wanted, frame: pl.DataFrame) -> list[str]:
    """The record's columns that some row of `frame` keeps."""
    if "kept" not in frame.columns:
        return []
    columns = set(frame["kept"].explode().drop_nulls().unique())
    return [name for name in target.record.columns if name in columns]


def diff(target: Wanted, keys: pl.DataFrame, current: pl.DataFrame) -> Changes:
    """The changes that make the stored records what is wanted.

    `keys` as for `to_read`; `current`: key and columns of the records it named. More do no harm; a
    stored record that is not in `current` stays as it is.
    """
    schema = target.record.schema
    current = current.select(list(schema)).cast(pl.Schema(schema))
    added, updated = _added(target, keys), _updated(target, current)
    key = list(target.record.key)
    leaving = _leaving(target, current).join(target.frame, on=key, how="anti", nulls_equal=True)
    gone = current.join(leaving, on=key, how="semi", nulls_equal=True).sort(key)
    lineless = gone.with_columns(line=pl.lit(None, pl.UInt32))
    removed = _changed(target, lineless, ChangeKind.REMOVE)
    written = pl.concat([added, updated])
    # A file's rows mostly are in order, and sorting wide rows copies them.
    if written["line"].has_nulls() or not (written["line"].diff().drop_nulls() > 0).all():
        written = written.sort("line", *key)
    touched = pl.concat([updated.select(key), removed.select(key)])
    return Changes(
        record=target.record,
        after=pl.concat([written, removed]),
        before=current.join(touched, on=key, how="semi", nulls_equal=True).sort(key),
        unchanged=target.frame.height - added.height - updated.height,
        population=_population(target, keys),
        stamp=target.frame.select(key) if target.stamp else None,
    )


def _population(target: Wanted, keys: pl.DataFrame) -> int:
    """How many records are held that the changes are to be measured by: where the type has school
    years, those of the years in question, lest old years hide that this year's are going.
    """
    if "school_year" not in target.record.key:
        return keys.height
    frames = [target.frame, *([] if target.scope is None else [target.scope])]
    years = [frame["school_year"] for frame in frames if "school_year" in frame.columns]
    if not years or pl.concat(years).is_empty():
        return keys.height
    return int(keys["school_year"].is_in(pl.concat(years).unique().implode()).sum())


def _added(target: Wanted, keys: pl.DataFrame) -> pl.DataFrame:
    key = list(target.record.key)
    fresh = target.frame.join(keys, on=key, how="anti", nulls_equal=True)
    nothing = fresh.select(
        pl.when(False).then(name).alias(name) for name in _kept_columns(target, fresh)
    )
    filled = _filled(target, fresh, nothing)
    return _changed(target, filled, ChangeKind.ADD)


def _updated(target: Wanted, current: pl.DataFrame) -> pl.DataFrame:
    key = list(target.record.key)
    records = target.frame.join(current, on=key, how="semi", nulls_equal=True)
    records = records.cast(pl.Schema(target.record.schema))
    stored = _beside(records, current, key)
    filled = _filled(target, records, stored)
    same = digest(filled, target.record).eq_missing(digest(stored, target.record))
    return _changed(target, filled.filter(~same), ChangeKind.UPDATE)


def _changed(target: Wanted, records: pl.DataFrame, kind: ChangeKind) -> pl.DataFrame:
    """Records as rows of `Changes.after`."""
    schema = target.record.schema
    return records.select(
        pl.lit(kind, pl.String).alias("change"),
        pl.col("line").cast(pl.UInt32),
        *(pl.col(name).cast(dtype) for name, dtype in schema.items()),
    )


def field_changes(changes: Changes) -> pl.DataFrame:
    """Each field that changes: change, line, key, field, before, after (as text; dates ISO).

    For an added record its fields with a value, for a removed one those it had. On demand only: it
    has a row for every field.
    """
    key = list(changes.record.key)
    before = _beside(changes.after, changes.before, key)
    after = changes.after
    gone = pl.col("change") == ChangeKind.REMOVE
    parts = [
        after.select("change", "line", *key, pl.col(name).cast(pl.String).alias("after"))
        .with_columns(before[name].cast(pl.String).alias("before"), field=pl.lit(name))
        .with_columns(after=pl.when(gone).then(None).otherwise("after"))
        .filter(pl.col("before").ne_missing(pl.col("after")))
        .select("change", "line", *key, "field", "before", "after")
        for name in changes.record.columns
    ]
    return pl.concat(parts).sort("line", *key, "field", nulls_last=True)
