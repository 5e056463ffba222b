"""Cells that are safe to open in a spreadsheet, and back (promise 8).

A spreadsheet takes a cell that starts with = + - @ (some also in their full width), tab, carriage
return or line feed for a formula. Reports put an apostrophe before such a cell. A report that was
corrected and is sent again is read with one apostrophe less; cells that had apostrophes of their
own come back as they were.
"""

import re

import polars as pl

#: What the report of rejected and ambiguous rows adds behind the input's own columns.
REPORT_COLUMNS = ("OriginalLineNumber", "Outcome", "Error", "WhatToDo", "OriginalText")

_STARTS = "[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]"
_FORMULA = f"^('*{_STARTS})"
_ESCAPED = f"^'('*{_STARTS})"


def safe_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every text cell that could be a formula escaped by an apostrophe."""
    # Few columns ever hold one, and to look is far cheaper than to write every cell anew.
    has_formulas = frame.select(pl.col(pl.String).str.contains(_FORMULA).any())
    risky = [name for name in has_formulas.columns if has_formulas[name].item()]
    return frame.with_columns(pl.col(risky).str.replace(_FORMULA, "'$1")) if risky else frame


def safe_cell(text: str) -> str:
    """The same for one cell."""
    return f"'{text}" if re.match(_FORMULA, text) else text


def plain_cell(text: str) -> str:
    """One cell with the apostrophe of `safe_cell` taken away again."""
    return re.sub(_ESCAPED, r"\1", text)


def plain_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the apostrophes of `safe_cells` taken away again."""
    return frame.with_columns(pl.col(pl.String).str.replace(_ESCAPED, "$1"))
