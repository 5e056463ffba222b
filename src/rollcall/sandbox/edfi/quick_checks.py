"""One quick check of a body: is it valid, and is everything in it known?

Nearly every body of a load is. Tests of each resource hold this equal to `checks`, which says what
is wrong; a test of speed needs a stand-in that costs less than the clients it measures.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from rollcall.sandbox.edfi.checks import LARGEST, is_date, lists_of
from rollcall.sandbox.edfi.codes import KNOWN
from rollcall.sandbox.edfi.shapes import Kind, Property, Shape

Test = Callable[[Any], bool]


def tester(shape: Shape) -> Test:
    """The question, put together for the objects of one shape."""
    tests = {property.name: _test(property) for property in shape.properties}
    required = shape.required
    find = tests.get

    def test(body: Any) -> bool:
        if type(body) is not dict or not required <= body.keys():
            return False
        for name, value in body.items():
            test = find(name)
            if test is None or not test(value):
                return False
        return True

    return test


def _test(property: Property) -> Test:
    if property.kind is Kind.OBJECT:
        return tester(property.inside)
    if property.kind is Kind.LIST:
        return _items(property)
    if property.kind is Kind.CODE:
        codes = frozenset(code for code, name in KNOWN.items() if name == property.list)
        return lambda value: type(value) is str and value in codes
    if property.kind is Kind.TEXT:
        return _text(property.longest, property.required)
    return _PLAIN[property.kind]


def _text(longest: int, required: bool) -> Test:
    def test(value: Any) -> bool:
        return type(value) is str and len(value) <= longest and not (required and value.isspace())

    return test if not required else lambda value: test(value) and value != ""


def _items(property: Property) -> Test:
    test = tester(property.inside)
    keys = property.inside.keys

    def test_list(value: Any) -> bool:
        if type(value) is not list or not all(map(test, value)):
            return False
        return len(value) < 2 or len({tuple(map(item.get, keys)) for item in value}) == len(value)

    return test_list


def _known(value: Any) -> bool:
    """Whether the codes anywhere in an extension are known."""
    if type(value) is dict:
        return all(map(_known_member, value, value.values()))
    return type(value) is not list or all(map(_known, value))


def _known_member(name: str, value: Any) -> bool:
    codes = _codes_of(name)
    if codes is None:
        return _known(value)
    return type(value) is str and value in codes


@cache
def _codes_of(name: str) -> frozenset[str] | None:
    """The codes a property of an extension can have; None: it is no code."""
    if not name.endswith("Descriptor"):
        return None
    lists = lists_of(name)
    return frozenset(value for value, list_name in KNOWN.items() if list_name in lists)


_PLAIN = {
    Kind.DATE: lambda value: type(value) is str and is_date(value),
    Kind.INTEGER: lambda value: type(value) is int and -LARGEST <= value < LARGEST,
    Kind.NUMBER: lambda value: type(value) in (int, float),
    Kind.FLAG: lambda value: type(value) is bool,
    Kind.FREE: lambda value: type(value) is dict and _known(value),
}
