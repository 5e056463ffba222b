"""How a document's columns become JSON: each with its place and kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rollcall.core.sending.outbound import Resource


class FieldKind(StrEnum):
    """How a column's text becomes a JSON value."""

    TEXT = "text"
    DATE = "date"
    WHOLE = "whole"  # a whole number
    DECIMAL = "decimal"  # a number; the column has its text
    YES_NO = "yes_no"  # true for "Y", false for "N"
    CODE = "code"  # a descriptor: the namespace stands before the code
    CODES = "codes"  # several descriptors in one column, separated by "; "


@dataclass(frozen=True)
class Field:
    """One value of a document: the column it is kept in and its place in the JSON.

    `path`: names joined by dots; a list is marked with [] as in "races[].raceDescriptor" (with
    CODES each code is an element; else the list has one element, whose values come from all fields
    below the same list). `descriptor`: for codes, "RaceDescriptor". A column without a value is
    left out of the document, with the objects that would be empty.
    """

    column: str
    path: str
    kind: FieldKind = FieldKind.TEXT
    descriptor: str = ""


@dataclass(frozen=True, eq=False)
class JsonResource(Resource):
    """A resource whose documents travel as JSON.

    `fields`: where each column but `local_id` goes. `path`: below the API's data address, with its
    own namespace. `constants`: values that every document has, by path.
    """

    fields: tuple[Field, ...] = ()
    path: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
