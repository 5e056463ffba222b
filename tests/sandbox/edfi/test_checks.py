"""What is no document of its resource is refused, and told why in either shape."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.examples import examples
from tests.sandbox.edfi.client import (
    Client,
    calendar,
    coded,
    demographics,
    enrollment,
    program,
    student,
)

from rollcall.sandbox.edfi import EdfiServer, checks, quick_checks
from rollcall.sandbox.edfi.answers import Refused
from rollcall.sandbox.edfi.resources import RESOURCES
from rollcall.sandbox.edfi.shapes import Resource

BODIES: Mapping[str, dict[str, Any]] = {
    "students": student(middleName="Eva", multipleBirthStatus=False),
    "calendars": calendar(),
    "studentSchoolAssociations": enrollment(
        fullTimeEquivalency=0.5,
        _ext={"MN": {"stateAidCategoryDescriptor": coded("StateAidCategoryDescriptor", "00")}},
    ),
    "studentEducationOrganizationAssociations": demographics(
        languages=[
            {
                "languageDescriptor": coded("LanguageDescriptor", "11"),
                "uses": [
                    {"languageUseDescriptor": "uri://ed-fi.org/LanguageUseDescriptor#Home language"}
                ],
            }
        ],
        _ext={
            "mn": {
                "optOutIndicators": [
                    {"optOutIndicatorDescriptor": coded("OptOutIndicatorsDescriptor", "MNC")}
                ]
            }
        },
    ),
    "studentProgramAssociations": program(),
}
RESOURCE = {one.name: one for one in RESOURCES}


@pytest.mark.parametrize(
    ("body", "path", "text"),
    [
        (student(birthDate=None), "$.birthDate", "BirthDate is required."),
        (student(firstName=" "), "$.firstName", "FirstName is required and should not be blank."),
        (student(firstName=5), "$.firstName", "FirstName must be a text."),
        (student(lastSurname="x" * 76), "$.lastSurname", "75 characters"),
        (student(birthDate="2015-02-30"), "$.birthDate", "BirthDate must be a date"),
        (student(birthDate="03/04/2015"), "$.birthDate", "BirthDate must be a date"),
        (student(multipleBirthStatus="no"), "$.multipleBirthStatus", "must be true or false"),
        (student(_ext=[]), "$._ext", "must be an object"),
        (
            student(birthSexDescriptor=coded("SexDescriptor", "X")),
            "$.birthSexDescriptor",
            "SexDescriptor value",
        ),
        (
            student(birthSexDescriptor=coded("RaceDescriptor", "White")),
            "$.birthSexDescriptor",
            "SexDescriptor value",
        ),
    ],
)
def test_a_wrong_student_is_refused(
    client: Client, state: EdfiServer, body: dict[str, Any], path: str, text: str
) -> None:
    state.problem_details = True
    got = client.post("students", body)
    assert got.status == 400
    assert got.json["type"] == "urn:ed-fi:api:bad-request:data-validation-failed"
    (message,) = got.json["validationErrors"][path]
    assert text in message


@pytest.mark.parametrize(
    ("resource", "change", "path"),
    [
        ("studentSchoolAssociations", {"studentReference": None}, "$.studentReference"),
        (
            "studentSchoolAssociations",
            {"schoolReference": {"schoolId": "x"}},
            "$.schoolReference.schoolId",
        ),
        ("studentSchoolAssociations", {"schoolReference": 5}, "$.schoolReference"),
        ("studentSchoolAssociations", {"fullTimeEquivalency": "1"}, "$.fullTimeEquivalency"),
        (
            "studentSchoolAssociations",
            {"_ext": {"MN": {"membership": [{"membershipAttendanceUnitDescriptor": "Days"}]}}},
            "$._ext.MN.membership[0].membershipAttendanceUnitDescriptor",
        ),
        ("studentEducationOrganizationAssociations", {"races": {}}, "$.races"),
        ("studentEducationOrganizationAssociations", {"races": ["White"]}, "$.races[0]"),
        (
            "studentEducationOrganizationAssociations",
            {"races": [{"raceDescriptor": coded("RaceDescriptor", "White")}] * 2},
            "$.races[1]",
        ),
        (
            "studentEducationOrganizationAssociations",
            {
                "languages": [
                    {"languageDescriptor": coded("LanguageDescriptor", "11"), "uses": [{}]}
                ]
            },
            "$.languages[0].uses[0].languageUseDescriptor",
        ),
    ],
)
def test_the_place_of_what_is_wrong_is_told(
    client: Client, state: EdfiServer, resource: str, change: dict[str, Any], path: str
) -> None:
    state.problem_details = True
    got = client.post(resource, BODIES[resource] | change)
    assert got.status == 400
    assert list(got.json["validationErrors"]) == [path]


def test_the_older_shape_has_all_in_one_text(client: Client) -> None:
    body = student(birthSexDescriptor="Female", birthDate=None)
    got = client.post("students", body)
    assert (got.status, got.json) == (
        400,
        {
            "message": "Validation of 'Student' failed.\n"
            "\tBirthSexDescriptorId is required.\n\tBirthDate is required."
        },
    )


@pytest.mark.parametrize("sent", [b"", b"{", b"[]", b"\xff", b'"text"'])
def test_what_is_no_json_object_is_refused(client: Client, sent: bytes) -> None:
    assert client.post("students", sent).status == 400


@pytest.mark.parametrize("resource", sorted(BODIES))
def test_a_right_document_is_right_quickly_too(resource: str) -> None:
    checks.check(RESOURCE[resource], BODIES[resource])
    assert quick_checks.tester(RESOURCE[resource].shape)(BODIES[resource])


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**32), 2**32),
    st.floats(allow_nan=False),
    st.sampled_from(["", " ", "x", "x" * 400, "2025-09-02", "2025-13-01", "2025-09-2"]),
    st.sampled_from([coded("SexDescriptor", "Male"), coded("GradeLevelDescriptor", "77")]),
    st.just([]),
    st.just({}),
    st.lists(st.fixed_dictionaries({}, optional={"raceDescriptor": st.just("x")}), max_size=2),
)


@given(st.data())
@examples(150)
def test_the_quick_check_says_what_the_other_says(data: st.DataObject) -> None:
    resource = RESOURCE[data.draw(st.sampled_from(sorted(BODIES)))]
    body = changed(data, BODIES[resource.name])
    assert quick_checks.tester(resource.shape)(body) == is_right(resource, body)


def changed(data: st.DataObject, body: dict[str, Any]) -> dict[str, Any]:
    """The body with one thing changed, at any depth."""
    name = data.draw(st.sampled_from([*sorted(body), "unknownThing"]))
    inner = body.get(name)
    new: Any
    if isinstance(inner, dict) and data.draw(st.booleans()):
        new = changed(data, inner)
    elif isinstance(inner, list) and inner and data.draw(st.booleans()):
        new = [changed(data, inner[0]), *inner[1:], *data.draw(st.sampled_from([[], inner]))]
    else:
        new = data.draw(values)
    return body | {name: new}


def is_right(resource: Resource, body: dict[str, Any]) -> bool:
    """Right, and nothing unknown or null in it."""
    try:
        checks.check(resource, body)
    except Refused:
        return False
    return checks.known_only(resource.shape, body) == body
