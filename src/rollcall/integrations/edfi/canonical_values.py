"""Documents' values in the one form they are compared in: what is equal to the state is equal."""

from functools import cache

import polars as pl

from rollcall.core.plans.digest import SEPARATOR
from rollcall.core.sending.document_values import code_list, number
from rollcall.core.sending.outbound import Field, FieldKind, Resource

_NUMBERS = (FieldKind.WHOLE, FieldKind.DECIMAL)


def shaped(frame: pl.DataFrame, resource: Resource, extension: bool) -> pl.DataFrame:
    """The resource's key and columns; text without blanks around it, empty text as no value,
    numbers and lists of codes in their one form (what is no number stays as it is). Without
    `extension`, the fields that Minnesota adds to Ed-Fi have no value.
    """
    if frame.is_empty():
        return pl.DataFrame(schema=resource.record.schema)
    return frame.select(_shapes(resource, extension))


@cache
def _shapes(resource: Resource, extension: bool) -> list[pl.Expr]:
    """Each column in its form: put together once, for a few documents that costs the most."""
    fields = {
        field.column: field for field in resource.fields if extension or not in_extension(field)
    }
    nothing = pl.lit(None)
    return [
        (_value(name, dtype, fields.get(name)) if name in fields or name == "local_id" else nothing)
        .cast(dtype)
        .alias(name)
        for name, dtype in resource.record.schema.items()
    ]


def in_extension(field: Field) -> bool:
    """Whether a field is one that Minnesota adds to Ed-Fi."""
    return field.path.startswith("_ext.")


def _value(name: str, dtype: pl.DataType, field: Field | None) -> pl.Expr:
    column = pl.col(name)
    if field is None or dtype != pl.String:
        return column
    if field.kind is FieldKind.CODES:
        return _looked_up(column)
    text = column.str.replace_all(SEPARATOR, " ", literal=True).str.strip_chars()
    filled = pl.when(text != "").then(text)
    return pl.coalesce(number(filled, field.kind), filled) if field.kind in _NUMBERS else filled


def _looked_up(lists: pl.Expr) -> pl.Expr:
    """`code_list` of a column, made once for each list there is, for few differ."""

    def listed(values: pl.Series) -> pl.Series:
        different = values.unique().drop_nulls().alias("codes")
        one_form = different.to_frame().select(code_list(pl.col("codes"))).to_series()
        return values.replace_strict(different, one_form, default=None, return_dtype=pl.String)

    return lists.map_batches(listed, return_dtype=pl.String)
