"""Documents from plain columns to JSON.

A resource's fields say where a column goes. Equal documents give equal text: names in order, no
spaces, no nulls, codes in order and once, numbers in one form. Back: `reading.flat`.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import polars as pl

from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource
from rollcall.core.json_documents.tree import Node, tree
from rollcall.core.json_documents.values import CODES, number

_ESCAPES = {chr(n): json.dumps(chr(n))[1:-1] for n in range(0x20)} | {'"': '\\"', "\\": "\\\\"}


def bodies(
    resource: JsonResource, frame: pl.DataFrame, namespace: Callable[[str], str]
) -> pl.Series:
    """The JSON text of each document of `frame` (the record's key and columns), in its order.

    `namespace(descriptor)`: what stands before a code, "uri://.../RaceDescriptor#"; a code that
    names its own ("uri://...") is sent as it is. A column without a value is left out, and so are
    the objects and lists in which no column has one; a number that is none counts as no value.
    A String series named `body`.
    """
    descriptors = sorted({field.descriptor for field in resource.fields} - {""})
    values, body = _writing(resource, tuple((name, namespace(name)) for name in descriptors))
    return frame.select(values).select(body).to_series()


@cache
def _writing(
    resource: JsonResource, namespaces: tuple[tuple[str, str], ...]
) -> tuple[list[pl.Expr], pl.Expr]:
    """How to write each value of a resource, and of the values the document: put together once."""
    before = dict(namespaces)
    values = [_value(field, before.__getitem__).alias(field.column) for field in resource.fields]
    return values, _object(tree(resource)).alias("body")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _value(field: Field, namespace: Callable[[str], str]) -> pl.Expr:
    """A column as the JSON text of its value; null where it has none."""
    column = pl.col(field.column)
    if field.kind in (FieldKind.WHOLE, FieldKind.DECIMAL):
        return number(column, field.kind)
    if field.kind is FieldKind.YES_NO:
        return column.replace_strict({"Y": "true", "N": "false"}, default=None)
    if field.kind is FieldKind.CODES:
        # The elements of a list with an object for each code. Few lists differ, so each is written
        # once and looked up.
        head = f"{{{_json(field.path.rsplit('.', 1)[1])}:"

        def written(lists: pl.Series) -> pl.Series:
            different = lists.unique().drop_nulls()
            codes = different.str.split(CODES).list.unique().list.sort()
            each = pl.concat_str(
                pl.lit(head), _quoted(pl.element(), namespace(field.descriptor)), pl.lit("}")
            )
            texts = codes.list.eval(each).list.join(",", ignore_nulls=True)
            return lists.replace_strict(different, texts, default=None, return_dtype=pl.String)

        text = pl.col(field.column).map_batches(written, return_dtype=pl.String)
        return pl.when(text != "").then(text)
    if field.kind is FieldKind.CODE:
        return _quoted(column, namespace(field.descriptor))
    return _quoted(column.cast(pl.String))


def _quoted(text: pl.Expr, before: str = "") -> pl.Expr:
    escaped = text.str.replace_many(_ESCAPES)
    plain = pl.concat_str(pl.lit('"'), escaped, pl.lit('"'))
    if before:
        quoted = pl.concat_str(pl.lit(_json(before)[:-1]), escaped, pl.lit('"'))
        plain = pl.when(text.str.starts_with("uri://")).then(plain).otherwise(quoted)
    return pl.when(text != "").then(plain)


def _object(node: Node) -> pl.Expr:
    """A node's JSON text over the columns of values."""
    # Each name of an object with its value as text, in the order of the names.
    members = {name: pl.lit(_json(constant)) for name, constant in node.constants.items()}
    members |= {name: pl.col(field.column) for name, field in node.fields.items()}
    for name, below in node.below.items():
        members[name] = pl.col(below.codes.column) if below.codes else _filled(below)
        if below.in_list:
            members[name] = pl.concat_str(pl.lit("["), members[name], pl.lit("]"))
    inside = pl.concat_str(
        [
            pl.concat_str(pl.lit(f"{_json(name)}:"), value)
            for name, value in sorted(members.items())
        ],
        separator=",",
        ignore_nulls=True,
    )
    return pl.concat_str(pl.lit("{"), inside, pl.lit("}"))


def _filled(node: Node) -> pl.Expr:
    """The same; null where none of its fields has a value."""
    values = [pl.col(name).is_not_null() for name in node.columns()]
    return pl.when(pl.any_horizontal(values)).then(_object(node)) if values else _object(node)
