"""POST, PUT and DELETE of the five resources, as clients see them."""

import pytest
from tests.sandbox.edfi.client import (
    DISTRICT,
    SCHOOL,
    Client,
    calendar,
    coded,
    demographics,
    enrollment,
    program,
    student,
)

from rollcall.sandbox.edfi import EdfiServer, Person

NUMBER = "1062500000001"


def enrolled(client: Client, number: str = NUMBER) -> None:
    assert client.post("students", student(number)).status == 201
    assert client.post("studentSchoolAssociations", enrollment(number)).status == 201


def test_a_student_with_all_that_is_theirs_is_added_and_read(client: Client) -> None:
    enrolled(client)
    for resource, body in (
        ("calendars", calendar()),
        ("studentEducationOrganizationAssociations", demographics()),
        ("studentProgramAssociations", program()),
    ):
        got = client.post(resource, body)
        assert (got.status, got.body) == (201, b"")
        read = client.get(f"{resource}/{got.id}")
        assert read.status == 200
        assert read.json == body | {
            "id": got.id,
            "_etag": got.headers["etag"].strip('"'),
        }


def test_a_post_with_the_same_key_updates_and_forgets_what_it_leaves_out(
    client: Client, state: EdfiServer
) -> None:
    enrolled(client)
    first = client.post("students", student(middleName="Eva"))
    second = client.post("students", student(firstName="Alva"))
    assert (first.status, second.status) == (200, 200)
    assert first.id == second.id
    assert first.headers["etag"] != second.headers["etag"]
    assert state.documents("students") == [student(firstName="Alva")]


def test_a_post_of_what_is_there_already_changes_nothing(client: Client) -> None:
    enrolled(client)
    body = enrollment()
    again = client.post("studentSchoolAssociations", dict(reversed(body.items())))
    more = client.post("studentSchoolAssociations", body)
    assert again.headers["etag"] == more.headers["etag"]


def test_the_history_has_every_accepted_write_in_order(client: Client, state: EdfiServer) -> None:
    enrolled(client)
    client.post("studentSchoolAssociations", enrollment(entryDate="soon"))
    got = client.post("studentSchoolAssociations", enrollment())
    client.put(f"studentSchoolAssociations/{got.id}", enrollment(entryDate="2025-09-03"))
    client.delete(f"studentSchoolAssociations/{got.id}")
    key = (NUMBER, str(SCHOOL), "2025-09-02")
    moved = (NUMBER, str(SCHOOL), "2025-09-03")
    assert state.history == [
        ("POST", "students", (NUMBER,)),
        ("POST", "studentSchoolAssociations", key),
        ("POST", "studentSchoolAssociations", key),
        ("PUT", "studentSchoolAssociations", moved),
        ("DELETE", "studentSchoolAssociations", moved),
    ]


def test_an_enrollment_waits_for_its_student(client: Client) -> None:
    got = client.post("studentSchoolAssociations", enrollment())
    assert got.status == 409
    assert "'Student'" in got.json["message"]


@pytest.mark.parametrize(
    ("resource", "body"),
    [
        ("studentEducationOrganizationAssociations", demographics()),
        ("studentProgramAssociations", program()),
        ("students", student(firstName="Alva")),
    ],
)
def test_only_an_enrollment_gives_a_claim_to_the_student(
    client: Client, resource: str, body: dict[str, object]
) -> None:
    client.post("students", student())
    got = client.post(resource, body)
    assert got.status == 403
    assert "claim" in got.json["message"]
    client.post("studentSchoolAssociations", enrollment())
    assert client.post(resource, body).status in (200, 201)


def test_a_school_of_others_is_denied(client: Client) -> None:
    client.post("students", student())
    body = enrollment(schoolReference={"schoolId": 10535315})
    got = client.post("studentSchoolAssociations", body)
    assert (got.status, got.json["message"]) == (
        403,
        "Access to the requested 'SchoolId' was denied.",
    )


@pytest.mark.parametrize(
    ("resource", "body", "title"),
    [
        (
            "studentSchoolAssociations",
            enrollment(schoolYearTypeReference={"schoolYear": 2025}),
            "SchoolYearType",
        ),
        (
            "studentSchoolAssociations",
            enrollment(
                calendarReference={"calendarCode": "9", "schoolId": SCHOOL, "schoolYear": 2026}
            ),
            "Calendar",
        ),
        (
            "studentProgramAssociations",
            program(
                programReference={
                    "educationOrganizationId": DISTRICT,
                    "programName": "Chess",
                    "programTypeDescriptor": coded("ProgramTypeDescriptor", "Homeless"),
                }
            ),
            "Program",
        ),
        (
            "studentSchoolAssociations",
            enrollment(
                _ext={
                    "MN": {
                        "residentLocalEducationAgencyReference": {
                            "localEducationAgencyId": 10625010
                        }
                    }
                }
            ),
            "LocalEducationAgency",
        ),
    ],
)
def test_what_a_document_refers_to_must_be_there(
    client: Client, resource: str, body: dict[str, object], title: str
) -> None:
    enrolled(client)
    got = client.post(resource, body)
    assert got.status == 409
    assert f"'{title}'" in got.json["message"]


