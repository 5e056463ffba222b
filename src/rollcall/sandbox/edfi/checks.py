"""Is a body a document of its resource? Required properties, types, codes, keys of list items.

What a real API does not know, it leaves out silently, and so does this one.
"""

import importlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache
from typing import Any

from rollcall.sandbox.edfi.answers import BAD_REQUEST, INVALID, Refused
from rollcall.sandbox.edfi.codes import KNOWN
from rollcall.sandbox.edfi.shapes import Kind, Property, Resource, Shape

_DATE = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
LARGEST = 2**31


#: orjson where it is installed: a third of the time.
_loads: Callable[[bytes], Any] = json.loads
with suppress(ImportError):
    _loads = importlib.import_module("orjson").loads


class Wrong:
    """Collects what is wrong with one body."""

    def __init__(self) -> None:
        self.fields: dict[str, list[str]] = {}
        self.old: list[str] = []

    def add(self, path: str, text: str, old: str = "") -> None:
        """`text` for the newer shape, `old` for the older (the same when not given)."""
        self.fields.setdefault(path, []).append(text)
        self.old.append(old or text)


@lru_cache(maxsize=65536)
def is_date(text: str) -> bool:
    """Whether this is a day of the calendar as in 2025-09-02."""
    try:
        return _DATE(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def read(body: bytes) -> dict[str, Any]:
    """The JSON object of a request; raises Refused when it is none."""
    try:
        value = _loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        text = "The request body is not a JSON object."
        raise Refused(BAD_REQUEST, text)
    return value


def check(resource: Resource, body: Mapping[str, Any]) -> None:
    """Refuse a body that is no document of `resource`. Unknown and null properties are let
    pass here, and left out of the document (see `known_only`).
    """
    wrong = Wrong()
    _check_object(resource.shape, body, "$", wrong)
    if wrong.old:
        old = f"Validation of '{resource.title}' failed.\n\t" + "\n\t".join(wrong.old)
        raise Refused(
            INVALID,
            old,
            "Data validation failed. See 'validationErrors' for details.",
            wrong.fields,
        )


def known_only(shape: Shape, body: Mapping[str, Any]) -> dict[str, Any]:
    """The document without properties that are unknown or null."""
    document: dict[str, Any] = {}
    for name, value in body.items():
        property = shape.by_name.get(name)
        if property is None or value is None:
            continue
        if property.kind is Kind.OBJECT:
            document[name] = known_only(property.inside, value)
        elif property.kind is Kind.LIST:
            document[name] = [known_only(property.inside, item) for item in value]
        else:
            document[name] = value
    return document


def _check_object(shape: Shape, body: Mapping[str, Any], path: str, wrong: Wrong) -> None:
    for name, value in body.items():
        property = shape.by_name.get(name)
        if property is not None and value is not None:
            _check_value(property, value, f"{path}.{name}", wrong)
    for name in sorted(shape.required):
        if body.get(name) is None:
            wrong.add(f"{path}.{name}", f"{_title(name)} is required.")


def _title(name: str) -> str:
    return name[0].upper() + name[1:]


def _check_value(property: Property, value: Any, path: str, wrong: Wrong) -> None:
    """Check the value of a property, and what is inside it."""
    if property.kind is Kind.CODE:
        _check_code(property.name, (property.list,), value, path, wrong)
        return
    is_right, expected = _TYPES[property.kind]
    if not is_right(value):
        wrong.add(path, f"{_title(property.name)} must be {expected}.")
    elif property.kind is Kind.TEXT:
        _check_text(property, value, path, wrong)
    elif property.kind is Kind.OBJECT:
        _check_object(property.inside, value, path, wrong)
    elif property.kind is Kind.LIST:
        _check_list(property, value, path, wrong)
    elif property.kind is Kind.FREE:
        _check_extension(value, path, wrong)


#: Of each kind of value whether a value is one, and what is expected.
_TYPES: Mapping[Kind, tuple[Callable[[Any], bool], str]] = {
    Kind.TEXT: (lambda value: isinstance(value, str), "a text"),
    Kind.DATE: (
        lambda value: isinstance(value, str) and is_date(value),
        "a date as in 2025-09-02",
    ),
    Kind.INTEGER: (
        lambda value: type(value) is int and -LARGEST <= value < LARGEST,
        "a whole number of 32 bits",
    ),
    Kind.NUMBER: (lambda value: type(value) in (int, float), "a number"),
    Kind.FLAG: (lambda value: isinstance(value, bool), "true or false"),
    Kind.OBJECT: (lambda value: isinstance(value, dict), "an object"),
    Kind.LIST: (lambda value: isinstance(value, list), "a list"),
    Kind.FREE: (lambda value: isinstance(value, dict), "an object"),
}


def _check_text(property: Property, value: str, path: str, wrong: Wrong) -> None:
    title = _title(property.name)
    if not value.strip() and property.required:
        wrong.add(path, f"{title} is required and should not be blank.")
    elif len(value) > property.longest:
        wrong.add(path, f"{title} must not have more than {property.longest} characters.")


def _check_list(property: Property, items: list[Any], path: str, wrong: Wrong) -> None:
    for at, item in enumerate(items):
        if isinstance(item, dict):
            _check_object(property.inside, item, f"{path}[{at}]", wrong)
        else:
            wrong.add(f"{path}[{at}]", f"{_title(property.name)} must have objects only.")
    if wrong.old:
        return
    keys = set()
    for at, item in enumerate(items):
        key = tuple(item[name] for name in property.inside.keys)
        if key in keys:
            wrong.add(f"{path}[{at}]", f"Item {at + 1} of '{property.name}' is there already.")
        keys.add(key)


def _check_extension(value: Any, path: str, wrong: Wrong) -> None:
    """Check the codes anywhere in an extension."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("Descriptor"):
                _check_code(name, lists_of(name), inner, f"{path}.{name}", wrong)
            elif isinstance(inner, dict | list):
                _check_extension(inner, f"{path}.{name}", wrong)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            _check_extension(inner, f"{path}[{at}]", wrong)


@cache
def lists_of(name: str) -> tuple[str, str]:
    """The code lists a property of an extension can be of: opt-outs have theirs in the plural."""
    title = _title(name)
    return title, title.removesuffix("Descriptor") + "sDescriptor"


def _check_code(name: str, lists: tuple[str, ...], value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, str) or KNOWN.get(value) not in lists:
        text = f"{lists[0]} value '{value}' does not exist."
        wrong.add(path, text, f"{_title(name)}Id is required.")
