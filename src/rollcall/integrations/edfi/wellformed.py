"""What no document may have, whatever the state's rules: no key, two makers, text for a number."""

from collections.abc import Iterable, Mapping
from functools import cache

import polars as pl

from rollcall.core.findings import Codes, Severity
from rollcall.core.sending.document_values import number
from rollcall.core.sending.outbound import (
    CHECKS_SCHEMA,
    Field,
    FieldKind,
    Resource,
)

_OFFICE = "the office that keeps student records"

NO_KEY = Codes.add(
    "edfi.no_key",
    Severity.ERROR,
    "A value is missing that the state knows the record by",
    "Enter it; a program needs a school with a state id, a name, a type and a first day.",
    _OFFICE,
)
SAME_DOCUMENT = Codes.add(
    "edfi.same_document",
    Severity.ERROR,
    "Two of our records are one and the same to the state, so neither is sent",
    "Remove one of them, or correct what should tell them apart: the day, or a school's state id "
    "that another school has too.",
    _OFFICE,
)
NOT_A_NUMBER = Codes.add(
    "edfi.not_a_number",
    Severity.ERROR,
    "The value is not a number that the state can read",
    "Enter a number, with a point before decimals and no unit.",
    _OFFICE,
)

Frames = Mapping[str, pl.DataFrame]


def check(frames: Frames, resources: Iterable[Resource]) -> tuple[pl.DataFrame, Frames]:
    """(what is found, as CHECKS_SCHEMA; by resource the keys of the documents not to send)."""
    findings, unfit = [pl.DataFrame(schema=dict(CHECKS_SCHEMA))], {}
    for resource in resources:
        wrong = _told(frames[resource.name], resource)
        findings += [_findings(rows, resource, field, code) for code, field, rows in wrong]
        if wrong:
            keys = [rows.select(list(resource.record.key)) for _, _, rows in wrong]
            unfit[resource.name] = pl.concat(keys).unique()
    return pl.concat(findings), unfit


def _told(frame: pl.DataFrame, resource: Resource) -> list[tuple[str, str | None, pl.DataFrame]]:
    """(code, column, the documents concerned) of all there is to tell."""
    if frame.is_empty():
        return []
    wrong = _wrong(resource)
    marks = frame.select(mark.alias(str(at)) for at, (_, _, mark) in enumerate(wrong))
    some = marks.select(pl.all().any()).row(0)
    return [
        (code, field, frame.filter(marks[str(at)]))
        for at, (code, field, _) in enumerate(wrong)
        if some[at]
    ]


@cache
def _wrong(resource: Resource) -> list[tuple[str, str | None, pl.Expr]]:
    """(code, column, whether a document has it) of all that can be wrong."""
    key = list(resource.record.key)
    numbers = [
        field for field in resource.fields if field.kind in (FieldKind.WHOLE, FieldKind.DECIMAL)
    ]
    return [
        *((NO_KEY, name, pl.col(name).is_null()) for name in key),
        (SAME_DOCUMENT, None, pl.struct(key).is_duplicated()),
        *((NOT_A_NUMBER, field.column, _no_number(field)) for field in numbers),
    ]


def _no_number(field: Field) -> pl.Expr:
    column = pl.col(field.column)
    return column.is_not_null() & number(column, field.kind).is_null()


def _findings(rows: pl.DataFrame, resource: Resource, field: str | None, code: str) -> pl.DataFrame:
    return rows.select(
        "local_id",
        resource=pl.lit(resource.name),
        field=pl.lit(field, pl.String),
        code=pl.lit(code),
        detail=pl.lit(""),
    )
