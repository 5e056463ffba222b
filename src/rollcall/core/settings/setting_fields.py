"""Declared settings of any shape as a list of fields: what a form shows.

A field's words and limits are those of the pydantic model, read from its own schema. What a form
sends is read by `core.settings.sent_settings`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError


class Kind(StrEnum):
    """How a field is asked for."""

    TEXT = "text"
    LINES = "lines"  # a text of several lines
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    LIST = "list"
    SECRET = "secret"  # noqa: S105 - the word for a kind of field
    GROUP = "group"  # settings below one name
    TABLE = "table"  # rows of the same columns
    MAPPING = "mapping"  # codes, each with a value
    FILE = "file"  # a shape that only the configuration file can set


#: What fits one cell of a table.
CELLS = (Kind.TEXT, Kind.NUMBER, Kind.YES_NO, Kind.CHOICE)
#: The columns of a mapping.
KEY, VALUE = "key", "value"
#: A table with more cells than this is too long for a form.
_MOST_CELLS = 600


@dataclass(frozen=True)
class SettingField:
    """One setting. `default`: what holds without it (None: nothing); `value`: what holds now.

    `is_set`: it was given, even if as the default is. Of a secret there is no value, only `is_set`.
    `minimum` and `maximum` are included, unless `above` says that the minimum is not; `whole`: a
    number without fractions. `required`: it must be given. `allowed`: what the choices stand for.
    `parts`: the settings of a group with their values; the columns of a table or mapping; the item
    of a list.
    """

    name: str
    title: str
    help: str
    kind: Kind
    required: bool
    default: Any
    value: Any
    is_set: bool
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    above: bool = False
    whole: bool = False
    allowed: tuple[Any, ...] = ()
    parts: tuple["SettingField", ...] = ()

    @property
    def range(self) -> str:
        """What is allowed, in words: "5 to 10,080"; "" when anything is."""
        low = None if self.minimum is None else f"{self.minimum:,g}"
        high = None if self.maximum is None else f"{self.maximum:,g}"
        least = f"more than {low}" if self.above else f"{low} or more"
        if low and high:
            return f"more than {low}, at most {high}" if self.above else f"{low} to {high}"
        return least if low else f"{high} or less" if high else ""


def fields_of(model: type[BaseModel], values: Mapping[str, Any]) -> list[SettingField]:
    """The fields of a model in their order, with the values set; by the name people write.

    Left out are fields with one possible value.
    """
    schema = model.model_json_schema()
    within, merged = _Schemas(schema.get("$defs", {})).merged(schema)
    return list(within.fields(merged, values))


def with_values(columns: tuple[SettingField, ...], row: Any) -> list[SettingField]:
    """The columns of a table as the fields of one of its rows."""
    values = row if isinstance(row, Mapping) else {}
    return [
        replace(column, value=values.get(column.name, column.default), is_set=column.name in values)
        for column in columns
    ]


@dataclass(frozen=True)
class _Schemas:
    """The schemas that others refer to, and those we are in: a model can contain itself."""

    declared: Mapping[str, Any]
    inside: tuple[str, ...] = ()

    def fields(self, schema: Mapping[str, Any], values: Any) -> Iterator[SettingField]:
        needed = schema.get("required", [])
        given = values if isinstance(values, Mapping) else {}
        for name, of_property in schema.get("properties", {}).items():
            within, merged = self.merged(of_property)
            if "const" not in merged:
                yield within.field(name, merged, name in needed, given)

    def merged(self, schema: Mapping[str, Any]) -> tuple["_Schemas", dict[str, Any]]:
        """A schema with what it refers to, and what it is when it is not null."""
        merged, within = dict(schema), self
        parts = [part for part in merged.pop("anyOf", ()) if part.get("type") != "null"]
        if len(parts) > 1 and not all(part.get("type") in _SCALARS for part in parts):
            return self, {**merged, "type": "several"}
        for part in parts:
            merged = {**part, **merged}
        if reference := merged.pop("$ref", ""):
            name = reference.rpartition("/")[2]
            if name in self.inside:
                return self, {**merged, "type": "itself"}
            within = _Schemas(self.declared, (*self.inside, name))
            merged = {**self.declared[name], **merged}
        return within, merged

    def field(
        self, name: str, schema: Mapping[str, Any], required: bool, values: Mapping[str, Any]
    ) -> SettingField:
        value = values.get(name, schema.get("default"))
        kind, parts = self.shape(schema, value)
        field = _field(name, schema, kind, required, values)
        if kind is Kind.GROUP:
            default = {part.name: part.default for part in parts if part.default is not None}
            return replace(field, parts=parts, default=field.default or default or None)
        return replace(field, parts=parts)

    def shape(self, schema: Mapping[str, Any], value: Any) -> tuple[Kind, tuple[SettingField, ...]]:
        """The kind of a setting and its parts; FILE where what it has now cannot be shown."""
        if schema.get("type") == "array" and "prefixItems" not in schema:
            return self._several(schema, value)
        if schema.get("type") == "object" and schema.get("properties"):
            fits = value is None or isinstance(value, Mapping)
            return (Kind.GROUP, tuple(self.fields(schema, value))) if fits else (Kind.FILE, ())
        if schema.get("type") == "object":
            return self._mapping(schema, value)
        return _scalar(schema, value), ()

    def _several(
        self, schema: Mapping[str, Any], value: Any
    ) -> tuple[Kind, tuple[SettingField, ...]]:
        within, items = self.merged(schema.get("items", {}))
        if items.get("type") == "object" and items.get("properties"):
            columns = tuple(within.fields(items, {}))
            rows = [] if value is None else value
            return (Kind.TABLE, columns) if _fits_table(columns, rows) else (Kind.FILE, ())
        item = within.field("item", items, required=False, values={})
        shown = value is None or isinstance(value, str) or all(map(_fits_line, value))
        fits = item.kind in CELLS and shown
        return (Kind.LIST, (item,)) if fits else (Kind.FILE, ())

    def _mapping(
        self, schema: Mapping[str, Any], value: Any
    ) -> tuple[Kind, tuple[SettingField, ...]]:
        of_values = schema.get("additionalProperties")
        if not isinstance(of_values, Mapping) or not of_values:
            return Kind.FILE, ()
        key_title, value_title = schema.get("columns", ("Code", "Value"))
        key = _field(KEY, {"title": key_title}, Kind.TEXT, required=True, values={})
        within, merged = self.merged(of_values)
        value_column = within.field(VALUE, {**merged, "title": value_title}, True, {})
        columns = (key, value_column)
        mapping = {} if value is None else value
        rows = [{KEY: code, VALUE: meaning} for code, meaning in mapping.items()]
        return (Kind.MAPPING, columns) if _fits_table(columns, rows) else (Kind.FILE, ())


def _fits_table(columns: tuple[SettingField, ...], rows: Any) -> bool:
    """Whether a form can show these rows, each value in one cell."""
    if not all(column.kind in CELLS for column in columns):
        return False
    if not isinstance(rows, list | tuple) or len(rows) * len(columns) > _MOST_CELLS:
        return False
    return all(
        isinstance(row, Mapping) and all(_fits_cell(row.get(column.name)) for column in columns)
        for row in rows
    )


def _fits_cell(value: Any) -> bool:
    """Whether a value can be shown on one line."""
    if isinstance(value, str):
        return len(value.splitlines()) <= 1 and value == value.strip()
    return value is None or isinstance(value, bool | int | float)


def _fits_line(value: Any) -> bool:
    return value not in (None, "") and _fits_cell(value)


def _field(
    name: str,
    schema: Mapping[str, Any],
    kind: Kind,
    required: bool,
    values: Mapping[str, Any],
) -> SettingField:
    default = schema.get("default")
    value = values.get(name, default)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    # A help text as a sentence, however the model has it.
    text = schema.get("description", "")
    text = " ".join(text.split())
    ended = text if text.endswith((".", "?", ")")) or not text else f"{text}."
    allowed = tuple(schema.get("enum") or schema.get("items", {}).get("enum") or ())
    return SettingField(
        name=name,
        title=schema.get("title", name),
        help=ended[:1].upper() + ended[1:],
        kind=kind,
        required=required,
        default=None if kind is Kind.SECRET else default,
        value=None if kind is Kind.SECRET else lines(value) if kind is Kind.LINES else value,
        is_set=name in values,
        choices=tuple(map(str, allowed)),
        minimum=low,
        maximum=schema.get("maximum"),
        above="exclusiveMinimum" in schema,
        whole=schema.get("type") == "integer",
        allowed=allowed,
    )


_SCALARS = {
    "string": Kind.TEXT,
    "integer": Kind.NUMBER,
    "number": Kind.NUMBER,
    "boolean": Kind.YES_NO,
}


def _scalar(schema: Mapping[str, Any], value: Any) -> Kind:
    if schema.get("format") == "password":
        return Kind.SECRET
    if isinstance(value, list | tuple | Mapping):
        return Kind.FILE
    if "enum" in schema:
        return Kind.CHOICE
    if schema.get("format") == "multi-line":
        return Kind.LINES
    return _SCALARS.get(schema.get("type", ""), Kind.FILE)


def lines(text: Any) -> Any:
    """Lines as we end them, whatever a browser or a file does."""
    return "\n".join(text.strip().splitlines()) if isinstance(text, str) else text


#: Kinds of mistakes whose own message is for programmers.
_IN_PLAIN = {
    "extra_forbidden": "unknown setting",
    "string_pattern_mismatch": "not written as it has to be; see what is said of this setting",
}


def places(error: ValidationError, place: str = "") -> dict[str, str]:
    """Every mistake of a validation error, place to what is wrong, without the values.

    A place is the way to the setting, with dots; the place of a mistake of the whole is `place`.
    """
    problem_places: dict[str, str] = {}
    for mistake in error.errors(include_input=False, include_url=False):
        where = ".".join([*filter(None, [place]), *map(str, mistake["loc"])])
        what = _IN_PLAIN.get(mistake["type"]) or mistake["msg"].removeprefix("Value error, ")
        problem_places[where] = (
            f"{problem_places[where]}; {what}" if where in problem_places else what
        )
    return problem_places