def test_a_put_moves_an_enrollment_to_another_key(client: Client, state: EdfiServer) -> None:
    enrolled(client)
    got = client.post("studentSchoolAssociations", enrollment())
    moved = enrollment(entryDate="2025-09-05")
    assert client.put(f"studentSchoolAssociations/{got.id}", moved).status == 204
    assert state.documents("studentSchoolAssociations") == [moved]
    assert list(state.ids("studentSchoolAssociations").values()) == [got.id]


def test_a_put_may_not_take_the_key_of_another(client: Client) -> None:
    enrolled(client)
    got = client.post("studentSchoolAssociations", enrollment(entryDate="2025-10-01"))
    assert client.put(f"studentSchoolAssociations/{got.id}", enrollment()).status == 409


def test_other_keys_never_change(client: Client) -> None:
    got = client.post("calendars", calendar("3"))
    refused = client.put(f"calendars/{got.id}", calendar("4"))
    assert refused.status == 400
    assert client.put(f"calendars/{got.id}", calendar("3")).status == 204


def test_what_others_refer_to_stays(client: Client) -> None:
    number = client.post("students", student()).id
    association = client.post("studentSchoolAssociations", enrollment()).id
    refused = client.delete(f"students/{number}")
    assert refused.status == 409
    assert "'StudentSchoolAssociation'" in refused.json["message"]
    assert client.delete(f"studentSchoolAssociations/{association}").status == 204
    assert client.delete(f"students/{number}").status == 204
    assert client.get(f"students/{number}").status == 404


def test_without_the_enrollment_nothing_else_can_be_taken_away(client: Client) -> None:
    client.post("students", student())
    enrollment_id = client.post("studentSchoolAssociations", enrollment()).id
    demographics_id = client.post("studentEducationOrganizationAssociations", demographics()).id
    client.delete(f"studentSchoolAssociations/{enrollment_id}")
    path = f"studentEducationOrganizationAssociations/{demographics_id}"
    assert client.delete(path).status == 403
    client.post("studentSchoolAssociations", enrollment())
    assert client.delete(path).status == 204
    assert client.delete(path).status == 404


def test_a_write_may_ask_for_the_version_it_knows(client: Client) -> None:
    enrolled(client)
    got = client.post("students", student(firstName="Alva"))
    path, old = f"students/{got.id}", {"If-Match": got.headers["etag"]}
    assert client.put(path, student(firstName="Alba"), old).status == 204
    assert client.put(path, student(firstName="Ada"), old).status == 412
    assert client.post("students", student(firstName="Ada"), old).status == 412
    assert client.delete(path, old).status == 412


def test_the_first_post_of_a_student_is_compared_with_the_registry(
    client: Client, state: EdfiServer
) -> None:
    state.registry = {NUMBER: Person("Berg", "Alma", "2015-03-04", "Female")}
    refused = client.post("students", student(lastSurname="Lind"))
    assert refused.status == 400
    assert refused.json["message"].startswith("3006 ")
    enrolled(client)
    assert client.post("students", student(lastSurname="Lind")).status == 200


def test_the_state_keeps_its_own_resources(client: Client) -> None:
    for resource in ("schools", "programs", "localEducationAgencies", "gradeLevelDescriptors"):
        assert client.post(resource, {"schoolId": 1}).status == 403


def test_addresses_and_methods_that_are_not_there(client: Client) -> None:
    number = client.post("students", student()).id
    assert client.post(f"students/{number}", student()).status == 405
    assert client.put("students", student()).status == 405
    assert client.delete("students").status == 405
    assert client.put(f"students/{'0' * 32}", student()).status == 404
    assert client.get("teachers").status == 404
    assert client.post("students", student(), {"Content-Type": "text/plain"}).status == 415
    assert client.post("students", student() | {"id": number}).status == 400


def test_what_is_unknown_or_null_is_left_out(client: Client, state: EdfiServer) -> None:
    sent = student(shoeSize=38, middleName=None)
    assert client.post("students", sent).status == 201
    assert state.documents("students") == [student()]
