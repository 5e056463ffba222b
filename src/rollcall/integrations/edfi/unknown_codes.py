"""Codes in documents that the state does not have in the school year: it refuses them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from rollcall.core.findings import Codes, Severity
from rollcall.core.sending.outbound import Field, FieldKind, Resource
from rollcall.integrations.edfi.check_declarations import RECORDS_OFFICE
from rollcall.integrations.edfi.check_frames import DIVIDER
from rollcall.integrations.edfi.codes import DESCRIPTORS, codes

NOT_A_CODE = Codes.add(
    "edfi.not_a_code",
    Severity.ERROR,
    "The state has no such code in this school year",
    "Enter a code of the state's list of the year.",
    RECORDS_OFFICE,
)

#: What a code begins with that names its own namespace.
OWN_NAMESPACE = "uri://"


@dataclass(frozen=True)
class Unknown:
    """A field with codes the state does not have: key and local_id of the documents (`rows`) and
    what is to be told of them (`findings`, CHECKS_SCHEMA).
    """

    resource: str
    rows: pl.DataFrame
    findings: pl.DataFrame


def unknown_codes(
    frames: Mapping[str, pl.DataFrame], resources: Iterable[Resource], school_year: str
) -> list[Unknown]:
    """Every field of the documents with a code that is not one of the year's.

    A descriptor whose codes are not known here (codes.DESCRIPTORS) is left to the state.
    """
    return [
        _unknown(resource, field, frames[resource.name].filter(among), school_year)
        for resource in resources
        if resource.name in frames
        for field, among in _wrong(frames[resource.name], resource, school_year)
    ]


def _wrong(
    frame: pl.DataFrame, resource: Resource, school_year: str
) -> Iterator[tuple[Field, pl.Expr]]:
    """The fields with unknown codes, and where they are. Texts are looked at once, however many
    documents have them.
    """
    coded = [field for field in resource.fields if field.descriptor in DESCRIPTORS]
    if not coded:
        return
    texts = frame.select(pl.col(field.column).unique().implode() for field in coded).row(0)
    for field, different in zip(coded, texts, strict=True):
        wrong = [text for text in different if text and not _known(text, field, school_year)]
        if wrong:
            yield field, pl.col(field.column).is_in(wrong)


def _known(text: str, field: Field, school_year: str) -> bool:
    """Whether the list has the code, or each of several; one with a namespace of its own may be on
    a list that is not here.
    """
    declared = codes(field.descriptor, school_year)
    each = text.split(DIVIDER) if field.kind is FieldKind.CODES else [text]
    return all(code in declared or code.startswith(OWN_NAMESPACE) for code in each)


def _unknown(resource: Resource, field: Field, rows: pl.DataFrame, school_year: str) -> Unknown:
    """The finding says which list, never the code: it may be what a student is. A calendar's grade
    is that of enrollments, which are told of.
    """
    detail = f"{field.descriptor.removesuffix('Descriptor')} {school_year}"
    findings = rows.filter(pl.col("local_id").is_not_null()).select(
        "local_id",
        resource=pl.lit(resource.name),
        field=pl.lit(field.column),
        code=pl.lit(NOT_A_CODE),
        detail=pl.lit(detail),
    )
    return Unknown(resource.name, rows.select(*resource.record.key, "local_id"), findings)
