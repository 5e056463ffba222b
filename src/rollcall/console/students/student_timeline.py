"""A student's timeline as people read it: one entry a change, with its fields before -> after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from rollcall.core.plans.record_fields import words_of

#: What was done to a record, by the kind in the change log, and its tone.
KINDS: Mapping[str, tuple[str, str]] = {
    "add": ("added", "good"),
    "update": ("changed", "busy"),
    "remove": ("removed", "bad"),
}
#: One record of a type, as entries name it.
RECORDS: Mapping[str, str] = {
    "student": "Student",
    "enrollment": "Enrollment",
    "demographics": "Demographics",
    "program": "Program",
    "special_education": "Special-education record",
    "service": "Service",
    "match_decision": "Decision about unmatched rows",
}
#: Columns that say whose record it is, not what.
_SILENT = frozenset({"digest"})


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
        """Whether its fields are folded away: a whole record that came or went."""
        return self.did != "changed" and len(self.fields) > 3


#: By record type, the words for its columns.
Labels = Mapping[str, Mapping[str, str]]


def entries(history: pl.DataFrame, labels: Labels) -> list[Entry]:
    """The entries of a page of `engine.students.student_rows.history` (HISTORY_SCHEMA), in its
    order.
    """
    groups = history.partition_by("id", maintain_order=True)
    return [_entry(group.rows(named=True), labels) for group in groups]


def _entry(rows: list[dict[str, Any]], labels: Labels) -> Entry:
    first = rows[0]
    did, tone = KINDS.get(first["kind"], (first["kind"], "quiet"))
    return Entry(
        pk=first["id"],
        at=first["at"],
        record=RECORDS.get(first["record"], words_of(first["record"])),
        did=did,
        tone=tone,
        run=first["run_id"],
        input=first["input"],
        line=first["line"],
        by=first["person"] or ("" if first["run_id"] else _source(first["source"])),
        fields=list(_fields(rows, labels.get(first["record"], {}))),
    )


def _source(source: str | None) -> str:
    """Who wrote when it was neither a run nor a person: the database's user."""
    user = (source or "").removeprefix("sql").strip()
    return f"SQL, as {user}" if user else "SQL"


def _fields(rows: Iterable[Mapping[str, Any]], words: Mapping[str, str]) -> Iterable[FieldChange]:
    for row in rows:
        if row["field"] not in _SILENT:
            label = words.get(row["field"]) or words_of(row["field"])
            yield FieldChange(label, row["before"] or "", row["after"] or "")
