"""From the text of a field to its typed value, or to a finding (facts section 1.1, 1.3 and 7).

Every kind of field is one expression that gives the typed value and null where the text is not
valid. Columns without a new null are done with that; findings are built only where there is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from rollcall.core.files.field_findings import bad_values, unknown_codes
from rollcall.core.files.layouts import (
    BadField,
    Field,
    Kind,
    ReadOptions,
)
from rollcall.core.files.tables import REJECTED_SCHEMA
from rollcall.core.findings import no_findings

#: The forms a date may have: its shape, and how it is read.
_FORMS: dict[str, tuple[str, str]] = {
    "MM/DD/YYYY": (r"^[0-9]{2}/[0-9]{2}/[0-9]{4}$", "%m/%d/%Y"),
    "M/D/YYYY": (r"^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$", "%m/%d/%Y"),
    "YYYYMMDD": (r"^[0-9]{8}$", "%Y%m%d"),
    "MMDDYYYY": (r"^[0-9]{8}$", "%m%d%Y"),
    "YYYY-MM-DD": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "%Y-%m-%d"),
}
DATE_FORMATS = tuple(_FORMS)
#: Eight digits from 1900 to 2100 are never a date both ways: no month is above 12.
_AUTO = ("M/D/YYYY", "YYYY-MM-DD", "YYYYMMDD", "MMDDYYYY")
_FIRST_DATE, _LAST_DATE = date(1900, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True)
class Checked:
    """Records after their fields were checked.

    `rows`: line, one typed column a field, and `kept` under BadField.KEEP. `rejected`:
    REJECTED_SCHEMA. `findings`: FINDINGS_SCHEMA, by field and line.
    """

    rows: pl.DataFrame
    rejected: pl.DataFrame
    findings: pl.DataFrame


def column_type(field: Field) -> pl.DataType:
    """The Polars type of a field's column."""
    match field.kind:
        case Kind.DATE:
            return pl.Date()
        case Kind.INTEGER:
            return pl.Int16()
        case Kind.CODE if field.unknown_code == "error":
            return pl.Enum(field.codes)
        case _:
            return pl.String()


def check(
    texts: pl.DataFrame,
    fields: Sequence[Field],
    options: ReadOptions,
    *,
    input: str,
    id_field: str = "",
) -> Checked:
    """Type and check the cells of readable records.

    `texts`: `line` (UInt32) and one String column for each of `fields` (all with a column),
    trimmed, null where empty. A bad value in the column `id_field` or in a required field always
    rejects its row; any other does as `options.bad_field` says.
    """
    typed = _typed(texts, fields, options)
    bad = {field: mask for field in fields if (mask := _bad(texts, typed, field)) is not None}
    fatal = [mask for field, mask in bad.items() if _rejects(field, options, id_field)]
    refused = pl.Series([False]).new_from_index(0, texts.height)
    for mask in fatal:
        refused |= mask
    rows = typed.filter(~refused) if fatal else typed
    if options.bad_field is BadField.KEEP:
        keepable = {f: m for f, m in bad.items() if not _rejects(f, options, id_field)}
        rows = _with_kept(rows, texts["line"], keepable)
    ids = typed[id_field].filter(refused).cast(pl.String) if id_field in typed.columns else None
    lines = texts["line"].filter(refused)
    return Checked(
        rows=rows,
        rejected=pl.DataFrame({"line": lines, "id": ids}, schema=REJECTED_SCHEMA),
        findings=_findings(texts, fields, bad, options, input),
    )


def _rejects(field: Field, options: ReadOptions, id_field: str) -> bool:
    keeps = options.bad_field is BadField.KEEP
    return not keeps or field.required or field.column == id_field


def _typed(texts: pl.DataFrame, fields: Sequence[Field], options: ReadOptions) -> pl.DataFrame:
    """`line` and the typed columns; null where the text is invalid."""
    forms = _AUTO if options.date_format == "auto" else (options.date_format,)
    typed = texts.select("line", *[_value(field, forms[0]) for field in fields])
    for field in fields:
        if field.kind is Kind.DATE and _news(texts, typed, field):
            typed = typed.with_columns(_other_forms(texts[_name(field)], typed, field, forms[1:]))
    return typed


