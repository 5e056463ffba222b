"""Declared settings as a list of fields: what a form shows, and back from what a form sends.

A field's words and limits are those of the pydantic model, read from its own schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class SettingField:
    """One setting. `default`: what holds without it (None: nothing); `value`: what holds now.

    `is_set`: it was given, even if as the default is. Of a secret there is no value, only `is_set`.
    `minimum` and `maximum` are included, unless `above` says that the minimum is not; `whole`: a
    number without fractions. `required`: it must be given.
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

    Left out are fields with one possible value, and tables (schedule, guards), which have forms of
    their own.
    """
    schema = model.model_json_schema()
    needed = schema.get("required", [])
    fields = []
    for name, property_schema in schema.get("properties", {}).items():
        # With what it refers to, and what it is when it is not null.
        merged = dict(property_schema)
        for part in merged.pop("anyOf", ()):
            if part.get("type") != "null":
                merged = {**part, **merged}
        if reference := merged.pop("$ref", ""):
            merged = {**schema["$defs"][reference.rpartition("/")[2]], **merged}
        fields.append(_field(name, merged, name in needed, values))
    return [field for field in fields if field is not None]


def _field(
    name: str, schema: Mapping[str, Any], required: bool, values: Mapping[str, Any]
) -> SettingField | None:
    kind = _kind(schema)
    if kind is None:
        return None
    default = schema.get("default")
    value = values.get(name, default)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    # A help text as a sentence, however the model has it.
    text = schema.get("description", "")
    text = text.strip()
    ended = text if text.endswith((".", "?", ")")) or not text else f"{text}."
    return SettingField(
        name=name,
        title=schema.get("title", name),
        help=ended[:1].upper() + ended[1:],
        kind=kind,
        required=required,
        default=None if kind is Kind.SECRET else default,
        value=None if kind is Kind.SECRET else _lines(value) if kind is Kind.LINES else value,
        is_set=name in values,
        choices=tuple(map(str, schema.get("enum") or schema.get("items", {}).get("enum") or ())),
        minimum=low,
        maximum=schema.get("maximum"),
        above="exclusiveMinimum" in schema,
        whole=schema.get("type") == "integer",
    )


def _kind(schema: Mapping[str, Any]) -> Kind | None:
    if "const" in schema:
        return None
    if "enum" in schema:
        return Kind.CHOICE
    if schema.get("format") == "password":
        return Kind.SECRET
    if schema.get("format") == "multi-line":
        return Kind.LINES
    kinds = {
        "string": Kind.TEXT,
        "integer": Kind.NUMBER,
        "number": Kind.NUMBER,
        "boolean": Kind.YES_NO,
        "array": Kind.LIST,
    }
    return kinds.get(schema.get("type", ""))


def from_form(fields: list[SettingField], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Settings from what a form sent, as the model reads them.

    Texts with commas or on several lines become lists. What was left empty, or is as the default
    and was not set before, is not set. A yes or no that is not sent is a no, as browsers do it.
    """
    read = {field.name: _read(field, sent.get(field.name)) for field in fields}
    return {
        field.name: value
        for field in fields
        if (value := read[field.name]) is not None
        and (field.is_set or field.required or value != field.default)
    }


def _read(field: SettingField, sent: Any) -> Any:
    if field.kind is Kind.YES_NO:
        return sent in (True, "true", "on", "yes", "1")
    if field.kind is Kind.LIST and isinstance(sent, str):
        return [part.strip() for part in sent.replace("\n", ",").split(",") if part.strip()] or None
    if isinstance(sent, str) and field.kind is not Kind.SECRET:
        sent = sent.strip()
    if field.kind is Kind.NUMBER and isinstance(sent, str):
        return _number(sent)
    if field.kind is Kind.LINES:
        sent = _lines(sent)
    return sent if sent not in ("", [], ()) else None


def _lines(text: Any) -> Any:
    """Lines as we end them, whatever a browser or a file does."""
    return "\n".join(text.strip().splitlines()) if isinstance(text, str) else text


def _number(text: str) -> Any:
    """A number as people write it; what is none is left for the model to refuse."""
    plain = text.replace(",", "")
    try:
        return int(plain) if plain else None
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return text


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
