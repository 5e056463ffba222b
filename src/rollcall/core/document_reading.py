"""Documents as a partner holds them: from JSON back to plain columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from rollcall.core.digest import SEPARATOR
from rollcall.core.document_values import CODES, number
from rollcall.core.outbound import Field, FieldKind, Resource

#: Below this name a partner's extensions lie, whose names are written in either case (facts 3.3).
EXTENSIONS = "_ext"

Namespace = Callable[[str], str]


@dataclass(frozen=True)
class _Step:
    """One name on the way to a value. `holds`: of a list, what its one element has besides."""

    name: str
    in_list: bool = False
    loose: bool = False
    holds: tuple[tuple[tuple["_Step", ...], Any], ...] = ()


def flat(
    resource: Resource, bodies: Sequence[Mapping[str, Any]], namespace: Namespace
) -> pl.DataFrame:
    """What a partner holds, read back into the record's key and columns, in the order of `bodies`.

    Properties that no field names are ignored, as is what no column can hold; of a list only the
    element with the resource's constants is read. Codes lose the namespace that is ours and keep
    another. Columns without a field (`local_id`) are null.
    """
    steps = {one.column: _steps(resource, one.path) for one in resource.fields}
    texts = {
        one.column: [_read(body, steps[one.column], one, namespace) for body in bodies]
        for one in resource.fields
    }
    schema = resource.record.schema
    frame = pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String()))
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in texts]
    return frame.with_columns(
        *(_column(one, schema[one.column]) for one in resource.fields), *empty
    ).select(list(schema))


def _column(one: Field, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(one.column)
    if one.kind in (FieldKind.WHOLE, FieldKind.DECIMAL):
        column = number(column, one.kind)
    if dtype == pl.Date:
        return column.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias(one.column)
    return column.cast(dtype).alias(one.column)


def _steps(resource: Resource, path: str, start: int = 0) -> tuple[_Step, ...]:
    """The names of a path from number `start` on."""
    names = path.split(".")
    found = []
    for at in range(start, len(names)):
        name = names[at]
        before = ".".join(names[: at + 1]) + "."
        holds = _beside(resource, before) if name.endswith("[]") else ()
        loose = EXTENSIONS in names[:at]
        found.append(_Step(name.removesuffix("[]"), name.endswith("[]"), loose, holds))
    return tuple(found)


def _beside(resource: Resource, before: str) -> tuple[tuple[tuple[_Step, ...], Any], ...]:
    """The constants of a list's element, each with the way to it from the element."""
    return tuple(
        (_steps(resource, path, before.count(".")), constant)
        for path, constant in resource.constants.items()
        if path.startswith(before)
    )


def _read(
    body: Mapping[str, Any], steps: Sequence[_Step], one: Field, namespace: Namespace
) -> str | None:
    if one.kind is not FieldKind.CODES:
        return _text(_at(body, steps), one, namespace) or None
    *way, last = steps
    held = _named(_at(body, way[:-1]), way[-1])
    elements = held if isinstance(held, list) else []
    codes = {_text(_named(element, last), one, namespace) for element in elements}
    return CODES.join(sorted(codes - {""})) or None


def _at(value: Any, steps: Sequence[_Step]) -> Any:
    for step in steps:
        value = _named(value, step)
        if step.in_list:
            value = _element(value, step)
    return value


def _named(value: Any, step: _Step) -> Any:
    if not isinstance(value, Mapping):
        return None
    if step.name in value or not step.loose:
        return value.get(step.name)
    low = step.name.lower()
    return next((held for name, held in value.items() if name.lower() == low), None)


def _element(value: Any, step: _Step) -> Any:
    elements = value if isinstance(value, list) else []
    holding = (
        element
        for element in elements
        if all(_at(element, way) == constant for way, constant in step.holds)
    )
    return next(holding, None)


def _text(value: Any, one: Field, namespace: Namespace) -> str:
    """A JSON value as the text of a column; "" for none and for what is no single value."""
    if isinstance(value, bool):
        return ("Y" if value else "N") if one.kind is FieldKind.YES_NO else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if one.kind is FieldKind.YES_NO or not isinstance(value, str | int | float):
        return ""
    text = str(value).replace(SEPARATOR, " ")
    before = namespace(one.descriptor) if one.descriptor else ""
    ours = text[: len(before)].lower() == before.lower()
    return text[len(before) :] if ours else text
