"""What an API tells about itself: versions and addresses, the order of its resources, OpenAPI."""

from collections.abc import Mapping
from typing import Any

from rollcall.sandbox.edfi.codes import DESCRIPTORS, Descriptor
from rollcall.sandbox.edfi.resources import RESOURCES, STUDENTS
from rollcall.sandbox.edfi.shapes import Kind, Property, Resource, Shape
from rollcall.sandbox.edfi.world import World

_TYPES: Mapping[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.CODE: {"type": "string", "maxLength": 306},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.WHOLE: {"type": "integer", "format": "int32"},
    Kind.NUMBER: {"type": "number", "format": "double"},
    Kind.FLAG: {"type": "boolean"},
    Kind.FREE: {"type": "object"},
}


def version(url: str, world: World) -> dict[str, Any]:
    """The document at the root: what this is, and where all else is."""
    year = world.year_part
    return {
        "version": "6.2",
        "informationalVersion": "6.2 (Rollcall's stand-in)",
        "suite": "3",
        "build": "6.2.0.0",
        "apiMode": "Year Specific" if year else "Shared Instance",
        "dataModels": [
            {
                "name": "Ed-Fi",
                "version": "4.0.0",
                "informationalVersion": "The Ed-Fi Data Model 4.0",
            },
            {"name": "MN", "version": "1.0.0", "informationalVersion": "Minnesota"},
        ],
        "urls": {
            "dependencies": f"{url}/metadata/data/v3{year}/dependencies",
            "openApiMetadata": f"{url}/metadata{year}",
            "oauth": f"{url}/oauth/token",
            "dataManagementApi": f"{url}/data/v3{year}/",
            "changeQueries": f"{url}/changeQueries/v1{year}/",
        },
    }


def dependencies() -> list[dict[str, Any]]:
    """The order in which resources are loaded. Students may be updated only once enrolled."""
    first = [_step(f"/{one.schema}/{one.resource}", 1) for one in DESCRIPTORS]
    then: list[dict[str, Any]] = []
    for one in RESOURCES:
        if one is STUDENTS:
            then.append(_step(one.path, one.order, "Create"))
            then.append(_step(one.path, 15, "Update"))
        else:
            then.append(_step(one.path, one.order))
    return first + sorted(then, key=lambda step: int(step["order"]))


def _step(resource: str, order: int, *operations: str) -> dict[str, Any]:
    return {
        "resource": resource,
        "order": order,
        "operations": list(operations or ("Create", "Update")),
    }


def sections(url: str, world: World) -> list[dict[str, Any]]:
    """Where the OpenAPI documents are."""
    base = f"{url}/metadata/data/v3{world.year_part}"
    return [
        {"name": name, "endpointUri": f"{base}/{name.lower()}/swagger.json", "prefix": ""}
        for name in ("Resources", "Descriptors")
    ]


def resources_openapi(url: str, world: World) -> dict[str, Any]:
    """OpenAPI of the resources, as short as clients can do with."""
    schemas: dict[str, Any] = {}
    for one in RESOURCES:
        _schema(_root(one), one.shape, schemas, {"id": {"type": "string"}})
    paths = {one.path: _path(_root(one), one.writable, _asked(one)) for one in RESOURCES}
    return _openapi("Resources", url, world, schemas, paths)


def descriptors_openapi(url: str, world: World) -> dict[str, Any]:
    """OpenAPI of the descriptors."""
    schemas = {_descriptor_root(one): _descriptor_schema(one) for one in DESCRIPTORS}
    paths = {
        f"/{one.schema}/{one.resource}": _path(_descriptor_root(one), False, ())
        for one in DESCRIPTORS
    }
    return _openapi("Descriptors", url, world, schemas, paths)


def _openapi(
    title: str, url: str, world: World, schemas: dict[str, Any], paths: dict[str, Any]
) -> dict[str, Any]:
    return {
        "openapi": "3.0.1",
        "info": {"title": f"Ed-Fi {title} (stand-in)", "version": "3"},
        "servers": [{"url": f"{url}/data/v3{world.year_part}"}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _asked(resource: Resource) -> tuple[str, ...]:
    """What its lists can be asked by, beside the page."""
    return (*(part.name for part in resource.key), "minChangeVersion", "maxChangeVersion")


def _path(root: str, writable: bool, asked: tuple[str, ...]) -> dict[str, Any]:
    schema = {"application/json": {"schema": {"$ref": f"#/components/schemas/{root}"}}}
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in ("offset", "limit", "totalCount", *asked)
    ]
    page = {"parameters": parameters, "responses": {"200": {"description": "A page."}}}
    operations: dict[str, Any] = {"get": page}
    if writable:
        operations["post"] = {
            "requestBody": {"content": schema},
            "responses": {"201": {"description": "Added."}, "200": {"description": "Updated."}},
        }
    return operations


def _root(resource: Resource) -> str:
    return "edFi_" + _small(resource.title)


def _descriptor_root(one: Descriptor) -> str:
    return ("edFi_" if one.schema == "ed-fi" else f"{one.schema}_") + _small(one.name)


def _small(name: str) -> str:
    return name[0].lower() + name[1:]


def _descriptor_schema(one: Descriptor) -> dict[str, Any]:
    texts = ("codeValue", "namespace", "shortDescription", "description")
    properties: dict[str, Any] = {name: {"type": "string"} for name in texts}
    properties[_small(one.name) + "Id"] = {"type": "integer"}
    required = ["codeValue", "namespace", "shortDescription"]
    return {"type": "object", "required": required, "properties": properties}


def _schema(name: str, shape: Shape, schemas: dict[str, Any], more: dict[str, Any]) -> None:
    """Put the schema of a shape, and of all inside it, among the schemas."""
    properties = more | {one.name: _property(name, one, schemas) for one in shape.properties}
    schemas[name] = {"type": "object", "properties": properties}
    if shape.required:
        schemas[name]["required"] = sorted(shape.required)


def _property(owner: str, one: Property, schemas: dict[str, Any]) -> dict[str, Any]:
    if one.kind in (Kind.OBJECT, Kind.LIST):
        inner = f"{owner}_{one.name}" if one.kind is Kind.LIST else f"edFi_{one.name}"
        _schema(inner, one.inside, schemas, {})
        reference = {"$ref": f"#/components/schemas/{inner}"}
        return reference if one.kind is Kind.OBJECT else {"type": "array", "items": reference}
    written = dict(_TYPES[one.kind])
    if one.longest:
        written["maxLength"] = one.longest
    if one.key:
        written["x-Ed-Fi-isIdentity"] = True
    return written


def descriptor_values(one: Descriptor, first: int) -> list[dict[str, Any]]:
    """A code list as its resource serves it; ids count from `first`."""
    return [
        {
            "id": f"{first + at:032x}",
            f"{_small(one.name)}Id": first + at,
            "codeValue": code,
            "namespace": one.namespace,
            "shortDescription": code,
            "description": code,
            "_etag": "1",
        }
        for at, code in enumerate(one.codes)
    ]
