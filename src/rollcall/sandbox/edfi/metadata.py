"""What an API says about itself: versions and addresses, the order of its resources, OpenAPI."""

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
    Kind.INTEGER: {"type": "integer", "format": "int32"},
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
    """The order in which resources are loaded. Students can be updated only once enrolled."""
    descriptor_steps = [
        _step(f"/{resource.schema}/{resource.resource}", 1) for resource in DESCRIPTORS
    ]
    resource_steps: list[dict[str, Any]] = []
    for resource in RESOURCES:
        if resource is STUDENTS:
            resource_steps.append(_step(resource.path, resource.order, "Create"))
            resource_steps.append(_step(resource.path, 15, "Update"))
        else:
            resource_steps.append(_step(resource.path, resource.order))
    return descriptor_steps + sorted(resource_steps, key=lambda step: int(step["order"]))


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
    """OpenAPI of the resources, as short as clients need it."""
    schemas: dict[str, Any] = {}
    for resource in RESOURCES:
        _schema(_root(resource), resource.shape, schemas, {"id": {"type": "string"}})
    paths = {
        resource.path: _path(
            _root(resource),
            resource.writable,
            (*(part.name for part in resource.key), "minChangeVersion", "maxChangeVersion"),
        )
        for resource in RESOURCES
    }
    return _openapi("Resources", url, world, schemas, paths)


def descriptors_openapi(url: str, world: World) -> dict[str, Any]:
    """OpenAPI of the descriptors."""
    texts = ("codeValue", "namespace", "shortDescription", "description")
    schemas = {
        _descriptor_root(descriptor): {
            "type": "object",
            "required": ["codeValue", "namespace", "shortDescription"],
            "properties": {
                **{name: {"type": "string"} for name in texts},
                _small(descriptor.name) + "Id": {"type": "integer"},
            },
        }
        for descriptor in DESCRIPTORS
    }
    paths = {
        f"/{descriptor.schema}/{descriptor.resource}": _path(
            _descriptor_root(descriptor), False, ()
        )
        for descriptor in DESCRIPTORS
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


def _path(root: str, writable: bool, filters: tuple[str, ...]) -> dict[str, Any]:
    schema = {"application/json": {"schema": {"$ref": f"#/components/schemas/{root}"}}}
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in ("offset", "limit", "totalCount", *filters)
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


def _descriptor_root(descriptor: Descriptor) -> str:
    return ("edFi_" if descriptor.schema == "ed-fi" else f"{descriptor.schema}_") + _small(
        descriptor.name
    )


def _small(name: str) -> str:
    return name[0].lower() + name[1:]


def _schema(name: str, shape: Shape, schemas: dict[str, Any], more: dict[str, Any]) -> None:
    """Put the schema of a shape, and of all inside it, among the schemas."""
    properties = more | {
        property.name: _property(name, property, schemas) for property in shape.properties
    }
    schemas[name] = {"type": "object", "properties": properties}
    if shape.required:
        schemas[name]["required"] = sorted(shape.required)


def _property(owner: str, property: Property, schemas: dict[str, Any]) -> dict[str, Any]:
    if property.kind in (Kind.OBJECT, Kind.LIST):
        inner = (
            f"{owner}_{property.name}" if property.kind is Kind.LIST else f"edFi_{property.name}"
        )
        _schema(inner, property.inside, schemas, {})
        reference = {"$ref": f"#/components/schemas/{inner}"}
        return reference if property.kind is Kind.OBJECT else {"type": "array", "items": reference}
    written = dict(_TYPES[property.kind])
    if property.longest:
        written["maxLength"] = property.longest
    if property.key:
        written["x-Ed-Fi-isIdentity"] = True
    return written


def descriptor_values(descriptor: Descriptor, first: int) -> list[dict[str, Any]]:
    """A code list as its resource serves it; ids count from `first`."""
    return [
        {
            "id": f"{first + at:032x}",
            f"{_small(descriptor.name)}Id": first + at,
            "codeValue": code,
            "namespace": descriptor.namespace,
            "shortDescription": code,
            "description": code,
            "_etag": "1",
        }
        for at, code in enumerate(descriptor.codes)
    ]
