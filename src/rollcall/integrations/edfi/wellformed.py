"""Faults of documents under any state's rules: no key, two records for one document, a number that
is none. Pure.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import polars as pl

from rollcall.core.findings import Codes, Severity
from rollcall.core.json_documents.fields import FieldKind, JsonResource
from rollcall.core.json_documents.values import number
from rollcall.core.sending.outbound import CHECKS_SCHEMA
from rollcall.integrations.edfi.check_declarations import RECORDS_OFFICE

NO_KEY = Codes.add(
    "edfi.no_key",
    Severity.ERROR,
    "A value is missing that identifies the record at the state",
    "Enter it; a program needs a school with a state ID, a name, a type and a first day.",
    RECORDS_OFFICE,
)
SAME_DOCUMENT = Codes.add(
    "edfi.same_document",
    Severity.ERROR,
    "Two records are the same to the state, so neither is sent",
    "Remove one of them, or correct the value that should differ: the day, or a school's state ID "
    "that another school has too.",
    RECORDS_OFFICE,
)
NOT_A_NUMBER = Codes.add(
    "edfi.not_a_number",
    Severity.ERROR,
    "The value is not a number that the state can read",
    "Enter a number, with a point before decimals and no unit.",
    RECORDS_OFFICE,
)

Frames = Mapping[str, pl.DataFrame]


def check(frames: Frames, resources: Iterable[JsonResource]) -> tuple[pl.DataFrame, Frames]:
    """(findings as CHECKS_SCHEMA; by resource the keys of the documents not to send)."""
    findings, unfit = [pl.DataFrame(schema=dict(CHECKS_SCHEMA))], {}
    for resource in resources:
        frame, keys = frames[resource.name], []
        if frame.is_empty():
            continue
        faults = _faults(resource)
        marks = frame.select(fails.alias(str(at)) for at, (_, _, fails) in enumerate(faults))
        any_row = marks.select(pl.all().any()).row(0)
        for at, (code, column, _) in enumerate(faults):
            if any_row[at]:
                rows = frame.filter(marks[str(at)])
                keys.append(rows.select(list(resource.record.key)))
                findings.append(
                    rows.select(
                        "local_id",
                        resource=pl.lit(resource.name),
                        field=pl.lit(column, pl.String),
                        code=pl.lit(code),
                        detail=pl.lit(""),
                    )
                )
        if keys:
            unfit[resource.name] = pl.concat(keys).unique()
    return pl.concat(findings), unfit


@cache
def _faults(resource: JsonResource) -> list[tuple[str, str | None, pl.Expr]]:
    """(code, column, whether a document has it) of each possible fault."""
    key = list(resource.record.key)
    return [
        *((NO_KEY, name, pl.col(name).is_null()) for name in key),
        (SAME_DOCUMENT, None, pl.struct(key).is_duplicated()),
        *(
            (NOT_A_NUMBER, name, pl.col(name).is_not_null() & number(pl.col(name), kind).is_null())
            for name, kind in ((field.column, field.kind) for field in resource.fields)
            if kind in (FieldKind.WHOLE, FieldKind.DECIMAL)
        ),
    ]
