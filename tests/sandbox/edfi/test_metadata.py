"""What the stand-in tells about itself, beside what a real one tells (where that is at hand)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.edfi.client import Client

from rollcall.sandbox.edfi import EdfiServer, World
from rollcall.sandbox.edfi.codes import DESCRIPTORS
from rollcall.sandbox.edfi.resources import RESOURCES

REAL = Path(__file__).parents[4] / "shared" / "specs" / "edfi" / "v6.1-Dependencies-Json.json"


def test_the_root_tells_where_all_else_is(client: Client, state: EdfiServer) -> None:
    root = client.ask("GET", "/").json
    assert root["version"] == "6.2"
    assert root["dataModels"][0]["version"] == "4.0.0"
    assert root["urls"]["oauth"] == f"{state.url}/oauth/token"
    for name in ("dependencies", "openApiMetadata"):
        path = root["urls"][name].removeprefix(state.url)
        assert client.ask("GET", path).status == 200


def test_resources_come_before_those_that_refer_to_them(client: Client) -> None:
    steps = client.ask("GET", "/metadata/data/v3/dependencies").json
    created = [step["resource"] for step in steps if "Create" in step["operations"]]
    pairs = [
        "/ed-fi/sexDescriptors",
        "/ed-fi/students",
        "/ed-fi/schools",
        "/ed-fi/calendars",
        "/ed-fi/studentSchoolAssociations",
        "/ed-fi/studentEducationOrganizationAssociations",
    ]
    assert sorted(pairs, key=created.index) == pairs
    assert [step["order"] for step in steps] == sorted(step["order"] for step in steps)


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/specs/edfi")
def test_the_order_is_that_of_a_real_one(client: Client) -> None:
    def orders(steps: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
        return {
            (step["resource"].lower(), one): step["order"]
            for step in steps
            for one in step["operations"]
        }

    ours = orders(client.ask("GET", "/metadata/data/v3/dependencies").json)
    real = orders(json.loads(REAL.read_text()))
    both = ours.keys() & real.keys()
    assert {"/ed-fi/students", "/ed-fi/programs"} <= {name for name, _ in both}
    assert {name: ours[name] for name in both} == {name: real[name] for name in both}


def test_the_openapi_documents_have_a_schema_for_each_resource(client: Client) -> None:
    sections = {
        section["name"]: section["endpointUri"] for section in client.ask("GET", "/metadata").json
    }
    about = {name: schemas(client, url) for name, url in sections.items()}
    assert "edFi_studentSchoolAssociation" in about["Resources"]
    assert "mn_stateAidCategoryDescriptor" in about["Descriptors"]
    student = about["Resources"]["edFi_student"]
    assert student["properties"]["studentUniqueId"]["x-Ed-Fi-isIdentity"]
    assert "birthDate" in student["required"]


def schemas(client: Client, url: str) -> Mapping[str, Any]:
    path = "/" + url.split("/", 3)[3]
    told: Mapping[str, Any] = client.ask("GET", path).json["components"]["schemas"]
    references = json.dumps(told).split("#/components/schemas/")[1:]
    assert {one.split('"')[0] for one in references} <= told.keys()
    return told


def test_codes_are_served_by_their_lists(client: Client) -> None:
    (first, *_), total = (
        (got := client.get("gradeLevelDescriptors", totalCount="true")).json,
        int(got.headers["total-count"]),
    )
    assert first["namespace"] == "uri://education.mn.gov/GradeLevelDescriptor"
    assert first["codeValue"] == "1"
    assert isinstance(first["gradeLevelDescriptorId"], int)
    assert total > 25
    aid = client.ask("GET", "/data/v3/MN/stateAidCategoryDescriptors")
    assert aid.json[0]["codeValue"] == "00"


def test_no_address_is_there_twice() -> None:
    paths = [resource.path for resource in RESOURCES] + [
        f"/{d.schema}/{d.resource}" for d in DESCRIPTORS
    ]
    assert len(set(paths)) == len(paths)


def test_what_the_state_loads_can_be_read(client: Client) -> None:
    assert [school["schoolId"] for school in client.get("schools").json] == list(World().schools)
    assert client.get("schoolYearTypes").json[0]["schoolYear"] == 2026
    assert client.get("localEducationAgencies").json[0]["localEducationAgencyId"] == 10625000
    assert len(client.get("programs").json) == 20


def test_addresses_have_the_year_where_the_state_wants_it() -> None:
    world = World(school_year=2027, year_in_path=True)
    with EdfiServer(world) as state, Client(state) as client:
        client.sign_in()
        root = client.ask("GET", "/").json
        assert root["urls"]["dataManagementApi"] == f"{state.url}/data/v3/2027/"
        assert client.ask("GET", "/data/v3/2027/ed-fi/schools").status == 200
        assert client.ask("GET", "/data/v3/2026/ed-fi/schools").status == 404
        assert client.ask("GET", "/data/v3/ed-fi/schools").status == 404
        assert client.ask("GET", "/metadata/data/v3/2027/dependencies").status == 200
