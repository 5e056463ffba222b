"""What an Ed-Fi API's answers mean (FACTS 3.3, 3.5, 3.6, 3b): both shapes of error, any bytes."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.examples import examples

from rollcall.core.findings import Codes
from rollcall.core.sending.channel import Next, Verdict
from rollcall.integrations.edfi import api
from rollcall.integrations.edfi.answers import verdict
from rollcall.transports.http_messages import Answer, Request

POST = Request("POST", "/data/v3/ed-fi/students", b"{}")
PUT = Request("PUT", "/data/v3/ed-fi/studentSchoolAssociations/0a1b", b"{}")
DELETE = Request("DELETE", "/data/v3/ed-fi/studentSchoolAssociations/0a1b")


def answer(status: int, body: Any = b"", **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, raw, 0.1)


def old(message: str) -> dict[str, str]:
    return {"message": message}


def new(type: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"type": f"urn:ed-fi:api:{type}", "detail": detail, "title": "T", **more}


# Accepted


def test_a_document_that_was_added_tells_its_id_and_etag() -> None:
    got = answer(201, location="https://x/data/v3/ed-fi/students/0f3a", etag='"5250"')
    assert verdict(got, POST) == Verdict(Next.ACCEPTED, id="0f3a", version="5250")


def test_a_document_that_was_changed() -> None:
    assert verdict(answer(200, etag='W/"7"'), POST) == Verdict(Next.ACCEPTED, version="7")
    assert verdict(answer(204), PUT) == Verdict(Next.ACCEPTED, id="0a1b")


@pytest.mark.parametrize("status", [200, 204, 404, 410])
def test_a_removed_document_is_gone_also_when_it_was_gone_before(status: int) -> None:
    assert verdict(answer(status), DELETE).next is Next.ACCEPTED


@pytest.mark.parametrize("status", [200, 201])
def test_a_page_for_people_in_the_place_of_the_api_accepts_nothing(status: int) -> None:
    page = answer(status, b"<html>Sign in</html>", content_type="text/html; charset=utf-8")
    assert verdict(page, POST).next is Next.AGAIN
    assert verdict(page, POST).code == "edfi.not_the_api"


def test_a_page_that_says_not_found_removes_nothing() -> None:
    page = answer(404, b"<html>No such site</html>", content_type="text/html")
    assert verdict(page, DELETE) == Verdict(Next.REFUSED, "edfi.address", "No such site")


@pytest.mark.parametrize("status", [202, 203, 206])
def test_half_a_promise_is_none(status: int) -> None:
    assert verdict(answer(status), POST).next is Next.AGAIN


# Again, or with a new token


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (408, "edfi.server_failed"),
        (412, "edfi.changed_meanwhile"),
        (429, "edfi.overloaded"),
        (500, "edfi.server_failed"),
        (503, "edfi.server_failed"),
        (599, "edfi.server_failed"),
    ],
)
@pytest.mark.parametrize("request_", [POST, PUT, DELETE], ids=lambda r: r.method)
def test_what_the_partner_could_not_do_now_is_tried_again(
    status: int, code: str, request_: Request
) -> None:
    got = verdict(answer(status, old("Try later."), retry_after="17"), request_)
    assert got == Verdict(Next.AGAIN, code, "Try later.", after=17)


def test_no_answer_is_tried_again() -> None:
    lost = Answer(0, {}, b"", 30.0, "connection.timeout: Operation timed out")
    got = verdict(lost, DELETE)
    assert got == Verdict(Next.AGAIN, "edfi.no_answer", "connection.timeout: Operation timed out")


def test_a_token_that_is_no_longer_taken() -> None:
    assert verdict(answer(401, old("Expired")), POST).code == "edfi.sign_in_refused"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("17", 17),
        ("0.5", 0.5),
        ("Sun, 22 Nov 2026 02:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 01:00:00 GMT", 0),
        ("Fri, 22 Nov 2126 02:00:00 GMT", 3600),
        ("99999999", 3600),
        ("-5", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_how_long_the_partner_asks_us_to_wait(asked: str, seconds: float) -> None:
    got = answer(429, retry_after=asked, date="Sun, 22 Nov 2026 02:00:00 GMT")
    assert verdict(got, POST).after == seconds


# Waiting for another document

STUDENT = "The referenced 'Student' item does not exist."
UNRELATED = (
    "Authorization denied. The claim does not have any established relationships with the "
    "requested resource."
)
HINT = (
    "Access to the requested data could not be authorized. Hint: You may need to create a "
    "corresponding 'StudentSchoolAssociation' item."
)
REFERENCED = (
    "The requested action cannot be performed because this item is referenced by an existing "
    "'StudentProgramAssociation' item."
)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (409, new("data-conflict:unresolved-reference", STUDENT), "edfi.unresolved_reference"),
        (409, new("data-conflict:unresolved-reference", "Odd."), "edfi.unresolved_reference"),
        (
            409,
            old("The value supplied for the related 'Student' resource does not exist."),
            "edfi.unresolved_reference",
        ),
        (403, old(UNRELATED), "edfi.no_relationship"),
        (403, new("security:authorization", HINT), "edfi.no_relationship"),
    ],
)
def test_a_document_waits_for_what_it_refers_to(status: int, body: Any, code: str) -> None:
    got = verdict(answer(status, body), POST)
    assert (got.next, got.code) == (Next.PARENT, code)


@pytest.mark.parametrize(
    "body",
    [
        new("data-conflict:dependent-item-exists", REFERENCED),
        old(
            "The resource (or a subordinate entity of the resource) cannot be deleted because it "
            "is a dependency of the 'StudentProgramAssociation' entity."
        ),
    ],
)
def test_a_removal_waits_for_the_dependants_to_go(body: Any) -> None:
    got = verdict(answer(409, body), DELETE)
    assert (got.next, got.code) == (Next.PARENT, "edfi.dependants")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("School", "edfi.missing_reference"),
        ("Program", "edfi.missing_reference"),
        ("GradeLevelDescriptor", "edfi.unknown_code"),
    ],
)
def test_what_only_the_state_can_add_is_not_waited_for(name: str, code: str) -> None:
    got = verdict(answer(409, old(f"The referenced '{name}' item does not exist.")), POST)
    assert (got.next, got.code) == (Next.REFUSED, code)


# Refused

VALUES = "Data validation failed. See 'validationErrors' for details."


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, old("Validation of 'Student' failed. BirthSexDescriptorId is required."), "code"),
        (
            400,
            new(
                "bad-request:data-validation-failed",
                VALUES,
                validationErrors={
                    "$.entryTypeDescriptor": [
                        "EntryTypeDescriptor value 'uri://education.mn.gov/EntryTypeDescriptor#77' "
                        "does not exist."
                    ]
                },
            ),
            "code",
        ),
        (400, old("Validation of 'Student' failed. FirstName is required."), "validation"),
        (
            400,
            new(
                "bad-request:data-validation-failed",
                VALUES,
                validationErrors={"$.entryTypeDescriptor": ["EntryTypeDescriptor is required."]},
            ),
            "validation",
        ),
        (400, old("More than one Profile is associated with the request."), "profile"),
        (400, new("profile:invalid-profile-usage", "No."), "profile"),
        (405, new("profile:method-usage", "No."), "profile"),
        (
            400,
            new("bad-request:data-validation-failed:key-change-not-supported", "No."),
            "key_change",
        ),
        (409, new("data-conflict:dependent-item-exists", REFERENCED), "key_change"),
        (400, b"\xff\xfe no JSON at all", "refused"),
        (400, old("0 Exact match"), "refused"),
        (403, old("Access to the requested 'SchoolId' was denied."), "access_denied"),
        (403, new("security:authorization:namespace", "No."), "access_denied"),
        (404, b"", "not_found"),
        (405, new("method-not-allowed", "No."), "address"),
        (301, b"", "address"),
        (409, new("data-conflict:non-unique-identity", "No."), "conflict"),
        (415, b"", "refused"),
        (413, b"", "refused"),
    ],
)
def test_a_refusal_by_its_cause(status: int, body: Any, code: str) -> None:
    got = verdict(answer(status, body), PUT)
    known = {"code": "edfi.unknown_code"}.get(code, f"edfi.{code}")
    assert (got.next, got.code) == (Next.REFUSED, known)


@pytest.mark.parametrize("number", range(3000, 3007))
@pytest.mark.parametrize("shape", ["old", "new"])
def test_the_identity_services_numbers(number: int, shape: str) -> None:
    said = f"{number} Several students match"
    body = old(said) if shape == "old" else new("bad-request:data-policy-enforced", said)
    got = verdict(answer(400, body), POST)
    assert got == Verdict(Next.REFUSED, f"edfi.identity_{number}", said)


def test_nothing_is_there_to_add_to() -> None:
    assert verdict(answer(404), POST).code == "edfi.address"


def test_a_removal_that_is_not_allowed_does_not_wait_for_an_enrollment() -> None:
    assert verdict(answer(403, old(UNRELATED)), DELETE).next is Next.REFUSED


def test_the_partners_own_words_are_kept_the_details_first() -> None:
    errors = {"$.firstName": ["FirstName is required."], "$.lastSurname": ["Too long.", "Odd."]}
    body = new("bad-request:data-validation-failed", VALUES, validationErrors=errors)
    assert verdict(answer(400, body), POST).text == (
        f"$.firstName: FirstName is required.; $.lastSurname: Too long. Odd.; {VALUES}"
    )


# Whatever comes

BODIES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["message", "type", "detail", "validationErrors", "errors", "id"])
                | st.text(max_size=5),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
HEADERS = st.dictionaries(
    st.sampled_from(["location", "etag", "retry-after", "date", "content-type", "total-count"]),
    st.text(max_size=30),
)
STATUSES = st.integers(0, 999) | st.sampled_from([0, 200, 201, 400, 401, 403, 404, 409, 429, 500])


@given(STATUSES, HEADERS, BODIES, st.sampled_from([POST, PUT, DELETE]))
@example(400, {}, b"[" * 100_000, POST)
@example(429, {"retry-after": "Mon, 99 Xyz 99999 99:99:99 +9999"}, b"", POST)
@examples(200)
def test_any_answer_has_a_verdict(
    status: int, headers: dict[str, str], body: bytes, request_: Request
) -> None:
    got = verdict(Answer(status, headers, body, 0.1), request_)
    assert got.next in Next
    assert (got.next is Next.ACCEPTED) == (got.code == "")
    assert got.code == "" or Codes.get(got.code)
    assert got.text.isprintable()
    assert 0 <= got.after <= 3600
    assert status in (200, 201, 204, 404, 410) or got.next is not Next.ACCEPTED


@given(STATUSES, HEADERS, BODIES)
@examples(100)
def test_any_answer_can_be_read_or_has_a_verdict(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    got = Answer(status, headers, body, 0.1)
    asked = Request("GET", "/data/v3/ed-fi/students?offset=0&limit=500")
    for found in (api.token(got), api.listing(got, asked), api.orders(got)):
        assert not isinstance(found, Verdict) or found.next is not Next.ACCEPTED
