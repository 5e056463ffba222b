"""Desired submissions: what has to change at a partner, one a document."""

from collections.abc import Iterable, Mapping

import polars as pl

from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import ChangeKind, Changes
from rollcall.core.sending.canonical_texts import flat_texts, key_texts
from rollcall.core.sending.outbound import Resource

#: `kind`: a ChangeKind. `key`, `flat` and `digest` as in core.sending.canonical_texts and
#: core.plans.digest; no `flat` and no `digest`: the document is to go. `old_key`: the natural key
#: it has at the partner, when that is to be changed in place.
DESIRED_SCHEMA: dict[str, pl.DataType] = {
    "resource": pl.String(),
    "key": pl.String(),
    "old_key": pl.String(),
    "local_id": pl.String(),
    "kind": pl.String(),
    "flat": pl.String(),
    "digest": pl.String(),
}


def desired_submissions(
    changes: Mapping[str, Changes], resources: Iterable[Resource]
) -> pl.DataFrame:
    """One submission for each change (DESIRED_SCHEMA)."""
    none = pl.DataFrame(schema=DESIRED_SCHEMA)
    changed = [
        resource
        for resource in resources
        if resource.name in changes and changes[resource.name].after.height
    ]
    parts = [_of_resource(resource, changes[resource.name]) for resource in changed]
    return pl.concat([none, *parts])


def _of_resource(resource: Resource, changes: Changes) -> pl.DataFrame:
    record, after = resource.record, changes.after
    goes = pl.col("kind") == ChangeKind.REMOVE
    whose = resource.about or "local_id"
    all_of_them = after.select("local_id", kind="change", whose=whose).with_columns(
        key_texts(record, after).alias("key"),
        flat_texts(record, after).alias("flat"),
        digest(after, record).alias("digest"),
        resource=pl.lit(resource.name),
        old_key=pl.lit(None, pl.String),
    )
    documents = all_of_them.with_columns(
        pl.when(~goes).then(name).alias(name) for name in ("flat", "digest")
    ).select(*DESIRED_SCHEMA, "whose")
    desired = _with_changed_keys(documents) if resource.key_may_change else documents
    return desired.drop("whose")


def _with_changed_keys(documents: pl.DataFrame) -> pl.DataFrame:
    """A student's one document that goes and one that comes are one whose key changes; not where
    the student gets another number at the partner: what is left under the old one can only be
    taken away as long as it has this document.
    """
    goes = _only_one(documents, ChangeKind.REMOVE)
    comes = _only_one(documents, ChangeKind.ADD)
    pairs = comes.join(goes.select("local_id", "whose", before="key"), on=["local_id", "whose"])
    unchanged = documents.join(pairs, on=["local_id", "key"], how="anti", nulls_equal=True)
    unchanged = unchanged.join(
        pairs, left_on=["local_id", "key"], right_on=["local_id", "before"], how="anti"
    )
    changed = pairs.with_columns(old_key="before", kind=pl.lit(ChangeKind.UPDATE, pl.String))
    return pl.concat([unchanged, changed.select(documents.columns)])


def _only_one(documents: pl.DataFrame, kind: ChangeKind) -> pl.DataFrame:
    of_kind = documents.filter((pl.col("kind") == kind) & pl.col("local_id").is_not_null())
    return of_kind.filter(pl.len().over("local_id") == 1)
