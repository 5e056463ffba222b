"""The OpenAPI document for people: its operations by subject, with what they take. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_Json = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """Something an operation takes. `where`: path, query or body; `kind`: its type in words."""

    name: str
    where: str
    kind: str
    needed: bool
    help: str


@dataclass(frozen=True)
class Shown:
    """An operation. `first`: its first sentence, `rest` the others; `kinds`: of its body."""

    id: str
    method: str
    path: str
    first: str
    rest: str
    needs: str
    fields: list[Field]
    kinds: list[str]


def by_subject(document: _Json) -> dict[str, list[Shown]]:
    """The operations of an OpenAPI document, by their first tag, in its order."""
    found: dict[str, list[Shown]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            one = _shown(document, path, method, operation)
            found.setdefault(operation["tags"][0], []).append(one)
    return found


def _shown(document: _Json, path: str, method: str, operation: _Json) -> Shown:
    text = " ".join(operation["description"].split())
    first, _, rest = text.partition(". ")
    body = operation.get("requestBody", {}).get("content", {})
    return Shown(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        first=first.rstrip("."),
        rest=rest,
        needs=operation["x-needs"],
        fields=[*_parameters(document, operation), *_body(document, body)],
        kinds=list(body),
    )


def _parameters(document: _Json, operation: _Json) -> Iterator[Field]:
    for one in operation.get("parameters", ()):
        schema = one["schema"]
        help = schema.get("description", "")
        yield Field(one["name"], one["in"], _kind(document, schema), one["required"], help)


def _body(document: _Json, content: _Json) -> Iterator[Field]:
    """The fields of a body; they are the same in each of its kinds."""
    if not content:
        return
    schema = _resolved(document, next(iter(content.values()))["schema"])
    needed = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        help = one.get("description", "")
        yield Field(name, "body", _kind(document, one), name in needed, help)


def _kind(document: _Json, schema: _Json) -> str:
    """A type in words: "number", "held, done or failed"."""
    schema = _resolved(document, schema)
    if choices := schema.get("enum"):
        return ", ".join(map(str, choices))
    if parts := schema.get("anyOf"):
        kinds = [_kind(document, part) for part in parts if part.get("type") != "null"]
        return " or ".join(kinds)
    kind = str(schema.get("type", "any"))
    inner = f" of {_kind(document, schema['items'])}" if "items" in schema else ""
    return _WORDS.get(schema.get("format", ""), _WORDS.get(kind, kind)) + inner


_WORDS = {
    "integer": "number",
    "string": "text",
    "boolean": "true or false",
    "array": "list",
    "date": "date",
}


def _resolved(document: _Json, schema: _Json) -> _Json:
    """A schema, or the one it refers to."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: _Json = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found
