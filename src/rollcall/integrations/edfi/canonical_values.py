"""Documents' values in one canonical form, so that equal values compare as equal. Pure."""

from functools import cache

import polars as pl

from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource
from rollcall.core.json_documents.values import code_list, number
from rollcall.core.plans.digest import SEPARATOR

_NUMBERS = (FieldKind.WHOLE, FieldKind.DECIMAL)


def canonical(frame: pl.DataFrame, resource: JsonResource, extension: bool) -> pl.DataFrame:
    """The resource's key and columns: text without blanks around it, empty text as no value,
    numbers and lists of codes in one form (text that is not a number stays as it is). Without
    `extension`, the fields that Minnesota adds to Ed-Fi have no value.
    """
    if frame.is_empty():
        return pl.DataFrame(schema=resource.record.schema)
    return frame.select(_columns(resource, extension))


@cache
def _columns(resource: JsonResource, extension: bool) -> list[pl.Expr]:
    """Each column in its form: made once, since for a few documents making it costs the most."""
    values = {"local_id": pl.col("local_id")} | {
        field.column: _value(field, resource.record.schema[field.column])
        for field in resource.fields
        if extension or not in_extension(field)
    }
    return [
        values.get(name, pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in resource.record.schema.items()
    ]


def in_extension(field: Field) -> bool:
    """Whether a field is one that Minnesota adds to Ed-Fi."""
    return field.path.startswith("_ext.")


def _value(field: Field, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(field.column)
    if dtype != pl.String:
        return column
    if field.kind is FieldKind.CODES:
        return column.map_batches(_code_lists, return_dtype=pl.String)
    text = column.str.replace_all(SEPARATOR, " ", literal=True).str.strip_chars()
    filled = pl.when(text != "").then(text)
    return pl.coalesce(number(filled, field.kind), filled) if field.kind in _NUMBERS else filled


def _code_lists(texts: pl.Series) -> pl.Series:
    """`code_list` of a column, made once for each different text, since few differ."""
    different = texts.unique().drop_nulls().alias("codes")
    lists = different.to_frame().select(code_list(pl.col("codes"))).to_series()
    return texts.replace_strict(different, lists, default=None, return_dtype=pl.String)
