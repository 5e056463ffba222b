"""Undo of what a run sent: which documents are put back, and which are kept as they are. Pure.

A document is put back only when the partner still has it just as the run left it (promise 6).
"""

from dataclasses import dataclass

import polars as pl

from rollcall.core.plans.digest import digest
from rollcall.core.plans.plan import ChangeKind, Changes, Wanted
from rollcall.core.sending.canonical_texts import key_texts
from rollcall.core.sending.outbound import Resource


@dataclass(frozen=True)
class PuttingBack:
    """Of one resource. `target`: the documents as they were before, and those to be taken away as
    its scope; `keys` (key text, digest): how the partner has them. `kept` (key text, local_id):
    what was changed since, is on its way, or can never be taken away.
    """

    target: Wanted
    keys: pl.DataFrame
    kept: pl.DataFrame


def putting_back(
    resource: Resource, sent: Changes, at_partner: pl.DataFrame, on_their_way: pl.DataFrame
) -> PuttingBack:
    """What undoes the changes that a run sent. `at_partner`: key (text) and digest of the partner's
    documents; `on_their_way`: students (local_id) of whom something is being sent.
    """
    record = resource.record
    before = _texts(resource, sent.before).select("text", "digest")
    changed = (
        _texts(resource, sent.after)
        .select("text", "change", "local_id", "digest")
        .with_columns(digest=pl.when(pl.col("change") != ChangeKind.REMOVE).then("digest"))
        .join(before.rename({"digest": "was"}), on="text", how="left")
        .join(
            at_partner.select(text="key", now="digest"),
            on="text",
            how="left",
            maintain_order="left",
        )
    )
    # What the partner never took is as it was before.
    moved = changed.filter(~pl.col("now").eq_missing(pl.col("was")))
    busy = pl.col("local_id").is_in(on_their_way["local_id"].implode()).fill_null(False)
    lasts = (pl.col("change") == ChangeKind.ADD) & (not resource.removable)
    as_sent = pl.col("now").eq_missing(pl.col("digest"))
    goes_back = moved.filter(as_sent & ~busy & ~lasts)
    added = goes_back.filter(pl.col("change") == ChangeKind.ADD)
    frame = _texts(resource, sent.before).join(goes_back, on="text", how="semi")
    scope = _texts(resource, sent.after).join(added, on="text", how="semi")
    return PuttingBack(
        target=Wanted(
            record=record,
            frame=frame.select(list(record.schema)).with_row_index("line", 1),
            scope=scope.select(list(record.key)),
        ),
        keys=goes_back.filter(pl.col("now").is_not_null()).select(key="text", digest="now"),
        kept=moved.join(goes_back, on="text", how="anti").select("local_id", key="text"),
    )


def _texts(resource: Resource, documents: pl.DataFrame) -> pl.DataFrame:
    """The documents with the text of their key and their digest."""
    record = resource.record
    return documents.with_columns(
        key_texts(record, documents).alias("text"), digest(documents, record).alias("digest")
    )
