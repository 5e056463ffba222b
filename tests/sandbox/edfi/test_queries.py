"""Lists by page and by key, and what has changed since."""

from typing import Any

import pytest
from tests.sandbox.edfi.client import SCHOOL, Client, demographics, enrollment, program, student

from rollcall.sandbox.edfi import EdfiServer

VERSIONS = "/changeQueries/v1/availableChangeVersions"


@pytest.fixture
def many(client: Client) -> Client:
    for number in range(30):
        client.post("students", student(str(number)))
        client.post("studentSchoolAssociations", enrollment(str(number)))
    return client


def numbers(body: list[dict[str, Any]]) -> list[int]:
    return [int(student["studentUniqueId"]) for student in body]


def test_a_list_has_25_unless_asked_otherwise(many: Client) -> None:
    assert numbers(many.get("students").json) == list(range(25))
    assert numbers(many.get("students", offset=25).json) == [25, 26, 27, 28, 29]
    assert numbers(many.get("students", offset=3, limit=2).json) == [3, 4]
    assert many.get("students", limit=0).json == []
    assert many.get("students", offset=99).json == []


def test_the_total_is_told_when_asked_for(many: Client) -> None:
    got = many.get("students", limit=0, totalCount="true")
    assert got.headers["total-count"] == "30"
    assert "total-count" not in many.get("students").headers


@pytest.mark.parametrize("query", [{"limit": 501}, {"limit": -1}, {"offset": "x"}])
def test_pages_have_bounds(client: Client, query: dict[str, Any]) -> None:
    got = client.get("students", **query)
    assert (got.status, list(got.json)) == (400, ["message"])
    assert client.get("sexDescriptors", **query).status == 400


def test_the_documents_of_one_student_can_be_asked_for(many: Client) -> None:
    many.post("studentSchoolAssociations", enrollment("7", entryDate="2026-01-05"))
    many.post("studentEducationOrganizationAssociations", demographics("7"))
    many.post("studentProgramAssociations", program("7"))
    assert len(many.get("studentSchoolAssociations", studentUniqueId="7").json) == 2
    assert len(many.get("studentProgramAssociations", studentUniqueId="7").json) == 1
    assert numbers(many.get("students", studentUniqueId="7").json) == [7]
    assert many.get("students", studentUniqueId="none").json == []


def test_a_document_can_be_asked_for_by_its_key(many: Client) -> None:
    key: dict[str, Any] = {
        "studentUniqueId": "7",
        "schoolId": SCHOOL,
        "entryDate": "2025-09-02",
    }
    (document,) = many.get("studentSchoolAssociations", **key).json
    assert document["studentReference"]["studentUniqueId"] == "7"
    assert many.get("studentSchoolAssociations", **key | {"schoolId": 1}).json == []


def test_other_properties_can_be_asked_for(many: Client) -> None:
    many.post("students", student("7", firstName="Ada", multipleBirthStatus=True))
    assert numbers(many.get("students", firstName="Ada").json) == [7]
    assert numbers(many.get("students", multipleBirthStatus="true").json) == [7]
    assert many.get("students", firstName="Ada", studentUniqueId="8").json == []


def test_students_who_are_not_enrolled_are_not_seen(client: Client) -> None:
    number = client.post("students", student()).id
    assert client.get("students").json == []
    assert client.get("students", studentUniqueId="1062500000001").json == []
    assert client.get(f"students/{number}").status == 403
    client.post("studentSchoolAssociations", enrollment())
    assert len(client.get("students").json) == 1
    assert client.get(f"students/{number}").status == 200


def test_what_has_not_changed_is_not_told_again(client: Client) -> None:
    client.post("students", student())
    client.post("studentSchoolAssociations", enrollment())
    got = client.post("students", student())
    etag = {"If-None-Match": got.headers["etag"]}
    assert (client.get(f"students/{got.id}", etag).status) == 304
    client.post("students", student(firstName="Ada"))
    assert client.get(f"students/{got.id}", etag).status == 200


def test_changes_can_be_asked_for_by_version(many: Client) -> None:
    before = many.ask("GET", VERSIONS).json["newestChangeVersion"]
    many.post("students", student("7", firstName="Ada"))
    after = many.ask("GET", VERSIONS).json["newestChangeVersion"]
    assert after == before + 1
    assert numbers(many.get("students", minChangeVersion=after).json) == [7]
    assert 7 not in numbers(many.get("students", maxChangeVersion=before, limit=50).json)


def test_what_was_deleted_and_moved_is_told(many: Client, state: EdfiServer) -> None:
    ids = state.ids("studentSchoolAssociations")
    gone, moved = (ids[number, str(SCHOOL), "2025-09-02"] for number in ("3", "4"))
    many.delete(f"studentSchoolAssociations/{gone}")
    many.put(f"studentSchoolAssociations/{moved}", enrollment("4", entryDate="2025-09-08"))
    newest = many.ask("GET", VERSIONS).json["newestChangeVersion"]
    old = {"studentUniqueId": "3", "schoolId": SCHOOL, "entryDate": "2025-09-02"}
    deletes = many.get("studentSchoolAssociations/deletes", totalCount="true")
    assert deletes.json == [{"id": gone, "changeVersion": newest - 1, "keyValues": old}]
    assert deletes.headers["total-count"] == "1"
    assert many.get("studentSchoolAssociations/keyChanges").json == [
        {
            "id": moved,
            "changeVersion": newest,
            "oldKeyValues": old | {"studentUniqueId": "4"},
            "newKeyValues": old | {"studentUniqueId": "4", "entryDate": "2025-09-08"},
        }
    ]
    late = many.get("studentSchoolAssociations/deletes", minChangeVersion=newest)
    assert late.json == []
