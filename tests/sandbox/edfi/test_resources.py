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
    for one in shape.properties:
        if one.kind is not Kind.FREE:
            compare_property(one, schema["properties"][one.name], published)


def compare_property(one: Property, told: Mapping[str, Any], published: Schemas) -> None:
    if one.kind in TYPES:
        assert (one.name, told["type"], told.get("format")) == (one.name, *TYPES[one.kind])
        assert bool(told.get("x-Ed-Fi-isIdentity")) == one.key, one.name
        if one.kind is Kind.TEXT:
            assert (one.name, told["maxLength"]) == (one.name, one.longest)
        return
    reference = told["items"]["$ref"] if one.kind is Kind.LIST else told["$ref"]
    compare(one.inside, published[reference.rpartition("/")[2]], published)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: one.name)
def test_each_part_of_a_key_has_its_own_name(resource: Resource) -> None:
    names = [part.name for part in resource.key]
    assert len(set(names)) == len(names)
    assert len(resource.key_kinds) == len(names)
