"""The OpenAPI document for people: its operations by subject, with what they take. Pure."""

from collections.abc import Mapping
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
class OperationDoc:
    """An operation. `summary`: its first sentence, `details`: more; `kinds`: of its body."""

    id: str
    method: str
    path: str
    summary: str
    details: str
    needs: str
    fields: list[Field]
    kinds: list[str]


def by_subject(document: _Json) -> dict[str, list[OperationDoc]]:
    """The operations of an OpenAPI document, by their first tag, in its order."""
    subjects: dict[str, list[OperationDoc]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            operations = subjects.setdefault(operation["tags"][0], [])
            operations.append(_operation_doc(document, path, method, operation))
    return subjects


def _operation_doc(document: _Json, path: str, method: str, operation: _Json) -> OperationDoc:
    text = " ".join(operation["description"].split())
    summary, _, details = text.partition(". ")
    body = operation.get("requestBody", {}).get("content", {})
    fields = [
        _field(document, place["name"], place["in"], place["schema"], place["required"])
        for place in operation.get("parameters", ())
    ]
    if body:  # the fields are the same in each kind of body
        schema = _resolved(document, next(iter(body.values()))["schema"])
        required = schema.get("required", ())
        fields += [
            _field(document, name, "body", property, name in required)
            for name, property in schema.get("properties", {}).items()
        ]
    return OperationDoc(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=summary.rstrip("."),
        details=details,
        needs=operation["x-needs"],
        fields=fields,
        kinds=list(body),
    )


def _field(document: _Json, name: str, where: str, schema: _Json, needed: bool) -> Field:
    return Field(name, where, _kind(document, schema), needed, schema.get("description", ""))


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
    referred: _Json = document["components"]["schemas"][reference.rpartition("/")[2]]
    return referred
