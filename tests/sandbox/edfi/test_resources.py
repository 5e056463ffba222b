"""The resources as they are declared here, beside the published Data Standard 4.0."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from rollcall.sandbox.edfi.resources import RESOURCES
from rollcall.sandbox.edfi.shapes import Kind, Property, Resource, Shape

SPEC = Path(__file__).parents[4] / "shared" / "specs" / "edfi" / "resources-ds-4.0.yaml"
WRITABLE = [one for one in RESOURCES if one.writable]
TYPES = {
    Kind.TEXT: ("string", None),
    Kind.CODE: ("string", None),
    Kind.DATE: ("string", "date"),
    Kind.INTEGER: ("integer", "int32"),
    Kind.NUMBER: ("number", "double"),
    Kind.FLAG: ("boolean", None),
}

Schemas = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def published() -> Schemas:
    if not SPEC.exists():
        pytest.skip("needs ../shared/specs/edfi")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schemas: Schemas = yaml.load(SPEC.read_bytes(), loader)["components"]["schemas"]
    return schemas


@pytest.mark.parametrize("resource", WRITABLE, ids=lambda one: one.name)
def test_a_resource_is_declared_as_published(resource: Resource, published: Schemas) -> None:
    name = "edFi_" + resource.title[0].lower() + resource.title[1:]
    compare(resource.shape, published[name], published)


def compare(shape: Shape, schema: Mapping[str, Any], published: Schemas) -> None:
    required = set(schema.get("required", []))
    assert required == set(shape.required)
    for property in shape.properties:
        if property.kind is not Kind.FREE:
            compare_property(property, schema["properties"][property.name], published)


def compare_property(property: Property, described: Mapping[str, Any], published: Schemas) -> None:
    if property.kind in TYPES:
        assert (property.name, described["type"], described.get("format")) == (
            property.name,
            *TYPES[property.kind],
        )
        assert bool(described.get("x-Ed-Fi-isIdentity")) == property.key, property.name
        if property.kind is Kind.TEXT:
            assert (property.name, described["maxLength"]) == (property.name, property.longest)
        return
    reference = described["items"]["$ref"] if property.kind is Kind.LIST else described["$ref"]
    compare(property.inside, published[reference.rpartition("/")[2]], published)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: one.name)
def test_each_part_of_a_key_has_its_own_name(resource: Resource) -> None:
    names = [part.name for part in resource.key]
    assert len(set(names)) == len(names)
    assert len(resource.key_kinds) == len(names)
