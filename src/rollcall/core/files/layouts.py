"""Layouts: what a partner's file looks like, as data.

A layout is an ordered list of fields. Parsing and validating read it; no code knows a field's
position or codes by heart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a field's text may be."""

    TEXT = "text"
    DIGITS = "digits"  # exactly `width` digits; leading zeros count, so it stays text
    CODE = "code"  # one of `codes`
    DATE = "date"
    INTEGER = "integer"  # between `low` and `high`
    FILLER = "filler"  # anything; read only when it has a `column`


@dataclass(frozen=True)
class Field:
    """One field of a layout. Empty text is always allowed and means "no value".

    `name` is the partner's name for it, `column` ours (None: the field is read and dropped).
    `label` names it for people, `help` says what it holds.
    `cut` says that the partner cuts longer text to `width`, so more than `width` is no error.
    `unknown_code` is "error" (the row is rejected) or "warning" (kept as it is, with a finding).
    `words`: what codes mean, as far as it is known.
    `several`: it holds several codes, joined by semicolons.
    `required`: in a layout read by name, a header without this field is wrong; an empty value
    rejects its row.
    """

    name: str
    column: str | None
    kind: Kind
    label: str = ""
    width: int | None = None
    codes: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    cut: bool = False
    unknown_code: str = "error"
    required: bool = False
    help: str = ""
    several: bool = False
    words: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Layout:
    """A file's fields.

    By position (`by_name` false): the file has exactly these columns in this order, with or without
    a header row; a header, recognized by the first field's name, must name exactly these fields.
    By name: the file must have a header; fields may come in any order, those not `required` may be
    absent, and other columns are ignored.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    by_name: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The partner's field names in file order."""
        return tuple(field.name for field in self.fields)

    @property
    def stored(self) -> tuple[Field, ...]:
        """The fields that Rollcall keeps: those with a column."""
        return tuple(field for field in self.fields if field.column is not None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Our columns in file order."""
        return tuple(field.column for field in self.fields if field.column is not None)


class BadField(StrEnum):
    """What an invalid field does to its row (a setting of the sync)."""

    REJECT = "reject"  # the row is rejected
    KEEP = "keep"  # the row goes on; that one field stays as the record has it


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file; "auto" recognizes (facts section 1.1 and 7: sniff, with an override).

    `encoding` auto | utf-8 | cp1252, `header` auto | yes | no, `date_format` auto or one of
    `rollcall.core.files.validate.DATE_FORMATS`.
    """

    encoding: str = "auto"
    header: str = "auto"
    date_format: str = "auto"
    bad_field: BadField = BadField.REJECT
