"""Views as values: the frames that integrations decide by, each with what it is read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import LiteralString

from polars.datatypes import DataType

from rollcall.core.plans.record_types import RecordType


@dataclass(frozen=True)
class View:
    """A frame that integrations decide by: the record types it reads, its query and columns.

    `query`: SQL that gives the columns in their order, with {district} and, where it is of a school
    year, {school_year}; other braces are doubled. `keys`: further columns by which rows can be
    asked for, and what they are in the query's terms. `query_for_all`: a query that gives the same,
    sooner where all is asked for.
    """

    records: tuple[str, ...]
    query: LiteralString
    schema: Mapping[str, DataType]
    keys: Mapping[str, LiteralString] = field(default_factory=dict)
    query_for_all: LiteralString | None = None


def view_of(record: RecordType) -> View:
    """All records of a type, key and columns; of the school year where the type has one."""
    columns = ", ".join(record.schema)
    year = " AND school_year = {school_year}" if "school_year" in record.key else ""
    # The names are ours, from the models; no value of anyone else's goes into this text.
    query = f"SELECT {columns} FROM {record.name} WHERE district_id = {{district}}{year}"  # noqa: S608
    return View(records=(record.name,), query=query, schema=record.schema)
