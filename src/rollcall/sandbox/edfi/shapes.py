"""The words in which the resources are declared: properties with their types, keys, references."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any


class Kind(StrEnum):
    """What a property's JSON value is."""

    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    CODE = "code"  # a value of a descriptor
    OBJECT = "object"
    LIST = "list"
    FREE = "free"  # an extension: any object; its codes and districts are looked at


@dataclass(frozen=True)
class Property:
    """One property. `longest`: characters of a text. `of`: what is inside an object or an item.
    `target`: the resource an object refers to. `list`: the descriptor a code is of. `key`: it is of
    the natural key of its resource or item.
    """

    name: str
    kind: Kind
    required: bool = False
    key: bool = False
    longest: int = 0
    of: "tuple[Property, ...]" = ()
    target: str = ""
    list: str = ""

    @cached_property
    def inside(self) -> "Shape":
        """What is in the object, or in each item of the list."""
        return Shape(self.of)


@dataclass(frozen=True)
class Shape:
    """The properties of an object."""

    properties: tuple[Property, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Property]:
        """The properties by their names."""
        return {property.name: property for property in self.properties}

    @cached_property
    def required(self) -> frozenset[str]:
        """Names of those that cannot be left out."""
        return frozenset(property.name for property in self.properties if property.required)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Names of those that tell one item of a list from another."""
        return tuple(property.name for property in self.properties if property.key)


@dataclass(frozen=True)
class KeyPart:
    """A part of a natural key: its name in queries, and its place in a document."""

    name: str
    path: tuple[str, ...]

    def of(self, body: Mapping[str, Any]) -> str:
        """The part's text in a document that has it."""
        value: Any = body
        for name in self.path:
            value = value[name]
        return str(value)


@dataclass(frozen=True)
class Resource:
    """A resource the stand-in serves: `title` as error texts name it, `order` as in the document of
    dependencies, `needs_claim`: only for students enrolled in a school of the client.
    """

    name: str
    title: str
    order: int
    key: tuple[KeyPart, ...]
    properties: tuple[Property, ...]
    schema: str = "ed-fi"
    writable: bool = False
    key_may_change: bool = False
    needs_claim: bool = False
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", Shape(self.properties))

    @property
    def path(self) -> str:
        """Its place below the data address."""
        return f"/{self.schema}/{self.name}"

    @cached_property
    def references(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The references a document itself makes (not its extensions or items): the property, the
        resource referred to, and the names of the key's parts.
        """
        return tuple(
            (property.name, property.target, tuple(part.name for part in property.of))
            for property in self.properties
            if property.target
        )

    @cached_property
    def key_kinds(self) -> tuple[Kind, ...]:
        """What each part of the natural key is."""
        kinds = []
        for part in self.key:
            shape = self.shape
            for name in part.path[:-1]:
                shape = shape.by_name[name].inside
            kinds.append(shape.by_name[part.path[-1]].kind)
        return tuple(kinds)

    def key_of(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """The natural key of a document that has passed the checks."""
        return tuple([part.of(body) for part in self.key])


def text(name: str, longest: int, *, required: bool = False, key: bool = False) -> Property:
    """A text of at most so many characters."""
    return Property(name, Kind.TEXT, required or key, key, longest)


def date(name: str, *, required: bool = False, key: bool = False) -> Property:
    """A date as in 2025-09-02."""
    return Property(name, Kind.DATE, required or key, key)


def integer(name: str, *, required: bool = False, key: bool = False) -> Property:
    """A whole number."""
    return Property(name, Kind.INTEGER, required or key, key)


def number(name: str) -> Property:
    """Any number."""
    return Property(name, Kind.NUMBER)


def flag(name: str) -> Property:
    """True or false."""
    return Property(name, Kind.FLAG)


def code(name: str, of: str = "", *, required: bool = False, key: bool = False) -> Property:
    """A value of a descriptor, by default the one the property is named after."""
    return Property(name, Kind.CODE, required or key, key, list=of or name[0].upper() + name[1:])


def items(name: str, *of: Property, required: bool = False) -> Property:
    """A list of objects."""
    return Property(name, Kind.LIST, required, of=of)


def refer(name: str, target: str, *of: Property, required: bool = False) -> Property:
    """A reference to a document of another resource."""
    return Property(name, Kind.OBJECT, required, of=of, target=target)


def extension() -> Property:
    """The place where a state adds its own."""
    return Property("_ext", Kind.FREE)