def _name(field: Field) -> str:
    assert field.column is not None
    return field.column


def _value(field: Field, date_form: str) -> pl.Expr:
    text = pl.col(_name(field))
    match field.kind:
        case Kind.DATE:
            return _date(text, date_form)
        case Kind.DIGITS:
            return pl.when(text.str.contains(f"^[0-9]{{{field.width}}}$")).then(text)
        case Kind.CODE if field.unknown_code == "error":
            return text.cast(column_type(field), strict=False)
        case Kind.INTEGER:
            low = -(2**15) if field.low is None else field.low
            high = 2**15 - 1 if field.high is None else field.high
            value = text.cast(pl.Int16, strict=False)
            right = text.str.contains(r"^-?[0-9]{1,5}$") & value.is_between(low, high)
            return pl.when(right).then(value)
        case Kind.TEXT if field.width is not None and not field.cut:
            return pl.when(text.str.len_chars() <= field.width).then(text)
        case _:
            return text


def _date(text: pl.Expr, form: str) -> pl.Expr:
    shape, pattern = _FORMS[form]
    value = text.str.to_date(pattern, strict=False, cache=False)
    right = text.str.contains(shape) & value.is_between(_FIRST_DATE, _LAST_DATE)
    return pl.when(right).then(value)


def _other_forms(
    text: pl.Series, typed: pl.DataFrame, field: Field, forms: Sequence[str]
) -> pl.Series:
    """The dates of a column, with the other forms tried where the first one did not fit."""
    values = typed[_name(field)]
    unread = pl.DataFrame({"text": text.filter(values.is_null() & text.is_not_null()).unique()})
    if not forms:
        return values
    dates = unread.select("text", date=pl.coalesce([_date(pl.col("text"), form) for form in forms]))
    parsed = text.replace_strict(dates["text"], dates["date"], default=None, return_dtype=pl.Date)
    return values.fill_null(parsed)


def _news(texts: pl.DataFrame, typed: pl.DataFrame, field: Field) -> bool:
    """Whether typing a column made nulls that were not there."""
    name = _name(field)
    return typed[name].null_count() > texts[name].null_count()


def _bad(texts: pl.DataFrame, typed: pl.DataFrame, field: Field) -> pl.Series | None:
    """Which rows have a bad value in this field; None when none has."""
    value = typed[_name(field)]
    if field.required and value.null_count():
        return value.is_null()
    if not _news(texts, typed, field):
        return None
    return value.is_null() & texts[_name(field)].is_not_null()


def _with_kept(rows: pl.DataFrame, lines: pl.Series, bad: dict[Field, pl.Series]) -> pl.DataFrame:
    """The rows with `kept_fields`: the columns whose text was invalid."""
    if not bad:
        return rows.with_columns(kept=pl.lit([], dtype=pl.List(pl.String)))
    each = [
        pl.DataFrame({"line": lines.filter(mask)}).with_columns(kept=pl.lit(field.column))
        for field, mask in bad.items()
    ]
    kept_fields = pl.concat(each).group_by("line", maintain_order=True).agg("kept")
    joined = rows.join(kept_fields, on="line", how="left", maintain_order="left")
    return joined.with_columns(pl.col("kept").fill_null([]))


def _findings(
    texts: pl.DataFrame,
    fields: Sequence[Field],
    bad: Mapping[Field, pl.Series],
    options: ReadOptions,
    input: str,
) -> pl.DataFrame:
    frames = [bad_values(texts.filter(mask), field, options) for field, mask in bad.items()]
    frames += [
        unknown_codes(texts, field, options)
        for field in fields
        if field.kind is Kind.CODE and field.unknown_code == "warning"
    ]
    with_input = [frame.select(pl.lit(input).alias("input"), pl.all()) for frame in frames]
    return pl.concat([no_findings(), *with_input])
