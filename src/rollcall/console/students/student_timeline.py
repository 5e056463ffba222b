"""A student's timeline: one entry for each change, with its fields before -> after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from rollcall.core.plans.record_fields import words_of
from rollcall.records.types import RECORD_TYPES

#: The words for kinds in the change log, and their tones.
_KINDS: Mapping[str, tuple[str, str]] = {
    "add": ("added", "good"),
    "update": ("changed", "busy"),
    "remove": ("removed", "bad"),
}
#: Columns that are not shown.
_HIDDEN = frozenset({"digest"})


@dataclass(frozen=True)
class FieldChange:
    """One field, before -> after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change of a record: when, of what, by which run and line or which person."""

    pk: int
    at: datetime
    record: str
    did: str
    tone: str
    run: int | None
    input: str | None
    line: int | None
    by: str
    fields: list[FieldChange]

    @property
    def long(self) -> bool:
        """Whether its fields are folded away: a full record was added or removed."""
        return self.did != "changed" and len(self.fields) > 3


#: By record type, the labels of its columns.
Labels = Mapping[str, Mapping[str, str]]


def entries(history: pl.DataFrame, labels: Labels) -> list[Entry]:
    """The entries of a page of `engine.students.student_rows.history` (HISTORY_SCHEMA), in its
    order.
    """
    groups = history.partition_by("id", maintain_order=True)
    return [_entry(group.rows(named=True), labels) for group in groups]


def _entry(rows: list[dict[str, Any]], labels: Labels) -> Entry:
    """The entry of one change, from its rows: one for each field."""
    first = rows[0]
    # Neither a run nor a person: the database's user.
    user = (first["source"] or "").removeprefix("sql").strip()
    source = f"SQL, as {user}" if user else "SQL"
    record, words = RECORD_TYPES.get(first["record"]), labels.get(first["record"], {})
    did, tone = _KINDS.get(first["kind"], (first["kind"], "quiet"))
    return Entry(
        pk=first["id"],
        at=first["at"],
        record=record.singular if record else words_of(first["record"]),
        did=did,
        tone=tone,
        run=first["run_id"],
        input=first["input"],
        line=first["line"],
        by=first["person"] or ("" if first["run_id"] else source),
        fields=[
            FieldChange(
                words.get(row["field"]) or words_of(row["field"]),
                row["before"] or "",
                row["after"] or "",
            )
            for row in rows
            if row["field"] not in _HIDDEN
        ],
    )
