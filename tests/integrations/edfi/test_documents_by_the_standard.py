"""The bodies we send are what the Ed-Fi Data Standard 4.0 says they are, but for `_ext`."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from tests.edfi_frames import CONTEXT, SETTINGS, demographic, enrollment, program, student, views

from rollcall.core.json_documents.fields import JsonResource
from rollcall.core.json_documents.writing import bodies
from rollcall.integrations.edfi.resources import RESOURCES
from rollcall.integrations.edfi.rules import documents
from rollcall.integrations.edfi.settings import namespace

STANDARD = Path(__file__).parents[4] / "shared" / "specs" / "edfi" / "resources-ds-4.0.yaml"
if not STANDARD.exists():
    pytest.skip("the folder shared/specs is not beside the checkout", allow_module_level=True)

#: Every field that there is has a value.
FULL = views(
    [student(middle_name="Pa", generation_suffix="Jr")],
    [
        enrollment(
            exit_date=CONTEXT.today,
            exit_type="40",
            transportation="01",
            transporting_district="10625000",
            attendance="20.5",
            membership="21",
            homebound="Y",
        )
    ],
    [demographic(races="Asian; White", characteristics="3; 5", opt_outs="MNC")],
    [program(end_date=CONTEXT.today)],
)


@cache
def schema(name: str) -> dict[str, Any]:
    """One schema of the standard; its file is too long to be read whole."""
    text = STANDARD.read_text(encoding="utf-8")
    found = re.search(rf"^    {name}:\n((?:      .*\n|\n)+)", text, re.MULTILINE)
    assert found, name
    return yaml.safe_load(found[1])  # type: ignore[no-any-return]


def with_all_it_names(name: str, into: dict[str, Any]) -> dict[str, Any]:
    """The schemas needed to check by one, none letting what it does not name pass."""
    if name not in into:
        into[name] = {**schema(name), "additionalProperties": False}
        for other in set(re.findall(r"#/components/schemas/(\w+)", json.dumps(into[name]))):
            with_all_it_names(other, into)
    return into


def checker(resource: JsonResource) -> Callable[[Any], None]:
    name = f"edFi_{resource.name.removesuffix('s')}"
    whole = {
        "$ref": f"#/components/schemas/{name}",
        "components": {"schemas": with_all_it_names(name, {})},
    }
    return jsonschema_rs.Draft4Validator(whole, validate_formats=True).validate


def sent(resource: JsonResource) -> list[dict[str, Any]]:
    found = documents(FULL, SETTINGS, CONTEXT)
    assert found.checks.rows() == []
    texts = bodies(
        resource, found.frames[resource.name], lambda descriptor: namespace(SETTINGS, descriptor)
    )
    return [json.loads(text) for text in texts]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_what_is_sent_is_as_the_standard_says(resource: JsonResource) -> None:
    check = checker(resource)
    documents = sent(resource)
    assert documents
    for document in documents:
        document.pop("_ext", None)
        check(document)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_the_key_is_the_one_of_the_standard(resource: JsonResource) -> None:
    identities = {
        name.split(".")[-1]
        for name, one in with_all_it_names(f"edFi_{resource.name.removesuffix('s')}", {}).items()
        for name, property in one["properties"].items()
        if property.get("x-Ed-Fi-isIdentity")
    }
    key = {one.path.split(".")[-1] for one in resource.fields if one.column in resource.record.key}
    assert key <= identities


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_every_column_has_its_place_in_a_full_document(resource: JsonResource) -> None:
    (row,) = documents(FULL, SETTINGS, CONTEXT).frames[resource.name].rows(named=True)
    about_nobody = {"local_id"} if resource.name == "calendars" else set()
    assert {name for name, value in row.items() if value is None} == about_nobody


def test_the_standard_would_notice() -> None:
    (resource,) = (one for one in RESOURCES if one.name == "studentSchoolAssociations")
    (document,) = sent(resource)
    for wrong in (document, {**document, "_ext": {}}, {"entryDate": "2025-09-02"}):
        with pytest.raises(jsonschema_rs.ValidationError):
            checker(resource)(wrong)
