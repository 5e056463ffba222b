"""Codes in documents that the state does not have in the school year: it refuses them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from rollcall.core.findings import Codes, Severity
from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource
from rollcall.integrations.edfi.check_declarations import RECORDS_OFFICE
from rollcall.integrations.edfi.check_frames import DIVIDER
from rollcall.integrations.edfi.codes import DESCRIPTORS, codes

NOT_A_CODE = Codes.add(
    "edfi.not_a_code",
    Severity.ERROR,
    "The state does not have this code in this school year",
    "Enter a code from the state's list for the year.",
    RECORDS_OFFICE,
)

#: The beginning of a code with its own namespace.
OWN_NAMESPACE = "uri://"


@dataclass(frozen=True)
class UnknownCodes:
    """A field with codes the state does not have: key and local_id of the documents (`rows`) and
    the `findings` about them (CHECKS_SCHEMA).
    """

    resource: str
    rows: pl.DataFrame
    findings: pl.DataFrame


def unknown_codes(
    frames: Mapping[str, pl.DataFrame], resources: Iterable[JsonResource], school_year: str
) -> list[UnknownCodes]:
    """Every field of the documents with a code that is not one of the year's.

    A descriptor whose codes are not listed here (codes.DESCRIPTORS) is left to the state. A finding
    says which list, never the code, which is student data. A calendar's grade comes from
    enrollments, which have findings of their own.
    """
    unknown = []
    for resource in resources:
        frame = frames.get(resource.name, pl.DataFrame())
        for field, texts in _unlisted(frame, resource, school_year):
            rows = frame.filter(pl.col(field.column).is_in(texts))
            findings = rows.filter(pl.col("local_id").is_not_null()).select(
                "local_id",
                resource=pl.lit(resource.name),
                field=pl.lit(field.column),
                code=pl.lit(NOT_A_CODE),
                detail=pl.lit(f"{field.descriptor.removesuffix('Descriptor')} {school_year}"),
            )
            documents = rows.select(*resource.record.key, "local_id")
            unknown.append(UnknownCodes(resource.name, documents, findings))
    return unknown


def _unlisted(
    frame: pl.DataFrame, resource: JsonResource, school_year: str
) -> Iterator[tuple[Field, list[str]]]:
    """The fields with codes that are not on their list, and their texts. A code with its own
    namespace can be on a list that is not here. Each different text is checked once.
    """
    fields = [field for field in resource.fields if field.descriptor in DESCRIPTORS]
    if not fields or frame.is_empty():
        return
    columns = frame.select(pl.col(field.column).unique().implode() for field in fields).row(0)
    for field, different in zip(fields, columns, strict=True):
        listed, several = codes(field.descriptor, school_year), field.kind is FieldKind.CODES
        unlisted = [
            text
            for text in different
            if text
            and not all(
                code in listed or code.startswith(OWN_NAMESPACE)
                for code in (text.split(DIVIDER) if several else [text])
            )
        ]
        if unlisted:
            yield field, unlisted
