"""Is a body a document of its resource? Required properties, types, codes, keys of list items.

What a real API does not know it leaves out silently; so does this one.
"""

import importlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from rollcall.sandbox.edfi.answers import BAD_REQUEST, INVALID, Refused
from rollcall.sandbox.edfi.codes import KNOWN
from rollcall.sandbox.edfi.shapes import Kind, Property, Resource, Shape

_DATE = re.compile(r"\d{4}-\d\d-\d\d").fullmatch
LARGEST = 2**31


def _reader() -> Callable[[bytes], Any]:
    """orjson where it is installed: a third of the time."""
    try:
        quick: Callable[[bytes], Any] = importlib.import_module("orjson").loads
    except ImportError:
        return json.loads
    return quick


_loads = _reader()


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
    """Refuse a body that is no document of `resource`. What in it is unknown or null is let be: the
    document is to be kept without (see `known_only`).
    """
    wrong = Wrong()
    _object(resource.shape, body, "$", wrong)
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
    known = shape.by_name
    return {
        name: _known_value(known[name], value)
        for name, value in body.items()
        if name in known and value is not None
    }


def _known_value(one: Property, value: Any) -> Any:
    if one.kind is Kind.OBJECT:
        return known_only(one.inside, value)
    if one.kind is Kind.LIST:
        return [known_only(one.inside, item) for item in value]
    return value


def _object(shape: Shape, body: Mapping[str, Any], path: str, wrong: Wrong) -> None:
    known = shape.by_name
    for name, value in body.items():
        one = known.get(name)
        if one is not None and value is not None:
            _CHECKS[one.kind](one, value, path, wrong)
    for name in sorted(shape.required):
        if body.get(name) is None:
            wrong.add(f"{path}.{name}", f"{_title(name)} is required.")


def _title(name: str) -> str:
    return name[0].upper() + name[1:]


def _text(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, str):
        _type(one, path, "a text", wrong)
    elif not value.strip() and one.required:
        wrong.add(f"{path}.{one.name}", f"{_title(one.name)} is required and should not be blank.")
    elif len(value) > one.longest:
        text = f"{_title(one.name)} must not have more than {one.longest} characters."
        wrong.add(f"{path}.{one.name}", text)


def _date(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not (isinstance(value, str) and is_date(value)):
        _type(one, path, "a date as in 2025-09-02", wrong)


def _whole(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if type(value) is not int or not -LARGEST <= value < LARGEST:
        _type(one, path, "a whole number of 32 bits", wrong)


def _number(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if type(value) not in (int, float):
        _type(one, path, "a number", wrong)


def _flag(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, bool):
        _type(one, path, "true or false", wrong)


def _type(one: Property, path: str, wanted: str, wrong: Wrong) -> None:
    wrong.add(f"{path}.{one.name}", f"{_title(one.name)} must be {wanted}.")


def _code(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, str) or KNOWN.get(value) != one.list:
        wrong.add(
            f"{path}.{one.name}",
            f"{one.list} value '{value}' does not exist.",
            f"{_title(one.name)}Id is required.",
        )


def _reference(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, dict):
        _type(one, path, "an object", wrong)
    else:
        _object(one.inside, value, f"{path}.{one.name}", wrong)


def _list(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, list):
        _type(one, path, "a list", wrong)
        return
    for at, item in enumerate(value):
        inside = f"{path}.{one.name}[{at}]"
        if isinstance(item, dict):
            _object(one.inside, item, inside, wrong)
        else:
            wrong.add(inside, f"{_title(one.name)} must have objects only.")
    if not wrong.old:
        _twice(one, value, path, wrong)


def _twice(one: Property, value: list[dict[str, Any]], path: str, wrong: Wrong) -> None:
    seen = set()
    for at, item in enumerate(value):
        key = tuple(item[name] for name in one.inside.keys)
        if key in seen:
            text = f"Item {at + 1} of '{one.name}' is there already."
            wrong.add(f"{path}.{one.name}[{at}]", text)
        seen.add(key)


def _free(one: Property, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, dict):
        _type(one, path, "an object", wrong)
    else:
        _walk(value, f"{path}.{one.name}", wrong)


def _walk(value: Any, path: str, wrong: Wrong) -> None:
    """Look at the codes anywhere in an extension."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name.endswith("Descriptor"):
                _free_code(name, inner, path, wrong)
            elif isinstance(inner, dict | list):
                _walk(inner, f"{path}.{name}", wrong)
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            _walk(inner, f"{path}[{at}]", wrong)


@cache
def lists_of(name: str) -> tuple[str, str]:
    """The code lists a property of an extension may be of: opt-outs have theirs in the plural."""
    title = _title(name)
    return title, title.removesuffix("Descriptor") + "sDescriptor"


def _free_code(name: str, value: Any, path: str, wrong: Wrong) -> None:
    if not isinstance(value, str) or KNOWN.get(value) not in lists_of(name):
        wrong.add(
            f"{path}.{name}",
            f"{_title(name)} value '{value}' does not exist.",
            f"{_title(name)}Id is required.",
        )


_CHECKS: Mapping[Kind, Callable[[Property, Any, str, Wrong], None]] = {
    Kind.TEXT: _text,
    Kind.DATE: _date,
    Kind.WHOLE: _whole,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.CODE: _code,
    Kind.OBJECT: _reference,
    Kind.LIST: _list,
    Kind.FREE: _free,
}
