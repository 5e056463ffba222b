"""Documents as a partner has them: from JSON back to plain columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from rollcall.core.json_documents.fields import Field, FieldKind, JsonResource
from rollcall.core.json_documents.tree import Node, tree
from rollcall.core.json_documents.values import CODES, number
from rollcall.core.plans.digest import SEPARATOR

#: Below this name a partner's extensions lie, whose names are written in either case (facts 3.3).
EXTENSIONS = "_ext"

Namespace = Callable[[str], str]


def flat(
    resource: JsonResource, bodies: Sequence[Mapping[str, Any]], namespace: Namespace
) -> pl.DataFrame:
    """What a partner has, read back into the record's key and columns, in the order of `bodies`.

    Properties that no field names are ignored, as is what no column can hold; of a list only the
    element with the resource's constants is read. Codes lose the namespace that is ours and keep
    another. Columns without a field (`local_id`) are null.
    """
    texts: dict[str, list[str | None]] = {}
    _gather(tree(resource), bodies, False, namespace, texts)
    schema = resource.record.schema
    frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String()))
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in texts]
    return frame.with_columns(
        *(_column(field, schema[field.column]) for field in resource.fields), *empty
    ).select(list(schema))


def _column(field: Field, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(field.column)
    if field.kind in (FieldKind.WHOLE, FieldKind.DECIMAL):
        column = number(column, field.kind)
    if dtype == pl.Date:
        return column.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(field.column)
    return column.cast(dtype).alias(field.column)


def _gather(
    node: Node,
    objects: Sequence[Any],
    loose: bool,
    namespace: Namespace,
    into: dict[str, list[str | None]],
) -> None:
    """Read the columns of a node's fields from one object a document. `loose`: names in any
    case.
    """
    for name, field in node.fields.items():
        into[field.column] = _texts(field, _named(objects, name, loose), namespace)
    for name, below in node.below.items():
        values = _named(objects, name, loose)
        inside = loose or name == EXTENSIONS
        if below.codes:
            # The codes of each list of `objects`, as one text a document.
            (lists_name,) = below.fields
            lists_field = below.fields[lists_name]
            lists = [value if isinstance(value, list) else [] for value in values]
            texts = iter(
                _texts(
                    lists_field,
                    _named([element for each in lists for element in each], lists_name, inside),
                    namespace,
                )
            )
            codes = [sorted({code for _ in each if (code := next(texts))}) for each in lists]
            into[below.codes.column] = [CODES.join(each) or None for each in codes]
        else:
            nested = [_element(value, below) for value in values] if below.in_list else values
            _gather(below, nested, inside, namespace, into)


def _named(objects: Sequence[Any], name: str, loose: bool) -> list[Any]:
    """The value of that name in each of `objects`; None where there is none."""
    values = [member.get(name) if isinstance(member, dict) else None for member in objects]
    if not loose:
        return values
    low = name.lower()
    return [
        next((below for key, below in member.items() if key.lower() == low), None)
        if value is None and isinstance(member, dict)
        else value
        for value, member in zip(values, objects, strict=True)
    ]


def _element(value: Any, node: Node) -> Any:
    """The first element of a list that has the node's constants."""
    elements = value if isinstance(value, list) else []
    return next((element for element in elements if _has_constants(element, node)), None)


def _has_constants(value: Any, node: Node) -> bool:
    if not isinstance(value, dict):
        return False
    if any(value.get(name) != constant for name, constant in node.constants.items()):
        return False
    # Each list or object below has the constants below its name, if there are any.
    return all(
        _element(value.get(name), below) is not None
        if below.in_list
        else _has_constants(value.get(name), below)
        for name, below in node.below.items()
        if below.constants or below.below
    )


def _texts(field: Field, values: Sequence[Any], namespace: Namespace) -> list[str | None]:
    """JSON values as the texts of a column; None for none and for what is no single value."""
    if field.kind is FieldKind.YES_NO:
        return [("Y" if value else "N") if isinstance(value, bool) else None for value in values]
    texts = [value if isinstance(value, str) else _plain(value) for value in values]
    if field.descriptor:
        # A code loses the namespace that is ours, in whatever case.
        before = namespace(field.descriptor)
        size, ours = len(before), before.lower()
        texts = [
            text[size:]
            if text and (text.startswith(before) or text[:size].lower() == ours)
            else text
            for text in texts
        ]
    return [fit(text) if text else None for text in texts]


def fit(text: str) -> str:
    """A text that a column can hold. JSON may have NUL and halves of a character, which a database
    refuses: they are replaced, so that the document still differs from what is called for, and is
    sent again.
    """
    text = text.replace(SEPARATOR, " ").replace("\0", "?")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
