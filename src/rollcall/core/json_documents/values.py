"""The one form of the values in documents whose text can vary: lists of codes, and numbers."""

import polars as pl

from rollcall.core.json_documents.fields import FieldKind

#: Between the codes of one column.
CODES = "; "
#: From here on a number's text is not exact as a float.
_EXACT = 1e15


def code_list(codes: pl.Expr) -> pl.Expr:
    """Codes between semicolons in their one form: in order, each once, joined by "; "."""
    each = codes.str.split(";").list.eval(pl.element().str.strip_chars())
    sorted_codes = each.list.eval(pl.element().filter(pl.element() != "")).list.unique().list.sort()
    return pl.when(sorted_codes.list.len() > 0).then(sorted_codes.list.join(CODES))


def number(text: pl.Expr, kind: FieldKind) -> pl.Expr:
    """A number's text in its one form ("162.5", never "0162.50"); null where it is none."""
    if kind is FieldKind.WHOLE:
        return text.cast(pl.Int64, strict=False).cast(pl.String)
    value = text.cast(pl.Float64, strict=False)
    is_exact = value.is_finite() & (value.abs() < _EXACT)
    plain = pl.when(value == 0).then(0.0).otherwise(value)  # no "-0"
    return pl.when(is_exact).then(plain.cast(pl.String).str.strip_suffix(".0"))
