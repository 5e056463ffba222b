"""What can be wrong with a field, and the findings that say so.

A finding's detail says what was expected and how long the text was, never the text itself.
"""

from collections.abc import Callable

import polars as pl

from rollcall.core.files.layouts import Field, Kind, ReadOptions
from rollcall.core.findings import Codes, Severity

DATA_OWNER = "Staff member who keeps the student's data in the exporting system"

REQUIRED = Codes.add(
    "field.required",
    Severity.ERROR,
    "The field is empty and must not be.",
    "Fill in the field in the exporting system.",
    DATA_OWNER,
)
DATE = Codes.add(
    "field.date",
    Severity.ERROR,
    "The date cannot be read or does not exist.",
    "Correct the date in the exporting system.",
    DATA_OWNER,
)
DIGITS = Codes.add(
    "field.digits",
    Severity.ERROR,
    "The number does not have the right count of digits.",
    "Correct the number. If it is too short, a spreadsheet may have dropped its leading zeros.",
    DATA_OWNER,
)
CODE = Codes.add(
    "field.code",
    Severity.ERROR,
    "The code is not one of the field's codes.",
    "Correct the code. If it is too short, a spreadsheet may have dropped its leading zeros.",
    DATA_OWNER,
)
UNKNOWN_CODE = Codes.add(
    "field.unknown_code",
    Severity.WARNING,
    "The code is not on Rollcall's list; it is kept as it is.",
    "Check that the code is right.",
    DATA_OWNER,
)
INTEGER = Codes.add(
    "field.integer",
    Severity.ERROR,
    "The value is not a whole number within the field's limits.",
    "Correct the number in the exporting system.",
    DATA_OWNER,
)
TOO_LONG = Codes.add(
    "field.too_long",
    Severity.ERROR,
    "The text is longer than the field.",
    "Shorten the text in the exporting system.",
    DATA_OWNER,
)

_SHOWN_CODES = 12

Detail = Callable[[Field, pl.Expr, ReadOptions], pl.Expr]


def bad_values(wrong: pl.DataFrame, field: Field, options: ReadOptions) -> pl.DataFrame:
    """One finding for each of these rows (`line` and the field's text), without `input`.

    An empty value is wrong only in a required field.
    """
    return _finding_rows(wrong, field, *_CODES[field.kind], options)


def unknown_codes(texts: pl.DataFrame, field: Field, options: ReadOptions) -> pl.DataFrame:
    """One warning for each row whose code is not on the field's list, without `input`."""
    text = pl.col(str(field.column))
    unknown = texts.filter(text.is_not_null() & ~text.is_in(field.codes))
    return _finding_rows(unknown, field, UNKNOWN_CODE, _code_detail, options)


def _finding_rows(
    wrong: pl.DataFrame, field: Field, code: str, detail: Detail, options: ReadOptions
) -> pl.DataFrame:
    text = pl.col(str(field.column))
    return wrong.select(
        line="line",
        field=pl.lit(field.name),
        code=pl.when(text.is_null()).then(pl.lit(REQUIRED)).otherwise(pl.lit(code)),
        detail=pl.when(text.is_null()).then(pl.lit("")).otherwise(detail(field, text, options)),
    )


def _code_detail(field: Field, text: pl.Expr, options: ReadOptions) -> pl.Expr:
    more = f" and {len(field.codes) - _SHOWN_CODES} more" if len(field.codes) > _SHOWN_CODES else ""
    return pl.lit("expected one of " + ", ".join(field.codes[:_SHOWN_CODES]) + more)


def _length_detail(field: Field, text: pl.Expr, options: ReadOptions) -> pl.Expr:
    return pl.format(f"at most {field.width} characters, {{}} found", text.str.len_chars())


_CODES: dict[Kind, tuple[str, Detail]] = {
    Kind.DATE: (
        DATE,
        lambda field, text, options: pl.lit(
            f"expected {options.date_format}, from 1900 to 2100".replace("auto", "MM/DD/YYYY")
        ),
    ),
    Kind.DIGITS: (
        DIGITS,
        lambda field, text, options: pl.format(
            f"{field.width} digits expected, {{}} characters found", text.str.len_chars()
        ),
    ),
    Kind.CODE: (CODE, _code_detail),
    Kind.INTEGER: (
        INTEGER,
        lambda field, text, options: pl.lit(f"expected {field.low} to {field.high}"),
    ),
    Kind.TEXT: (TOO_LONG, _length_detail),
    Kind.FILLER: (REQUIRED, _length_detail),
}
