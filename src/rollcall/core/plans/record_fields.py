"""What a record's columns may hold, when a person types them: as the layouts that feed it say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from rollcall.core.files.layouts import (
    Field,
    Kind,
    Layout,
    ReadOptions,
)
from rollcall.core.files.validate import check
from rollcall.core.findings import Codes, Severity
from rollcall.core.plans.record_types import RecordType

_OPTIONS = ReadOptions()
_KINDS: Mapping[Any, Kind] = {pl.Date(): Kind.DATE, pl.Int16(): Kind.INTEGER}


@dataclass(frozen=True)
class Mistake:
    """What is wrong with one value: the column, the finding's code, and its words."""

    column: str
    code: str
    text: str


def fields_of(record: RecordType, layouts: Iterable[Layout]) -> dict[str, Field]:
    """The record's columns that a person may edit (not its key), and what each may hold.

    A column is what the first layout with it says, and any text, date or number where none has it.
    """
    declared: dict[str, Field] = {}
    for layout in layouts:
        for field in layout.stored:
            declared.setdefault(str(field.column), field)
    fields = {}
    for name, dtype in record.columns.items():
        plain = Field(name, name, _KINDS.get(dtype, Kind.TEXT))
        field = declared.get(name, plain)
        same_kind = (field.kind is Kind.DATE) == (plain.kind is Kind.DATE)
        label = field.label or words_of(name)
        fields[name] = replace(field, name=name, cut=False, label=label) if same_kind else plain
    return fields


def code_words(layouts: Iterable[Layout]) -> dict[str, Mapping[str, str]]:
    """What the codes of each column mean, key columns too, where the layouts know it."""
    stored = (field for layout in layouts for field in layout.stored)
    return {str(field.column): field.words for field in stored if field.words}


def words_of(column: str) -> str:
    """A column's name as people read it."""
    return column.replace("_", " ").capitalize()


def typed(
    fields: Mapping[str, Field], texts: Mapping[str, str]
) -> tuple[dict[str, Any], list[Mistake]]:
    """(the values, what is wrong) of typed texts by column; empty text is no value.

    Dates as YYYY-MM-DD or as an American types them. Every column must be one of `fields`.
    """
    typed_fields = [fields[name] for name in texts]
    # As a file's text is kept: several codes as "Asian; White", however they are joined.
    codes = {
        name: filter(None, map(str.strip, text.split(";") if fields[name].several else [text]))
        for name, text in texts.items()
    }
    row = {name: "; ".join(parts) or None for name, parts in codes.items()}
    schema = {"line": pl.UInt32(), **dict.fromkeys(row, pl.String())}
    checked = check(
        pl.DataFrame([{"line": 1, **row}], schema=schema), typed_fields, _OPTIONS, input=""
    )
    field_findings = checked.findings.select("field", "code", "detail").rows()
    mistakes = [
        Mistake(column, code, Codes.get(code).text + (f" ({detail})." if detail else "."))
        for column, code, detail in field_findings
        if Codes.get(code).severity is Severity.ERROR
    ]
    return ({} if mistakes else checked.rows.drop("line").row(0, named=True)), mistakes
