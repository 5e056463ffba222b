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
    return OperationDoc(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=summary.rstrip("."),
        details=details,
        needs=operation["x-needs"],
        fields=[*_parameters(document, operation), *_body(document, body)],
        kinds=list(body),
    )


def _parameters(document: _Json, operation: _Json) -> Iterator[Field]:
    for parameter in operation.get("parameters", ()):
        schema, name, where = parameter["schema"], parameter["name"], parameter["in"]
        help = schema.get("description", "")
        yield Field(name, where, _kind(document, schema), parameter["required"], help)


def _body(document: _Json, content: _Json) -> Iterator[Field]:
    """The fields of a body; they are the same in each of its kinds."""
    if not content:
        return
    schema = _resolved(document, next(iter(content.values()))["schema"])
    needed = schema.get("required", ())
    for name, property in schema.get("properties", {}).items():
        help = property.get("description", "")
        yield Field(name, "body", _kind(document, property), name in needed, help)


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
